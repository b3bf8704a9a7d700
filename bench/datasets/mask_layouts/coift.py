"""COIFT, birds and insects with thin legs and wings.

    root/masks/*.png       masks
    root/images/*.jpg      may be absent: scoring needs the truth alone

Sources: Mansilla and Miranda, Oriented Image Foresting Transform Segmentation, SIBGRAPI 2016; the code of Liew et al.,
Deep Interactive Thin Object Selection, WACV 2021, and HQ-SAM's training code.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, split_part

LAYOUT = "masks/{id}.png, images/{id}.jpg"
METRICS = ("mask_iou", "mask_boundary_iou", "boundary_accuracy")


class Coift(MaskLayout):
    """COIFT, birds and insects with thin legs and wings.

    Args:
        root: folder that holds `masks` and, where images are needed, `images`.
        split: `all`.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        splits = {ALL: [Pairs("masks/{id}.png", ("images/{id}.jpg",))]}
        part = split_part("coift", Path(root), split, splits, LAYOUT)
        super().__init__(Path(root), [part], name="coift", split=split, metrics=METRICS)
