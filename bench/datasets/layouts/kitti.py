"""KITTI, semantic segmentation: the 19 classes of Cityscapes, 200 images.

    root/training/semantic/000000_10.png        Cityscapes' label ids
    root/training/image_2/000000_10.png         may be absent: scoring needs the truth alone

The truth of testing is not public. Source: Alhaija et al., Augmented Reality Meets Computer Vision, IJCV 2018, and the
development kit of the benchmark, which takes over Cityscapes' labels.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.folders import folder_of, folders_in, image_files, require_files, unlabelled
from boundary_bench.bench.datasets.layouts.street_labels import LABEL_SPACE, StreetFiles
from boundary_bench.bench.datasets.layouts.tree import entries, label_files

LAYOUT = "{split}/semantic/{id}.png, {split}/image_2/{id}.png"


class Kitti(StreetFiles):
    """KITTI, semantic segmentation.

    Args:
        root: folder that holds `training`.
        split: `training`.

    Raises:
        InputError: no such folder, or no label files in it.
    """

    def __init__(self, root: str | Path, split: str = "training") -> None:
        root = Path(root)
        splits = [name for name in folders_in(root) if (root / name / "semantic").is_dir()]
        folder = folder_of(root, f"{split}/semantic", LAYOUT, split=split, splits=splits)
        truths, images = label_files(folder, {"": LABEL_SPACE}), image_files(root / split / "image_2")
        require_files(truths, folder, LAYOUT)
        super().__init__(entries(truths, images), name="kitti", split=split)
        self._notes += unlabelled(images, truths, root / split / "image_2")
