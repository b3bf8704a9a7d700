"""Cityscapes, semantic labelling: 19 classes, 1024 x 2048.

    root/gtFine/{split}/{city}/{id}_gtFine_labelIds.png        preferred, as distributed
    root/gtFine/{split}/{city}/{id}_gtFine_labelTrainIds.png   where only those were made
    root/leftImg8bit/{split}/{city}/{id}_leftImg8bit.png       may be absent: scoring needs the truth alone

A sample is `{city}_{sequence}_{frame}`. Source: Cordts et al., The Cityscapes Dataset, CVPR 2016, and the
label table of its scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from bench.contracts import Sample
from bench.datasets.files import Entry, SemanticFiles, split_folder
from bench.errors import InputError, Problem
from bench.label_space import LabelSpace
from metrics.segmentation import VOID

# (class, id in label files, colour); position is the training id.
_TABLE = (
    ("road", 7, (128, 64, 128)),
    ("sidewalk", 8, (244, 35, 232)),
    ("building", 11, (70, 70, 70)),
    ("wall", 12, (102, 102, 156)),
    ("fence", 13, (190, 153, 153)),
    ("pole", 17, (153, 153, 153)),
    ("traffic light", 19, (250, 170, 30)),
    ("traffic sign", 20, (220, 220, 0)),
    ("vegetation", 21, (107, 142, 35)),
    ("terrain", 22, (152, 251, 152)),
    ("sky", 23, (70, 130, 180)),
    ("person", 24, (220, 20, 60)),
    ("rider", 25, (255, 0, 0)),
    ("car", 26, (0, 0, 142)),
    ("truck", 27, (0, 0, 70)),
    ("bus", 28, (0, 60, 100)),
    ("train", 31, (0, 80, 100)),
    ("motorcycle", 32, (0, 0, 230)),
    ("bicycle", 33, (119, 11, 32)),
)
CLASSES = tuple(name for name, _, _ in _TABLE)
COLOURS = np.array([colour for _, _, colour in _TABLE], dtype=np.uint8)
LABEL_IDS = {**dict.fromkeys(range(-1, 34), VOID), **{raw: train for train, (_, raw, _) in enumerate(_TABLE)}}

LABEL_SUFFIX = "_gtFine_labelIds"
TRAIN_SUFFIX = "_gtFine_labelTrainIds"
IMAGE_SUFFIX = "_leftImg8bit"
LAYOUT = f"gtFine/{{split}}/{{city}}/*{LABEL_SUFFIX}.png"


class Cityscapes(SemanticFiles):
    """One split of Cityscapes; each city is a group and a cluster.

    Args:
        root: folder that holds `gtFine` and, where images are needed, `leftImg8bit`.
        split: `train`, `val` or `test`.

    Raises:
        InputError: no such folder, or no label files in it.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        folder = split_folder(root, split, root / "gtFine", layout=LAYOUT)
        super().__init__(
            sorted(_entries(folder, root / "leftImg8bit" / split), key=lambda entry: entry.sample.id),
            name="cityscapes",
            split=split,
            classes=CLASSES,
            colours=COLOURS,
            label_ids=LABEL_IDS,
        )
        if not self.samples():
            raise InputError(Problem(str(folder), "no label files", LAYOUT, "they lie in one folder for each city"))


def _entries(folder: Path, images: Path) -> Iterator[Entry]:
    spaces = {TRAIN_SUFFIX: LabelSpace(len(CLASSES)), LABEL_SUFFIX: LabelSpace(len(CLASSES), LABEL_IDS)}
    for city in sorted(child for child in folder.iterdir() if child.is_dir()):
        truths: dict[str, tuple[Path, LabelSpace]] = {}
        # The second kind replaces the first: label ids are what the data set distributes.
        for suffix, space in spaces.items():
            for path in city.glob(f"*{suffix}.png"):
                truths[path.stem.removesuffix(suffix)] = path, space
        for stem, (path, space) in truths.items():
            image = images / city.name / f"{stem}{IMAGE_SUFFIX}.png"
            sample = Sample(stem, group=city.name, cluster=city.name)
            yield Entry(sample, path, space, image if image.is_file() else None)
