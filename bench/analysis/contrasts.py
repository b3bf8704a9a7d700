"""Any two refiners of a stored run on the same predictions: paired differences, tests, images gained and lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.numbers import class_counterpart
from boundary_bench.bench.analysis.permutation import (
    ROUNDING,
    exchanges,
    holm,
    is_exhaustive,
    p_value,
    permuted_differences,
)
from boundary_bench.bench.analysis.stored_run import Shared, Stored
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.metrics.functional.statistics import Summary

PERMUTATIONS = 1999
"""Enough for p down to 0.0005."""

LOWER_IS_BETTER = ("error_rate", "worse_share")
"""Words in the names of numbers that fall as refiners get better."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """How many images or classes are better, as they were, and worse; others are undefined on either side."""

    better: int
    equal: int
    worse: int


@dataclass(frozen=True)
class Contrast:
    """One number of a refiner minus that of another, over the samples that both have; NaN where undefined.

    Attributes:
        predictions, refiner, against: labels; `against` is what is subtracted.
        metric: name of the number.
        class_name: None for the whole.
        value, against_value: both sides.
        low, high: interval of the difference.
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


@dataclass(frozen=True)
class Change:
    """A number of one image under two refiners."""

    predictions: str
    refiner: str
    against: str
    metric: str
    sample: str
    before: float
    after: float


@dataclass(frozen=True)
class Contrasts:
    """What `contrasts` found.

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
    """What is to be contrasted, and how.

    Attributes:
        against: labels of the refiners to subtract.
        metrics: names of numbers.
        classes: names.
        interval: method.
        permutations: of each test, at most; all patterns where there are not more.
        worst: how many images to list for each of `Contrasts.overall`.
    """

    against: Sequence[str]
    metrics: Sequence[str]
    classes: Sequence[str]
    interval: bootstrap.Method
    permutations: int = PERMUTATIONS
    worst: int = 3


def contrasts(stored: Stored, wanted: Wanted) -> Contrasts:
    """Every refiner against each of some others, on every prediction set that has both; each pair once."""
    pairs = [pair for label in stored.metrics for pair in _pairs(stored, label, wanted)]
    overall = [contrast for pair in pairs for contrast in pair.overall()]
    adjusted = holm([each.p for each in overall])
    return Contrasts(
        overall=tuple(replace(each, adjusted=p) for each, p in zip(overall, adjusted, strict=True)),
        by_class=tuple(contrast for pair in pairs for contrast in pair.by_class()),
        worst=tuple(change for pair in pairs for change in pair.worst()),
    )


def changes(stored: Stored, wanted: Wanted) -> list[Change]:
    """Every image of every pair of `contrasts` for which a wanted number is defined on both sides."""
    pairs = (pair for label in stored.metrics for pair in _pairs(stored, label, wanted))
    return [change for pair in pairs for change in pair.changes()]


def lower_is_better(metric: str) -> bool:
    """Whether a number falls as refiners get better."""
    return any(word in metric for word in LOWER_IS_BETTER)


def _pairs(stored: Stored, label: str, wanted: Wanted) -> Iterator[_Pair]:
    metric, suffix = stored.metrics[label]
    alone: dict[tuple[Cell, str], Summary] = {}
    seen: set[frozenset[Cell]] = set()
    for against in wanted.against:
        for cell in stored.cells:
            base = Cell(cell.predictions, against)
            shared = stored.shared(label, cell, base)
            if cell != base and shared.samples and frozenset((cell, base)) not in seen:
                seen.add(frozenset((cell, base)))
                yield _Pair(stored, wanted, metric, suffix, cell, base, shared, alone)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two cells and one metric.

    Attributes:
        alone: summaries of single images, for all pairs of the metric.
    """

    stored: Stored
    wanted: Wanted
    metric: Metric
    suffix: str
    cell: Cell
    base: Cell
    shared: Shared
    alone: dict[tuple[Cell, str], Summary] = field(repr=False)

    def overall(self) -> Iterator[Contrast]:
        """Of the numbers that are wanted."""
        for name in self._names():
            values = self._whole[0].values[name], self._whole[1].values[name]
            drawn = self._drawn[0].values[name] - self._drawn[1].values[name]
            found = self._contrast(name, None, values, drawn)
            exhaustive = is_exhaustive(self.shared.units, self.wanted.permutations)
            p = p_value(found.difference, self._permuted.values[name], exhaustive=exhaustive)
            before, after = self._one_by_one(name)
            images = _tally(after - before, lower_is_better(name))
            yield replace(found, p=p, images=images, classes=self._classes_tally(name))

    def by_class(self) -> Iterator[Contrast]:
        """Of the numbers by class behind those that are wanted."""
        for name in dict.fromkeys(class_counterpart(name) for name in self._names()):
            if name not in self._whole[0].per_class:
                continue
            drawn = self._drawn[0].per_class[name] - self._drawn[1].per_class[name]
            for k, one in enumerate(self.wanted.classes):
                values = self._whole[0].per_class[name][k], self._whole[1].per_class[name][k]
                yield self._contrast(name, one, values, drawn[:, k])

    def worst(self) -> Iterator[Change]:
        """Images that lost anything, the ones that lost most first."""
        for name in self._names():
            before, after = self._one_by_one(name)
            loss = (after - before) if lower_is_better(name) else (before - after)
            order = np.argsort(-loss, kind="stable")[: np.count_nonzero(loss > ROUNDING)]
            yield from (self._change(name, place, before, after) for place in order[: self.wanted.worst])

    def changes(self) -> Iterator[Change]:
        """All images, where a number is defined before and after."""
        for name in self._names():
            before, after = self._one_by_one(name)
            for place in np.flatnonzero(np.isfinite(after - before)).tolist():
                yield self._change(name, place, before, after)

    def _change(self, name: str, place: int, before: Floats, after: Floats) -> Change:
        sample, values = self.shared.samples[place], (float(before[place]), float(after[place]))
        return Change(*self._labels(), name + self.suffix, sample, *values)

    def _names(self) -> list[str]:
        return [name for name in self._whole[0].values if name + self.suffix in self.wanted.metrics]

    def _labels(self) -> tuple[str, str, str]:
        return self.cell.predictions, self.cell.refiner, self.base.refiner

    def _contrast(self, name: str, class_name: str | None, values: tuple[Floats, Floats], drawn: Floats) -> Contrast:
        difference, units = np.asarray(values[0] - values[1]), self.shared.unit_count
        level, method = self.stored.spec.level, self.wanted.interval
        low, high = bootstrap.interval(difference, drawn, level=level, units=units, method=method)
        return Contrast(
            *self._labels(),
            name + self.suffix,
            class_name,
            value=float(values[0]),
            against_value=float(values[1]),
            difference=float(difference),
            low=float(low),
            high=float(high),
            samples=len(self.shared.samples),
            units=units,
        )

    @cached_property
    def _whole(self) -> tuple[Summary, Summary]:
        return self.metric.summarise(self.shared.first), self.metric.summarise(self.shared.second)

    @cached_property
    def _drawn(self) -> tuple[Summary, Summary]:
        weights = self.stored.weights[:, self.shared.places]
        first, second = self.shared.first, self.shared.second
        return self.metric.summarise(first, weights), self.metric.summarise(second, weights)

    @cached_property
    def _permuted(self) -> Summary:
        swapped = exchanges(self.shared.units, self.wanted.permutations, self.stored.spec.seed)
        return permuted_differences(self.metric, self.shared.first, self.shared.second, swapped)

    def _one_by_one(self, name: str) -> tuple[Floats, Floats]:
        """Before and after of each image by itself, float64 (M,)."""
        sides = ((self.base, self.shared.second), (self.cell, self.shared.first))
        before, after = (
            np.array([self._summary_of(cell, place, measured).values[name] for place in range(len(measured))], float)
            for cell, measured in sides
        )
        return before, after

    def _summary_of(self, cell: Cell, place: int, measured: Sequence[Mapping[str, NDArray[np.generic]]]) -> Summary:
        key = (cell, self.shared.samples[place])
        if key not in self.alone:
            self.alone[key] = self.metric.summarise([measured[place]])
        return self.alone[key]

    def _classes_tally(self, name: str) -> Tally | None:
        counterpart = class_counterpart(name)
        if counterpart not in self._whole[0].per_class:
            return None
        change = self._whole[0].per_class[counterpart] - self._whole[1].per_class[counterpart]
        return _tally(change, lower_is_better(name))


def _tally(change: Floats, lower: bool) -> Tally:
    gain = -change if lower else change
    better, worse = (int(np.count_nonzero(side > ROUNDING)) for side in (gain, -gain))
    return Tally(better, int(np.count_nonzero(np.abs(gain) <= ROUNDING)), worse)
