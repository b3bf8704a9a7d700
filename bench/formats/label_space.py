"""Which ids label files may hold, what they are as training ids, and why they may hold others."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.metrics.kernels.counting import present_labels
from boundary_bench.metrics.structures.segment_labels import as_labels, numbers
from boundary_bench.metrics.structures.segmentation import VOID, Labels, PanopticMap, SemanticMap

SHOWN_IDS = 8


class LabelSpace:
    """The ids of one kind of label file.

    Args:
        classes: K; training ids are 0..K-1.
        raw: id in the files -> training id or `VOID`; empty where files hold training ids.
        hint_raw: the dataset's table of raw ids, to recognise files that hold them where training ids are
            expected.

    `VOID` (255) is allowed in every space and stays what it is.
    """

    def __init__(
        self, classes: int, raw: Mapping[int, int] | None = None, *, hint_raw: Mapping[int, int] | None = None
    ) -> None:
        self.classes = classes
        self.raw = dict(raw or {})
        self._hint_raw = dict(hint_raw or {})

    @cached_property
    def allowed(self) -> NDArray[np.int64]:
        """Sorted ids that files may hold, `VOID` among them."""
        ids = [i for i in self.raw if i >= 0] if self.raw else list(range(self.classes))
        return np.unique(np.array([*ids, VOID], dtype=np.int64))

    @property
    def text(self) -> str:
        """The allowed ids in words."""
        if not self.raw:
            return f"training ids 0..{self.classes - 1} and void {VOID}"
        ids = self.allowed[self.allowed != VOID]
        return f"label ids {_listed(ids, 60)} and void {VOID}"

    def to_train(self, labels: Labels) -> Labels:
        """Ids of a file, all of them allowed, as training ids: uint8 or int32 (H, W) as given."""
        if not self.raw:
            return labels
        if labels.dtype == np.uint8:
            mapped: NDArray[np.uint8] = cv2.LUT(labels, self._table[:256].astype(np.uint8))
            return mapped
        return self._table[labels]

    def problem(self, where: str, ids: NDArray[np.int64]) -> Problem | None:
        """Problem with a file that holds these ids; None if there is none."""
        unknown = np.setdiff1d(ids, self.allowed)
        if not unknown.size:
            return None
        return Problem(where, f"ids {_listed(unknown, SHOWN_IDS)}", self.text, self._hint(ids, unknown))

    def _hint(self, ids: NDArray[np.int64], unknown: NDArray[np.int64]) -> str:
        causes = []
        if not self.raw and unknown.tolist() == [self.classes] and 0 not in ids:
            causes.append("labels seem to start at 1 instead of 0")
        if self._hint_raw and np.isin(ids, [*self._hint_raw, VOID]).all():
            causes.append("these look like the dataset's raw label ids: give label_space label_ids")
        if not causes and unknown.size > max(16, self.classes):
            causes.append("so many ids are those of a photograph or a colour-coded picture turned grey")
        return ", or ".join(causes)

    def suspicion(self, ids: NDArray[np.int64]) -> str:
        """Likely mistake that the ids of a whole set suggest although they are allowed; "" if none."""
        seen = ids[ids != VOID]
        if seen.size == 0:
            return "there is nothing but void in them"
        if self.raw:
            highest = max(i for i, train in self.raw.items() if train != VOID)
            if seen.max() < self.classes <= highest:
                return f"no id is above {seen.max()}: these may be training ids, not label ids"
            return ""
        if self.classes > 2 and seen.max() <= 1:
            return f"they hold only {_listed(ids, 3)}: a binary mask, or one class against the rest?"
        if seen.min() > 0 and self.classes > 2:
            return f"no id is below {seen.min()}: labels may start at 1, or be raw label ids"
        return ""

    @cached_property
    def _table(self) -> NDArray[np.int32]:
        table = np.full(max(65535, *self.raw) + 1, VOID, dtype=np.int32)
        for raw, train in self.raw.items():
            if raw >= 0:
                table[raw] = train
        return table


def ids_of(labels: Labels) -> NDArray[np.int64]:
    """Sorted ids that occur in a label map with values 0..65535."""
    if labels.dtype == np.uint8:
        return np.flatnonzero(present_labels(cast(NDArray[np.uint8], labels)))
    return np.flatnonzero(np.bincount(labels.ravel()))


def _listed(ids: NDArray[np.int64], most: int) -> str:
    """`0..10, 255`: runs of ids in short form, cut off after so many of them."""
    runs = np.split(ids, np.flatnonzero(np.diff(ids) > 1) + 1)
    parts = [f"{run[0]}..{run[-1]}" if run.size > 2 else ", ".join(map(str, run)) for run in runs]
    return ", ".join(parts[:most]) + (", ..." if len(parts) > most else "")


def class_labels(truth: SemanticMap | PanopticMap) -> Labels:
    """Training ids (H, W) and void: of panoptic truth, int32."""
    if isinstance(truth, SemanticMap):
        return truth.labels
    parts, categories = _parts(truth, 0)
    return categories[parts]


def _parts(truth: SemanticMap | PanopticMap, classes: int) -> tuple[Labels, NDArray[np.int32]]:
    """Labels that are drawn one by one, and the class of each."""
    if isinstance(truth, SemanticMap):
        return truth.labels, np.arange(classes, dtype=np.int32)
    own = numbers(len(truth.segments))
    categories = np.full(max(VOID, own.max(initial=0)) + 1, VOID, np.int32)
    categories[own] = truth.categories
    return as_labels(truth), categories
