"""BDD100K, semantic segmentation: the 19 classes of Cityscapes, 10,000 images of as many drives.

    root/images/10k/{train,val}/7d2f7975-e0c1c5a7.jpg                     may be absent: scoring needs the truth alone
    root/labels/sem_seg/masks/{train,val}/7d2f7975-e0c1c5a7.png           ids 0..18; 255 is not scored

Source: Yu et al., BDD100K: A Diverse Driving Dataset for Heterogeneous Multitask Learning, CVPR 2020, and the
documentation of its label formats: masks hold training ids.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import folder_of, folders_in, image_files, require_files, unlabelled
from boundary_bench.bench.datasets.layouts.street_labels import TRAIN_SPACE, StreetFiles
from boundary_bench.bench.datasets.layouts.tree import entries, label_files

LABELS, IMAGES = "labels/sem_seg/masks", "images/10k"
LAYOUT = f"{LABELS}/{{split}}/{{id}}.png, {IMAGES}/{{split}}/{{id}}.jpg"


class Bdd100k(StreetFiles):
    """BDD100K, semantic segmentation.

    Args:
        root: folder that holds `labels` and, where images are needed, `images`.
        split: `train` or `val`.

    Raises:
        InputError: no such folder, or no label files in it.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        folder = folder_of(root, f"{LABELS}/{split}", LAYOUT, split=split, splits=folders_in(root / LABELS))
        truths, images = label_files(folder, {"": TRAIN_SPACE}), image_files(root / IMAGES / split)
        require_files(truths, folder, LAYOUT)
        super().__init__(entries(truths, images), name="bdd100k", split=split)
        self._notes += unlabelled(images, truths, root / IMAGES / split)
