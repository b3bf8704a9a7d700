"""SYNTHIA-RAND-CITYSCAPES, rendered scenes: 16 of the 19 classes of Cityscapes.

    root/GT/LABELS/0000000.png                    16-bit PNG of three channels: the first holds SYNTHIA's ids 0..22
    root/GT/LABELS/0000000_labelTrainIds.png      Cityscapes' training ids and 255, where only those were made
    root/RGB/0000000.png                          may be absent: scoring needs the truth alone
    root/{train,val,test}.txt                     lists of ids, where present; `all` takes every label file

Classes and training ids are Cityscapes' 19, as networks for it predict them; terrain, truck and train are not scored.
Label ids are SYNTHIA's. The second channel, objects, is not read. Source: Ros et al., The SYNTHIA Dataset, CVPR 2016,
and the README of this part; the 16 classes are those that papers on adaptation from it to Cityscapes score.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.cityscapes import CLASSES
from boundary_bench.bench.datasets.folders import ALL, image_files
from boundary_bench.bench.datasets.layouts.street_labels import TRAIN_SUFFIX, StreetFiles
from boundary_bench.bench.datasets.layouts.tree import FileSpace, entries, listed_labels
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.labels import ids_of
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.files.png import RGB, RGBA, BrokenPngError, check_chunks

NAMES = (
    "void",
    "sky",
    "building",
    "road",
    "sidewalk",
    "fence",
    "vegetation",
    "pole",
    "car",
    "traffic sign",
    "pedestrian",
    "bicycle",
    "motorcycle",
    "parking slot",
    "road work",
    "traffic light",
    "terrain",
    "rider",
    "truck",
    "bus",
    "train",
    "wall",
    "lane marking",
)
"""By SYNTHIA's ids."""
UNSCORED = frozenset({"terrain", "truck", "train"})
_OTHERS = {"pedestrian": "person"}
LABEL_IDS = {
    raw: CLASSES.index(name) if name in CLASSES and name not in UNSCORED else -1
    for raw, name in enumerate(_OTHERS.get(name, name) for name in NAMES)
}
SPACE = FileSpace(len(CLASSES), LABEL_IDS, void=())
_TRAINS = {train: train if CLASSES[train] not in UNSCORED else -1 for train in range(len(CLASSES))}
SPACES = {"": SPACE, TRAIN_SUFFIX: FileSpace(len(CLASSES), _TRAINS)}
LABELS = "GT/LABELS"
LAYOUT = f"{LABELS}/{{id}}.png, RGB/{{id}}.png and, where there are lists, {{train,val,test}}.txt"
LABEL_PNG = "a PNG of three channels, the first of which holds SYNTHIA's ids"


class Synthia(StreetFiles):
    """SYNTHIA-RAND-CITYSCAPES in the classes of Cityscapes.

    Args:
        root: folder that holds `GT` and, where images are needed, `RGB`.
        split: `all`, or a list in the root.

    Raises:
        InputError: no such folder or list, no label files, or ids in the list without one.
    """

    def __init__(self, root: str | Path, split: str = ALL) -> None:
        root = Path(root)
        chosen = listed_labels(root, LABELS, SPACES, LAYOUT, split)
        images = image_files(root / "RGB")
        super().__init__(entries(chosen, images), name="synthia", split=split, label_ids=LABEL_IDS)
        self.ignored = frozenset(map(CLASSES.index, UNSCORED))

    def truth(self, sample: Sample) -> SemanticMap:
        """The truth in training ids and void.

        Raises:
            InputError: the file cannot be read, or holds ids that SYNTHIA does not know.
        """
        entry = self._entries[sample.id]
        if entry.truth is None or entry.space.raw != LABEL_IDS:
            return super().truth(sample)
        raw = read_first_channel(entry.truth)
        ids = ids_of(raw)
        if problem := SPACE.problem(str(entry.truth), ids):
            raise InputError(problem)
        self._seen[sample.id] = frozenset(ids.tolist())
        return SemanticMap(SPACE.to_train(raw))


def read_first_channel(path: Path) -> NDArray[np.int32]:
    """The red channel of a PNG of 8 or 16 bits, int32 (H, W).

    Raises:
        InputError: no readable file, not PNG, truncated or damaged, or without colours.
    """
    try:
        data = path.read_bytes()
        header = check_chunks(data)
    except (OSError, BrokenPngError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InputError(Problem(str(path), reason, LABEL_PNG)) from None
    require_pixels(str(path), header.size)
    if header.colour_type not in (RGB, RGBA):
        found = f"a {header.kind} picture of {header.height}x{header.width} px"
        hint = f"training ids are read from {{id}}{TRAIN_SUFFIX}.png"
        raise InputError(Problem(str(path), found, LABEL_PNG, hint))
    try:
        decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        decoded = None
    if decoded is None or decoded.shape[:2] != header.size or decoded.ndim != 3:
        raise InputError(Problem(str(path), "a PNG file whose picture data cannot be decoded", LABEL_PNG))
    red: NDArray[np.int32] = decoded[..., 2].astype(np.int32)
    return red
