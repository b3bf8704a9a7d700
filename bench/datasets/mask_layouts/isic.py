"""ISIC, lesions of the skin: task 1 of the challenges of 2016, 2017 and 2018.

    root/ISIC2018_Task1_{Training,Validation,Test}_GroundTruth/ISIC_0000000_segmentation.png     masks
    root/ISIC2018_Task1-2_{Training,Validation,Test}_Input/ISIC_0000000.jpg                      images
    root/ISIC-2017_{Training,Validation,Test_v2}_Part1_GroundTruth/ISIC_0000000_segmentation.png
    root/ISIC-2017_{Training,Validation,Test_v2}_Data/ISIC_0000000.jpg            beside *_superpixels.png, not used
    root/ISBI2016_ISIC_Part1_{Training,Test}_GroundTruth/ISIC_0000000_Segmentation.png
    root/ISBI2016_ISIC_Part1_{Training,Test}_Data/ISIC_0000000.jpg

Images may be absent: scoring needs the truth alone. Sources: the pages of task 1 of the three challenges at
challenge.isic-archive.com (names of files, 0 and 255); names of their archives.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from boundary_bench.bench.datasets.mask_layouts.pairs import MaskLayout, Pairs, split_part
from boundary_bench.bench.errors import InputError, Problem

LAYOUT = "ISIC2018_Task1_Test_GroundTruth/{id}_segmentation.png, ISIC2018_Task1-2_Test_Input/{id}.jpg, or of 2016, 2017"
SUPERPIXELS = "_superpixels"
METRICS = ("mask_iou", "surface_distance")
FOLDERS = {
    2018: ("ISIC2018_Task1_{}_GroundTruth", "ISIC2018_Task1-2_{}_Input"),
    2017: ("ISIC-2017_{}_Part1_GroundTruth", "ISIC-2017_{}_Data"),
    2016: ("ISBI2016_ISIC_Part1_{}_GroundTruth", "ISBI2016_ISIC_Part1_{}_Data"),
}
PARTS = {
    2018: {"train": "Training", "val": "Validation", "test": "Test"},
    2017: {"train": "Training", "val": "Validation", "test": "Test_v2"},
    2016: {"train": "Training", "test": "Test"},
}


class Isic(MaskLayout):
    """ISIC, lesions of the skin: task 1 of the challenges of 2016, 2017 and 2018.

    Args:
        root: folder that holds the unpacked archives.
        split: `train`, `val` or `test`; there is no `val` of 2016.
        year: of the challenge; None for the one that is there.

    Raises:
        InputError: no such folder, no masks in it, an unknown year, or several years.
    """

    def __init__(self, root: str | Path, split: str = "test", year: int | None = None) -> None:
        root = Path(root)
        if year not in (None, *FOLDERS):
            raise InputError(Problem("year of isic", repr(year), ", ".join(map(str, sorted(FOLDERS)))))
        there = [each for each in FOLDERS if any((root / pairs.folder).is_dir() for pairs in _pairs(each).values())]
        if year is None and len(there) > 1:
            found = f"the challenges of {' and '.join(map(str, sorted(there)))}"
            raise InputError(Problem(str(root), found, "one of them", f"say which by year, as year={there[0]}"))
        chosen = year or (there or [*FOLDERS])[0]
        splits = {name: [pairs] for name, pairs in _pairs(chosen).items()}
        part = split_part("isic", root, split, splits, LAYOUT)
        photos = {each for each in part.images if not each.endswith(SUPERPIXELS)}
        super().__init__(root, [part.only(photos | {*part.truths})], name="isic", split=split, metrics=METRICS)
        self.truth_settings = {"year": chosen}


def _pairs(year: int) -> Mapping[str, Pairs]:
    truth, images = FOLDERS[year]
    return {
        split: Pairs(f"{truth.format(part)}/{{id}}_segmentation.png", (f"{images.format(part)}/{{id}}.jpg",))
        for split, part in PARTS[year].items()
    }
