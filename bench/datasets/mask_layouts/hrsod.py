"""HRSOD, salient objects in images of high resolution.

    root/{HRSOD_train,HRSOD_test}/*.jpg                  images; may be absent: scoring needs the truth alone
    root/{HRSOD_train,HRSOD_test}_mask/*.png             masks
    root/images/*.jpg, root/masks_max255/*.png           the split `all`, as HQ-SAM has it: images with thin objects

HQ-SAM's folder `masks` is not read: it holds numbers of objects. Sources: Zeng et al., Towards High-Resolution Salient
Object Detection, ICCV 2019, whose folders the code of those who use them names; the training code of HQ-SAM.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import ALL
from boundary_bench.bench.datasets.mask_layouts.pairs import SALIENCY, MaskLayout, Pairs, split_part

LAYOUT = "HRSOD_{split}_mask/{id}.png, HRSOD_{split}/{id}.jpg; split all: masks_max255/{id}.png, images/{id}.jpg"
SPLITS = {
    "train": [Pairs("HRSOD_train_mask/{id}.png", ("HRSOD_train/{id}.jpg",))],
    "test": [Pairs("HRSOD_test_mask/{id}.png", ("HRSOD_test/{id}.jpg",))],
    ALL: [Pairs("masks_max255/{id}.png", ("images/{id}.jpg",))],
}


class Hrsod(MaskLayout):
    """HRSOD, salient objects in images of high resolution.

    Args:
        root: folder that holds those of masks and images.
        split: `test` or `train`; `all` for HQ-SAM's.

    Raises:
        InputError: no such folder, or no masks in it.
    """

    def __init__(self, root: str | Path, split: str = "test") -> None:
        part = split_part("hrsod", Path(root), split, SPLITS, LAYOUT)
        metrics = (*SALIENCY, "mask_iou", "boundary_accuracy")
        super().__init__(Path(root), [part], name="hrsod", split=split, metrics=metrics)
