"""What comparisons of methods consist of: what is wanted, a difference of one number, a number of one image.

Methods are cells, a prediction set with a refiner. Two that are compared differ in one of these: two refiners on the
same predictions, or two prediction sets (two models) under the same refiner.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.permutation import ROUNDING
from boundary_bench.bench.plugins.components import Cell

PERMUTATIONS = 1999
"""Enough for p down to 0.0005."""

Side = Literal["refiner", "predictions"]
"""What two cells differ in."""


@dataclass(frozen=True)
class Tally:
    """How many images or classes are better, as they were, and worse; others are undefined on either side."""

    better: int
    equal: int
    worse: int

    @classmethod
    def of(cls, change: NDArray[np.float64], *, lower_is_better: bool) -> Tally:
        """Of changes, float64 (N,); NaN is not counted."""
        gain = -change if lower_is_better else change
        better, worse = (int(np.count_nonzero(side > ROUNDING)) for side in (gain, -gain))
        return cls(better, int(np.count_nonzero(np.abs(gain) <= ROUNDING)), worse)


@dataclass(frozen=True)
class Contrast:
    """One number of a cell minus that of another, over the samples that both have; NaN where undefined.

    Attributes:
        predictions, refiner, against: labels; `against` is that of the refiner, or of the predictions, that is
            subtracted (`Wanted.between`).
        metric: name of the number.
        class_name: None for the whole.
        value, against_value: both sides.
        low, high: interval of the difference; no_interval says why there is none.
        samples, units: how many images, and how many clusters or images that are independent of each other.
        p: two-sided, of a permutation test; NaN for classes, which are not tested.
        adjusted: p after Holm's correction for all contrasts found together.
        images, classes: one by one; None for classes.
    """

    predictions: str
    refiner: str
    against: str
    metric: str
    class_name: str | None
    value: float
    against_value: float
    difference: float
    low: float
    high: float
    samples: int
    units: int
    p: float = np.nan
    adjusted: float = np.nan
    images: Tally | None = None
    classes: Tally | None = None
    no_interval: str | None = None


@dataclass(frozen=True)
class Change:
    """A number of one image in two cells; labels as of `Contrast`."""

    predictions: str
    refiner: str
    against: str
    metric: str
    sample: str
    before: float
    after: float


@dataclass(frozen=True)
class Contrasts:
    """Result of `contrasts`.

    Attributes:
        overall: one for each pair of cells and number; their p-values are one family.
        by_class: the same by class.
        worst: of each of `overall` the images that lost most, most first.
    """

    overall: tuple[Contrast, ...]
    by_class: tuple[Contrast, ...]
    worst: tuple[Change, ...]


@dataclass(frozen=True)
class Wanted:
    """Contrasts to compute.

    Attributes:
        against: labels of the refiners, or of the prediction sets, to subtract.
        metrics: names of numbers.
        classes: names.
        permutations: of each test, at most; all patterns where there are not more.
        worst: how many images to list for each of `Contrasts.overall`.
        between: what `against` are labels of; in the other, two cells are the same.
    """

    against: Sequence[str]
    metrics: Sequence[str]
    classes: Sequence[str]
    permutations: int = PERMUTATIONS
    worst: int = 3
    between: Side = "refiner"

    def base(self, cell: Cell, against: str) -> Cell:
        """What is subtracted from a cell."""
        return replace(cell, **{self.between: against})
