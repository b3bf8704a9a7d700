"""Which ids label files may hold, what they are as training ids, and why they may hold others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.formats.labels.id_hints import MINUS_ONE, SOFT, hint, listed
from boundary_bench.metrics.structures.labels import MOST_NARROW_CLASSES, Labels, label_dtype, void_of

SHOWN_IDS = 8
WIDEST_TABLE = 1 << 20
"""Span of ids up to which a lookup table translates them; wider ones are searched for."""
OPTION = "--label-space label_ids (label_space: label_ids in an experiment)"


class LabelSpace:
    """The ids of one kind of label file.

    Args:
        classes: K; training ids are 0..K-1.
        raw: id in the files -> training id; one outside 0..K-1 means void. Empty where files hold training ids.
        void: further ids in the files that mean void; None: 255, where that is no id of a class.
        hint_raw: the dataset's table of raw ids, to recognise files that hold them where training ids are
            expected.
    """

    def __init__(
        self,
        classes: int,
        raw: Mapping[int, int] | None = None,
        *,
        void: Collection[int] | None = None,
        hint_raw: Mapping[int, int] | None = None,
    ) -> None:
        self.classes = classes
        self.raw = dict(raw or {})
        of_class = self.raw if self.raw else range(classes)
        self.has_usual_void = void is None
        self.void = frozenset({255} - set(of_class) if void is None else void)
        self._hint_raw = dict(hint_raw or {})

    @cached_property
    def allowed(self) -> NDArray[np.int64]:
        """Sorted ids that files may hold, those of void among them."""
        return np.array(sorted({*(self.raw or range(self.classes)), *self.void}), dtype=np.int64)

    @cached_property
    def scored(self) -> NDArray[np.int64]:
        """Sorted ids of classes."""
        return np.array(sorted(raw for raw in self._raw_of_classes if raw not in self.void), dtype=np.int64)

    @property
    def _raw_of_classes(self) -> Collection[int]:
        return (
            [raw for raw, train in self.raw.items() if 0 <= train < self.classes] if self.raw else range(self.classes)
        )

    @property
    def text(self) -> str:
        """The allowed ids in words."""
        kind = "label ids" if self.raw else "training ids"
        ids = self.allowed[(self.allowed >= 0) & ~np.isin(self.allowed, list(self.void))]
        void = [each for each in sorted(self.void) if 0 <= each < MINUS_ONE]
        return f"{kind} {listed(ids, 60)}" + (f" and void {', '.join(map(str, void))}" if void else "")

    def to_train(self, labels: Labels) -> Labels:
        """Ids of a file, all of them allowed, as training ids and void: (H, W) of `label_dtype(K)`."""
        if labels.dtype == np.uint8:
            return self._narrow_to_train(cast(NDArray[np.uint8], labels))
        if self._span <= WIDEST_TABLE:
            return cast(Labels, self._table[labels - self.allowed[0]])
        return self._trains[np.searchsorted(self.allowed, labels)]

    def ignoring(self, ids: Collection[int]) -> LabelSpace:
        """The same space, in which these ids mean void, ids of classes among them."""
        return LabelSpace(self.classes, self.raw, void=self.void | set(ids), hint_raw=self._hint_raw)

    def of_predictions(self) -> LabelSpace:
        """The ids of predictions for truth of this space: a class that is not scored is still one that they hold.

        Void are the other ids that are void in the truth, and -1, which is 65535 in 16 bits, where that is no class.
        """
        of_class = set(self._raw_of_classes)
        void = (self.void | {-1, MINUS_ONE}) - of_class
        return LabelSpace(self.classes, self.raw, void=void, hint_raw=self._hint_raw)

    def problem(self, where: str, ids: NDArray[np.int64]) -> Problem | None:
        """Problem with a file that holds these ids; None if there is none."""
        if self._known.issuperset(ids.tolist()):
            return None
        unknown = np.setdiff1d(ids, self.allowed)
        return Problem(where, f"ids {listed(unknown, SHOWN_IDS)}", self.text, self._hint(ids, unknown))

    def _hint(self, ids: NDArray[np.int64], unknown: NDArray[np.int64]) -> str:
        # Void as the number after the last class may be the raw id of a class, too.
        raw = {raw for raw, train in self._hint_raw.items() if 0 <= train < self.classes} - {self.classes}
        known = np.isin(ids, [*self._hint_raw, *self.void]).all()
        if not self.raw and known and raw.intersection(unknown.tolist()):
            return f"these look like the dataset's raw label ids: give {OPTION}"
        if self.scored.tolist() == [0, 255]:
            return SOFT
        return hint(ids, unknown, self.classes)

    def suspicion(self, ids: NDArray[np.int64]) -> str:
        """Likely mistake that the ids of a whole set suggest although they are allowed; "" if none."""
        seen = np.setdiff1d(ids, list(self.void))
        if seen.size == 0:
            return "there is nothing but void in them"
        if self.classes == 2 and 255 in self.void and set(ids.tolist()) == {0, 255}:
            return "they hold only 0 and void 255: binary masks, whose object would be 255?"
        if self.raw:
            highest = max(self._raw_of_classes)
            if seen.max() < self.classes <= highest:
                return f"no id is above {seen.max()}: these may be training ids, not label ids"
            return ""
        return self._suspicion_of_training_ids(seen)

    def _suspicion_of_training_ids(self, seen: NDArray[np.int64]) -> str:
        if self.classes > 2 and seen.max() <= 1:
            return f"they hold only {listed(seen, 3)}: a binary mask, or one class against the rest?"
        if seen.min() > 0 and 2 < self.classes <= MOST_NARROW_CLASSES:
            return f"no id is below {seen.min()}: labels may start at 1, or be raw label ids"
        return ""

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self.allowed.tolist())

    @property
    def _span(self) -> int:
        return int(self.allowed[-1] - self.allowed[0]) + 1

    @cached_property
    def _trains(self) -> NDArray[np.int32] | NDArray[np.uint8]:
        """Training id of each allowed id."""
        dtype = label_dtype(self.classes)
        trains = self.allowed.copy()
        if self.raw:
            trains = np.array([self.raw.get(raw, -1) for raw in self.allowed.tolist()], np.int64)
        outside = (trains < 0) | (trains >= self.classes) | np.isin(self.allowed, list(self.void))
        found: Any = np.where(outside, 0, trains).astype(dtype)
        found[outside] = void_of(found)
        return cast(NDArray[np.int32] | NDArray[np.uint8], found)

    @cached_property
    def _table(self) -> NDArray[np.int32] | NDArray[np.uint8]:
        table = np.zeros(self._span, self._trains.dtype)
        table[self.allowed - self.allowed[0]] = self._trains
        return table

    def _narrow_to_train(self, labels: NDArray[np.uint8]) -> Labels:
        if self._is_identity:
            return labels
        if self._trains.dtype == np.uint8:
            return cast(Labels, cv2.LUT(labels, self._first_256))
        return self._first_256[labels]

    @cached_property
    def _first_256(self) -> NDArray[np.int32] | NDArray[np.uint8]:
        inside = (self.allowed >= 0) & (self.allowed < 256)
        table = np.zeros(256, self._trains.dtype)
        table[self.allowed[inside]] = self._trains[inside]
        return table

    @cached_property
    def _is_identity(self) -> bool:
        """Whether the ids of uint8 files are training ids and void already."""
        same = self._trains == self.allowed
        return self._trains.dtype == np.uint8 and bool(same[(self.allowed >= 0) & (self.allowed < 256)].all())


class BinarySpace(LabelSpace):
    """Masks of 0 and 255, or of 0 and 1, one way or the other in each file.

    Args:
        void: ids that mean void.
    """

    def __init__(self, void: Collection[int] = ()) -> None:
        super().__init__(2, {0: 0, 1: 1, 255: 1}, void=void)

    @property
    def text(self) -> str:
        """The allowed ids in words."""
        return "a binary mask of 0 and 255, or of 0 and 1"

    def of_predictions(self) -> BinarySpace:
        """The ids of predictions: 0, 1 and 255 are what they are in masks, whatever is void in the truth."""
        return BinarySpace((self.void | {-1, MINUS_ONE}) - {0, 1, 255})

    def ignoring(self, ids: Collection[int]) -> BinarySpace:
        """The same space, in which these ids mean void, ids of classes among them."""
        return BinarySpace(self.void | set(ids))

    def problem(self, where: str, ids: NDArray[np.int64]) -> Problem | None:
        """Problem with a file that holds these ids; None if there is none."""
        seen = set(ids.tolist()) - self.void
        if seen <= {0, 1} or seen <= {0, 255}:
            return None
        found = f"ids {listed(np.array(sorted(seen)), SHOWN_IDS)}"
        soft = len(seen) > 2 and max(seen) <= 255
        classes = "if these are ids of classes, say by --classes how many"
        return Problem(where, found, self.text, f"{SOFT}; or, {classes}" if soft else classes)

    def suspicion(self, ids: NDArray[np.int64]) -> str:
        """Likely mistake that the ids of a whole set suggest although they are allowed; "" if none."""
        return "there is nothing but void in them" if set(ids.tolist()) <= self.void else ""
