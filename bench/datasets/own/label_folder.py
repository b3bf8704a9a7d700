"""Anybody's own data: a folder of label maps, and where there are any a folder of images.

    labels/any/folder/0001.png      truth: ids of classes; PNG, TIFF, BMP, .npy, .npz
    photos/any/folder/0001.jpg      may be absent: scoring needs the truth alone

Files are paired by their path below the folder without its ending; names may differ by a constant beginning or ending.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from boundary_bench.bench.datasets.files import Entry, SemanticFiles
from boundary_bench.bench.datasets.own.samples import OwnSamples, samples_of
from boundary_bench.bench.errors import InputError, Problem, examples
from boundary_bench.bench.formats.labels.class_list import ClassList, Given, class_list
from boundary_bench.bench.formats.labels.id_hints import listed
from boundary_bench.bench.formats.labels.label_files import LABEL_SUFFIXES, read_labels
from boundary_bench.bench.formats.labels.label_space import BinarySpace, LabelSpace
from boundary_bench.metrics.structures.labels import ids_of

BINARY = ClassList(("background", "object"), np.array([[0, 0, 0], [255, 255, 255]], np.uint8), {0: 0, 1: 1, 255: 1})


class Folder(SemanticFiles):
    """Label maps of any classes, in a folder.

    Without `classes` the truth must be binary masks of 0 and 255, or of 0 and 1; with two classes it may be. Images
    that lie in at least five folders are clusters by folder, since those of one recording are not independent of each
    other.

    Args:
        truth: folder of label maps; None to refine without a truth.
        images: folder of the images; None where nothing needs them.
        classes: as of `boundary_bench.bench.formats.labels.class_list`; None for binary masks.
        ignore: ids in the files that are not scored: further ids, or ids of classes.
        split: a folder in `truth` and `images`, or where these hold no folders just a name. By default all, called
            as the file of ids where there is one.
        truth_name, image_name: names of files, such as `{id}_labels.png`; "" to find out.
        ids: text file with one id a line: the samples of the split; None for all.

    Raises:
        InputError: no such folder, nothing in it, names that do not pair, classes that cannot be read, or no classes
            given for truth that is not binary.
    """

    def __init__(
        self,
        truth: str | Path | None = None,
        images: str | Path | None = None,
        classes: Given | None = None,
        ignore: int | Sequence[int] = (),
        *,
        split: str | None = None,
        truth_name: str = "",
        image_name: str = "",
        ids: str | Path | None = None,
    ) -> None:
        own = samples_of(OwnSamples(truth, images, split, truth_name, image_name, ids), LABEL_SUFFIXES)
        void = frozenset([ignore] if isinstance(ignore, int) else ignore)
        found = _classes(classes, void, [path for _, path, _ in own.entries if path])
        binary = found is BINARY or (len(found.names) == 2 and not found.label_ids and not void)
        space = BinarySpace(void) if binary else LabelSpace(len(found.names), found.label_ids, void=void)
        super().__init__(
            (Entry(sample, path, space, image) for sample, path, image in own.entries),
            name="folder",
            split=own.split,
            classes=found.names,
            colours=found.colours,
            label_ids=BINARY.label_ids if binary else found.label_ids or {i: i for i in range(len(found.names))},
        )
        self._objects = {1, 255} - void if binary else set[int]()
        self.ignored = _never_scored(found, void)
        self.prediction_space = space.of_predictions()
        self._notes = list(own.notes)
        if found is BINARY:
            self._notes.append("no classes given: the truth is taken for two classes, 0 background, 1 or 255 object")

    def check(self, *, images: bool = False) -> list[Problem]:
        """Masks of which some mark the object by 1 and some by 255, which then may mean void."""
        seen = {high: [name for name, ids in self._seen.items() if high in ids] for high in self._objects}
        if len(seen) < 2 or not all(seen.values()):
            return super().check(images=images)
        found = f"1 in {examples(seen[1], 2)}, 255 in {examples(seen[255], 2)}"
        hint = "where 255 is void, give --classes 2 --ignore 255"
        return [Problem(f"truth of {self.name}/{self.split}", found, "one id for the object in all masks", hint)]


def _classes(given: Given | None, void: frozenset[int], truths: Sequence[Path]) -> ClassList:
    if given is not None:
        return class_list(given, "--classes")
    if not truths:
        raise InputError(
            Problem(
                "dataset folder",
                "no classes",
                "--classes: how many there are, their names, or a file; of binary masks --masks, or --task binary",
            )
        )
    if holds_masks(truths, void):
        return BINARY
    seen = sorted({int(i) for path in islice(truths, 200) for i in ids_of(read_labels(path))} - void)
    found = f"ids {listed(np.array(seen), 12)}, and no classes given"
    raise InputError(
        Problem(
            str(truths[0].parent),
            found,
            "--classes: how many there are, their names, or a file; without it masks of 0 and 255, or of 0 and 1",
            "grey levels of masks? then --task binary, in an experiment task: binary",
        )
    )


def holds_masks(truths: Sequence[Path], void: frozenset[int]) -> bool:
    """Whether the first file that holds more than background is a binary mask; the others are checked before a run."""
    for path in truths:
        ids = set(ids_of(read_labels(path)).tolist()) - void
        if ids - {0}:
            return ids <= {0, 1} or ids <= {0, 255}
    return True


def _never_scored(classes: ClassList, void: frozenset[int]) -> frozenset[int]:
    """Classes all of whose ids in files are void."""
    raw: Mapping[int, int] = classes.label_ids or {i: i for i in range(len(classes.names))}
    scored = {train for i, train in raw.items() if i not in void}
    return frozenset(range(len(classes.names))) - scored
