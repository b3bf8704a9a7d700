"""CamVid in the layout of the SegNet tutorial: 11 classes, 360 x 480.

    root/{train,val,test}/0001TP_008550.png          images, any format
    root/{train,val,test}annot/0001TP_008550.png     ids 0..10, void 11

Source of classes and split: Badrinarayanan et al., SegNet, PAMI 2017, section 4.1, and its tutorial.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from boundary_bench.bench.datasets.files import Entry, SemanticFiles, split_folder
from boundary_bench.bench.datasets.video import stretches
from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.labels.label_space import LabelSpace
from boundary_bench.bench.formats.pairing import core_of, pair
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES
from boundary_bench.bench.plugins.protocols import Sample

CLASSES = (
    "sky",
    "building",
    "pole",
    "road",
    "pavement",
    "tree",
    "signsymbol",
    "fence",
    "car",
    "pedestrian",
    "bicyclist",
)
COLOURS = np.array(
    [
        (128, 128, 128),
        (128, 0, 0),
        (192, 192, 128),
        (128, 64, 128),
        (60, 40, 222),
        (128, 128, 0),
        (192, 128, 128),
        (64, 64, 128),
        (64, 0, 128),
        (64, 64, 0),
        (0, 128, 192),
    ],
    dtype=np.uint8,
)
LABEL_IDS = {**{i: i for i in range(len(CLASSES))}, 11: -1}

STRETCH = 15
"""Frames of a video that are resampled together. One a second is labelled: this is a quarter of a minute.

Frames of one sequence show the same street, so intervals over single frames would be too narrow. The test
split has only two sequences, though, and a bootstrap over two units says nothing: successive frames are
resampled in stretches instead (a block bootstrap), long against the time for which a street stays in view,
short against the sequences.
"""

LAYOUT = "{split}/ with images and {split}annot/ with label PNGs"


class Camvid(SemanticFiles):
    """One split of CamVid.

    Args:
        root: folder that holds the splits.
        split: `train`, `val` or `test`.

    Raises:
        InputError: no such folder, no label files, or images and label files that are not pairs (all are
            listed). The folder of images may be absent or empty as a whole.
    """

    def __init__(self, root: str | Path, split: str) -> None:
        root = Path(root)
        annotations = split_folder(root, split, root, ending="annot", layout=LAYOUT)
        truths = _by_stem(annotations, {".png"})
        images = _by_stem(root / split, IMAGE_SUFFIXES)
        truths, images, note = _with_equal_names(truths, images, root / split)
        _require_pairs(annotations, root / split, truths, images)
        clusters = stretches(truths, STRETCH)
        space = LabelSpace(len(CLASSES), LABEL_IDS)
        super().__init__(
            (
                Entry(Sample(stem, cluster=clusters[stem]), truths[stem], space, images.get(stem))
                for stem in sorted(truths)
            ),
            name="camvid",
            split=split,
            classes=CLASSES,
            colours=COLOURS,
            label_ids=LABEL_IDS,
        )
        self._notes += [note] if note else []


def _with_equal_names(
    truths: dict[str, Path], images: dict[str, Path], folder: Path
) -> tuple[dict[str, Path], dict[str, Path], str]:
    """Label files and images by one name, where one kind ends in something, such as the `_L` of CamVid's authors."""
    if not images or truths.keys() & images.keys():
        return truths, images, ""
    pairing = pair(list(truths), images.keys(), str(folder))
    if pairing is None:
        return truths, images, ""
    renamed = {core_of(name, pairing.of_names): (truths[name], images[key]) for name, key in pairing.files.items()}
    note = f"label files and images are {pairing.note}"
    return {n: truth for n, (truth, _) in renamed.items()}, {n: image for n, (_, image) in renamed.items()}, note


def _by_stem(folder: Path, suffixes: Collection[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.name.startswith(".") or path.suffix.lower() not in suffixes:
            continue
        if path.stem in found:
            found_too = f"a second file of that name beside {found[path.stem].name}"
            raise InputError(Problem(str(path), found_too, "one for a sample"))
        found[path.stem] = path
    return found


def _require_pairs(annotations: Path, folder: Path, truths: Mapping[str, Path], images: Mapping[str, Path]) -> None:
    if not truths:
        raise InputError(Problem(str(annotations), "no PNG file", "a label PNG for each sample"))
    problems = []
    if images and (missing := sorted(truths.keys() - images.keys())):
        found = f"no image for {len(missing)} of {len(truths)} label files: {examples(missing)}"
        problems.append(Problem(str(folder), found, "an image of the same name for each, or none at all"))
    if extra := sorted(images.keys() - truths.keys()):
        found = f"no label file for {len(extra)} of {len(images)} images: {examples(extra)}"
        problems.append(Problem(str(annotations), found, "a label PNG of the same name for each image"))
    if problems:
        raise InputError(problems)
