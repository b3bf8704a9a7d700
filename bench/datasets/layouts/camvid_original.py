"""CamVid as its authors distribute it: 32 classes, 720 x 960, truth in colours.

    root/LabeledApproved_full/0001TP_006690_L.png      pictures in the colours of the classes
    root/701_StillsRaw_full/0001TP_006690.png          may be absent: scoring needs the truth alone
    root/label_colors.txt                              lines `64 128 64 Animal`; where absent the authors' own table
    root/{train,val,test}.txt                          lists of ids, where present; `all` takes every label file

Void, black, is not scored; it keeps its place among the training ids 0..31. The usual 11 classes at 360 x 480 are the
dataset `camvid`. Source: Brostow et al., Semantic Object Classes in Video: A High-Definition Ground Truth Database, PRL
2009, and the list of colours beside its files.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from boundary_bench.bench.datasets.camvid import STRETCH
from boundary_bench.bench.datasets.files import SemanticFiles
from boundary_bench.bench.datasets.folders import ALL, folder_of, image_files, listed, require_files
from boundary_bench.bench.datasets.layouts.tree import FileSpace, entries, label_files
from boundary_bench.bench.datasets.video import stretches
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.class_colours import decode_colours
from boundary_bench.bench.formats.labels.palette import colour_of
from boundary_bench.bench.formats.raster.image import read_image
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.segmentation import SemanticMap

TABLE = (
    ("Animal", (64, 128, 64)),
    ("Archway", (192, 0, 128)),
    ("Bicyclist", (0, 128, 192)),
    ("Bridge", (0, 128, 64)),
    ("Building", (128, 0, 0)),
    ("Car", (64, 0, 128)),
    ("CartLuggagePram", (64, 0, 192)),
    ("Child", (192, 128, 64)),
    ("Column_Pole", (192, 192, 128)),
    ("Fence", (64, 64, 128)),
    ("LaneMkgsDriv", (128, 0, 192)),
    ("LaneMkgsNonDriv", (192, 0, 64)),
    ("Misc_Text", (128, 128, 64)),
    ("MotorcycleScooter", (192, 0, 192)),
    ("OtherMoving", (128, 64, 64)),
    ("ParkingBlock", (64, 192, 128)),
    ("Pedestrian", (64, 64, 0)),
    ("Road", (128, 64, 128)),
    ("RoadShoulder", (128, 128, 192)),
    ("Sidewalk", (0, 0, 192)),
    ("SignSymbol", (192, 128, 128)),
    ("Sky", (128, 128, 128)),
    ("SUVPickupTruck", (64, 128, 192)),
    ("TrafficCone", (0, 0, 64)),
    ("TrafficLight", (0, 64, 64)),
    ("Train", (192, 64, 128)),
    ("Tree", (128, 128, 0)),
    ("Truck_Bus", (192, 128, 192)),
    ("Tunnel", (64, 0, 64)),
    ("VegetationMisc", (192, 192, 0)),
    ("Void", (0, 0, 0)),
    ("Wall", (64, 192, 0)),
)
"""Classes and colours, in the authors' order."""
VOID_NAME = "void"
LABELS, IMAGES, COLOURS = "LabeledApproved_full", "701_StillsRaw_full", "label_colors.txt"
ENDING = "_L"
LAYOUT = f"{LABELS}/{{id}}{ENDING}.png, {IMAGES}/{{id}}.png, {COLOURS}"


class CamvidOriginal(SemanticFiles):
    """CamVid with the authors' 32 classes.

    Stretches of video are clusters, as in `camvid`.

    Args:
        root: folder that holds `LabeledApproved_full` and, where images are needed, `701_StillsRaw_full`.
        split: `all`, or a list in the root.

    Raises:
        InputError: no such folder or list, no label files, ids in the list without one, or a table of colours that
            cannot be read.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        root = Path(root)
        folder = folder_of(root, LABELS, LAYOUT)
        table = _table(root / COLOURS) if (root / COLOURS).is_file() else TABLE
        names = [name for name, _ in table]
        self.ignored = frozenset(i for i, name in enumerate(names) if name.casefold() == VOID_NAME)
        label_ids = {i: -1 if i in self.ignored else i for i in range(len(names))}
        truths = label_files(folder, {ENDING: FileSpace(len(names), label_ids, void=())})
        require_files(truths, folder, LAYOUT)
        chosen = listed(root, split, truths, folder, ENDING)
        super().__init__(
            entries(chosen, image_files(root / IMAGES), stretches(chosen, STRETCH)),
            name="camvid_original",
            split=split,
            classes=names,
            colours=np.array([colour for _, colour in table], np.uint8),
            label_ids=label_ids,
        )

    def truth(self, sample: Sample) -> SemanticMap:
        """The truth in training ids and void.

        Raises:
            InputError: the file cannot be read, or holds colours of no class.
        """
        entry = self._entries[sample.id]
        assert entry.truth is not None
        labels = decode_colours(read_image(entry.truth), self.colours, where=str(entry.truth), void=())
        return SemanticMap(entry.space.to_train(labels))


def _table(path: Path) -> list[tuple[str, tuple[int, int, int]]]:
    """Lines of three numbers and a name.

    Raises:
        InputError: another line, a name or colour twice, or no readable file.
    """
    allowed = "lines such as 64 128 64 Animal, each name and colour once"
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(Problem(str(path), getattr(error, "strerror", None) or "no text in UTF-8", allowed)) from None
    table = []
    for line in filter(str.strip, lines):
        *colour, name = line.split(maxsplit=3)
        if len(colour) != 3:
            raise InputError(Problem(str(path), f"the line {line!r}", allowed))
        table.append((name.strip(), colour_of(colour, f"{path}: {name.strip()}")))
    if not table or len({name for name, _ in table}) < len(table) or len({colour for _, colour in table}) < len(table):
        raise InputError(Problem(str(path), "names or colours that repeat" if table else "no lines", allowed))
    return table
