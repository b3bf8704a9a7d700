"""Label maps in the ids of the files that they were made from."""

from __future__ import annotations

from typing import cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.id_hints import listed
from boundary_bench.bench.formats.labels.label_space import SHOWN_IDS, BinarySpace, LabelSpace
from boundary_bench.bench.plugins.abilities import of_dataset
from boundary_bench.bench.plugins.protocols import Dataset
from boundary_bench.metrics.structures.labels import Labels, void_of

LAST = {np.dtype(np.uint8): 255, np.dtype(np.int32): 65535}
"""Highest id of a file, by the type that `write_label_image` takes for 8 and for 16 bits."""


class FileIds:
    """Training ids as ids of files: of each class the lowest, and one for void; binary masks as 0 and 255.

    Void is written as the id that means void in these files: 255 where that is one, else the lowest one; where none is
    known, as the highest id of a file, 255 or 65535. A file has 8 bits where the ids of all classes fit and, if the map
    has any void, that of void; else 16.

    Args:
        space: the ids that the files hold.
    """

    def __init__(self, space: LabelSpace) -> None:
        lowest = {train: raw for raw, train in sorted(space.raw.items(), reverse=True) if raw >= 0}
        self._classes = space.classes
        ids = [lowest.get(train, -1) if space.raw else train for train in range(space.classes)]
        if isinstance(space, BinarySpace):
            ids = [0, 255]
        void = _void(space)
        self._narrow = np.dtype(np.uint8 if max(ids) < 255 or (max(ids) == 255 and void is not None) else np.int32)
        self.void = LAST[self._narrow] if void is None else void
        # Void takes the last entry.
        self._table = np.array([*ids, self.void], np.int64)

    def of(self, labels: Labels, where: str) -> Labels:
        """A label map (H, W) in training ids as it is written: uint8 or int32.

        Raises:
            InputError: ids that are neither classes nor void, in the map called `where`, or classes that files have no
                id for.
        """
        is_void = labels == void_of(labels)
        wrong = np.unique(labels[~is_void & ((labels < 0) | (labels >= self._classes))]).astype(np.int64)
        if wrong.size:
            raise InputError(Problem(where, f"ids {listed(wrong, SHOWN_IDS)}", f"0..{self._classes - 1} and void"))
        places: NDArray[np.int64] = np.where(is_void, self._classes, labels)
        found = self._table[places]
        if (found < 0).any():
            lacking = listed(np.unique(places[found < 0]), SHOWN_IDS)
            raise InputError(Problem(where, f"training ids {lacking}", "those that files have an id for"))
        return cast(Labels, found.astype(self._narrow if self.void <= 255 or not is_void.any() else np.int32))


def file_ids(dataset: Dataset, label_space: str | None) -> FileIds:
    """Ids of label files of predictions for a dataset; `label_space` is that of the option, where the dataset has no
    rule of its own."""
    own: LabelSpace | None = of_dataset(dataset).prediction_space
    raw = dataset.label_ids if label_space == "label_ids" else {}
    return FileIds(own or LabelSpace(len(dataset.classes), raw))


def _void(space: LabelSpace) -> int | None:
    known = [each for each in space.void if each >= 0]
    known = known or [raw for raw, train in space.raw.items() if raw >= 0 and not 0 <= train < space.classes]
    return 255 if 255 in known else min(known, default=None)
