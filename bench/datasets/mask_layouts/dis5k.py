"""DIS5K, dichotomous image segmentation: objects of fine detail.

    root/{DIS-TR,DIS-VD,DIS-TE1,DIS-TE2,DIS-TE3,DIS-TE4}/gt/1#Accessories#1#Bag#2292738108_d5.png     masks
    root/{DIS-TR,...}/im/1#Accessories#1#Bag#2292738108_d5.jpg      may be absent: scoring needs the truth alone

The split `DIS-TE` is the four test sets together, which papers call DIS-TE (1-4). Source: Qin et al., Highly Accurate
Dichotomous Image Segmentation, ECCV 2022, and the paths in its code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.mask_layouts.pairs import SALIENCY, MaskLayout, Pairs, split_part

LAYOUT = "{split}/gt/{id}.png, {split}/im/{id}.jpg"
TESTS = ("DIS-TE1", "DIS-TE2", "DIS-TE3", "DIS-TE4")
TOGETHER = "DIS-TE"
SPLITS = {each: [Pairs(f"{each}/gt/{{id}}.png", (f"{each}/im/{{id}}.jpg",))] for each in ("DIS-TR", "DIS-VD", *TESTS)}


class Dis5k(MaskLayout):
    """DIS5K; each of the four test sets is a group.

    Args:
        root: folder that holds those of the splits.
        split: `DIS-TR`, `DIS-VD`, `DIS-TE1` to `DIS-TE4`, or `DIS-TE` for these four.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = "DIS-VD") -> None:
        parts = [
            split_part("dis5k", Path(root), each, SPLITS, LAYOUT, group=each if split == TOGETHER else "")
            for each in (TESTS if split == TOGETHER else (split,))
        ]
        metrics = (*SALIENCY, "human_correction_effort", "mask_iou")
        super().__init__(Path(root), parts, name="dis5k", split=split, metrics=metrics)
