"""ECSSD, salient objects in complex scenes.

    root/images/0001.jpg                     may be absent: scoring needs the truth alone
    root/ground_truth_mask/0001.png          masks
    root/0001.jpg, root/0001.png             both in one folder, as CascadePSP and HQ-SAM have it

Sources: Shi et al., Hierarchical Image Saliency Detection on Extended CSSD, TPAMI 2016, whose two archives have these
names; CascadePSP's script that downloads training data, and HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.pairs import SALIENCY, MaskLayout, Pairs, split_part

LAYOUT = "ground_truth_mask/{id}.png, images/{id}.jpg; or {id}.png and {id}.jpg in one folder"
METRICS = (*SALIENCY, "mask_iou", "boundary_accuracy")
SPLITS = {ALL: [Pairs("ground_truth_mask/{id}.png", ("images/{id}.jpg",)), Pairs("{id}.png", ("{id}.jpg",))]}


class Ecssd(MaskLayout):
    """ECSSD, salient objects in complex scenes.

    Args:
        root: folder that holds both folders, or the files.
        split: `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        part = split_part("ecssd", Path(root), split, SPLITS, LAYOUT)
        super().__init__(Path(root), [part], name="ecssd", split=split, metrics=METRICS)
