"""GTA5, scenes of a game: the 19 classes of Cityscapes.

    root/labels/00001.png                    palette PNG of Cityscapes' label ids; preferred, as distributed
    root/labels/00001_labelTrainIds.png      ids 0..18 and 255, where only those were made
    root/images/00001.png                    may be absent: scoring needs the truth alone
    root/{train,val,test}.txt                lists of ids, where present; the split `all` takes every label file

Files may also hold 34, licence plates, which Cityscapes counts as -1; it is not scored. Source: Richter et al., Playing
for Data: Ground Truth from Computer Games, ECCV 2016, and the code beside its files.
"""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.datasets.cityscapes import CLASSES
from boundary_bench.bench.datasets.folders import ALL, image_files
from boundary_bench.bench.datasets.layouts.street_labels import (
    LABEL_IDS,
    TRAIN_SPACE,
    TRAIN_SUFFIX,
    StreetFiles,
)
from boundary_bench.bench.datasets.layouts.tree import FileSpace, entries, listed_labels

IDS = {**LABEL_IDS, 34: -1}
# Without 255, which the distributed files never hold and training ids mostly do.
SPACES = {
    "": FileSpace(
        len(CLASSES),
        IDS,
        void=(),
        other=(*range(len(CLASSES)), 255),
        hint=f"these look like training ids, which are read from {{id}}{TRAIN_SUFFIX}.png",
    ),
    TRAIN_SUFFIX: TRAIN_SPACE,
}
LAYOUT = "labels/{id}.png, images/{id}.png and, where there are lists, {train,val,test}.txt"


class Gta5(StreetFiles):
    """GTA5 in the classes of Cityscapes.

    Args:
        root: folder that holds `labels` and, where images are needed, `images`.
        split: `all`, or a list in the root.

    Raises:
        InputError: no such folder or list, no label files, or ids in the list without one.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        root = Path(root)
        chosen = listed_labels(root, "labels", SPACES, LAYOUT, split)
        super().__init__(entries(chosen, image_files(root / "images")), name="gta5", split=split, label_ids=IDS)
