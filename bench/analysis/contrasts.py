"""Any two refiners of a stored run on the same predictions: paired differences, tests, images gained and lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import permutation
from boundary_bench.bench.analysis.numbers import class_counterpart
from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.scores import Number, PairedScores, Places
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins.components import Cell
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
        against: labels of the refiners to subtract.
        metrics: names of numbers.
        classes: names.
        permutations: of each test, at most; all patterns where there are not more.
        worst: how many images to list for each of `Contrasts.overall`.
    """

    against: Sequence[str]
    metrics: Sequence[str]
    classes: Sequence[str]
    permutations: int = PERMUTATIONS
    worst: int = 3


def contrasts(scores: PairedScores, wanted: Wanted) -> Contrasts:
    """Every refiner against each of some others, on every prediction set that has both; each pair once."""
    pairs = [pair for label in scores.rows.metrics for pair in _pairs(scores, label, wanted)]
    overall = [contrast for pair in pairs for contrast in pair.overall()]
    adjusted = permutation.holm([each.p for each in overall])
    return Contrasts(
        overall=tuple(replace(each, adjusted=p) for each, p in zip(overall, adjusted, strict=True)),
        by_class=tuple(contrast for pair in pairs for contrast in pair.by_class()),
        worst=tuple(change for pair in pairs for change in pair.worst()),
    )


def changes(scores: PairedScores, wanted: Wanted) -> list[Change]:
    """Every image of every pair of `contrasts` for which a wanted number is defined on both sides."""
    pairs = (pair for label in scores.rows.metrics for pair in _pairs(scores, label, wanted))
    return [change for pair in pairs for change in pair.changes()]


def named_refiners(rows: RunRows, names: Sequence[str]) -> tuple[str, ...]:
    """Labels of refiners that are named by their labels, or by the names before their parameters.

    Raises:
        InputError: a name of none, or of several.
    """
    known = list(dict.fromkeys(cell.refiner for cell in rows.cells))
    found = {name: [name] if name in known else _starting(known, name) for name in names}
    if unclear := [name for name, labels in found.items() if len(labels) != 1]:
        raise InputError(
            Problem("--against", repr(name), ", ".join(found[name] or known), did_you_mean(name, known))
            for name in unclear
        )
    return tuple(dict.fromkeys(labels[0] for labels in found.values()))


def _starting(labels: Sequence[str], name: str) -> list[str]:
    """`segfix` of `segfix checkpoint=camvid`."""
    return [label for label in labels if label.partition(" ")[0] == name]


def lower_is_better(metric: str) -> bool:
    """Whether a number falls as refiners get better."""
    return any(word in metric for word in LOWER_IS_BETTER)


def _pairs(scores: PairedScores, label: str, wanted: Wanted) -> Iterator[_Pair]:
    alone: dict[tuple[Cell, int], Summary] = {}
    seen: set[frozenset[Cell]] = set()
    for against in wanted.against:
        for cell in scores.rows.cells:
            base = Cell(cell.predictions, against)
            places = scores.common(label, cell, base)
            if cell != base and places and frozenset((cell, base)) not in seen:
                seen.add(frozenset((cell, base)))
                yield _Pair(scores, wanted, label, cell, base, places, alone)


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two cells and one metric.

    Attributes:
        label: of the metric.
        places: of the samples that both cells have.
        alone: summaries of single images, for all pairs of the metric.
    """

    scores: PairedScores
    wanted: Wanted
    label: str
    cell: Cell
    base: Cell
    places: Places
    alone: dict[tuple[Cell, int], Summary] = field(repr=False)

    def overall(self) -> Iterator[Contrast]:
        """Of the numbers that are wanted."""
        exhaustive = permutation.is_exhaustive(self._units, self.wanted.permutations)
        for name in self._names():
            (found,) = self._contrasts(Number(self.label, "values", name), [None])
            p = permutation.p_value(found.difference, self._permuted.values[name], exhaustive=exhaustive)
            before, after = self._one_by_one(name)
            images = _tally(after - before, lower_is_better(name))
            yield replace(found, p=p, images=images, classes=self._classes_tally(name))

    def by_class(self) -> Iterator[Contrast]:
        """Of the numbers by class behind those that are wanted."""
        for name in dict.fromkeys(class_counterpart(name) for name in self._names()):
            if name in self._whole[0].per_class:
                yield from self._contrasts(Number(self.label, "per_class", name), self.wanted.classes)

    def worst(self) -> Iterator[Change]:
        """Images that lost anything, the ones that lost most first."""
        for name in self._names():
            before, after = self._one_by_one(name)
            loss = (after - before) if lower_is_better(name) else (before - after)
            order = np.argsort(-loss, kind="stable")[: np.count_nonzero(loss > permutation.ROUNDING)]
            yield from (self._change(name, place, before, after) for place in order[: self.wanted.worst])

    def changes(self) -> Iterator[Change]:
        """All images, where a number is defined before and after."""
        for name in self._names():
            before, after = self._one_by_one(name)
            for place in np.flatnonzero(np.isfinite(after - before)).tolist():
                yield self._change(name, place, before, after)

    def _change(self, name: str, at: int, before: Floats, after: Floats) -> Change:
        sample, values = self.scores.rows.samples[self.places[at]], (float(before[at]), float(after[at]))
        return Change(*self._labels(), name + self._suffix, sample, *values)

    def _names(self) -> list[str]:
        return [name for name in self._whole[0].values if name + self._suffix in self.wanted.metrics]

    def _labels(self) -> tuple[str, str, str]:
        return self.cell.predictions, self.cell.refiner, self.base.refiner

    def _contrasts(self, number: Number, class_names: Sequence[str | None]) -> Iterator[Contrast]:
        """One for the whole, or one for each class."""
        own, other = (np.atleast_1d(number.of(summary)) for summary in self._whole)
        difference = self.scores.difference(self.cell, self.base, number, self.places)
        for k, class_name in enumerate(class_names):
            yield Contrast(
                *self._labels(),
                number.name + self._suffix,
                class_name,
                value=float(own[k]),
                against_value=float(other[k]),
                difference=float(difference.value[k]),
                low=float(difference.low[k]),
                high=float(difference.high[k]),
                samples=len(self.places),
                units=self.scores.unit_count(self.places),
                no_interval=difference.without[k] or None,
            )

    @property
    def _suffix(self) -> str:
        return self.scores.rows.metrics[self.label].suffix

    @property
    def _units(self) -> NDArray[np.int64]:
        return self.scores.units[list(self.places)]

    @property
    def _whole(self) -> tuple[Summary, Summary]:
        one, other = (self.scores.whole(cell, self.label, self.places) for cell in (self.cell, self.base))
        return one, other

    @cached_property
    def _permuted(self) -> Summary:
        swapped = permutation.exchanges(self._units, self.wanted.permutations, self.scores.rows.bootstrap.seed)
        first, second = (self.scores.measurements(cell, self.label, self.places) for cell in (self.cell, self.base))
        return permutation.permuted_differences(self.scores.metric(self.label), first, second, swapped)

    def _one_by_one(self, name: str) -> tuple[Floats, Floats]:
        """Before and after of each image by itself, float64 (M,)."""
        before, after = (
            np.array([self._alone(cell, place).values[name] for place in self.places], float)
            for cell in (self.base, self.cell)
        )
        return before, after

    def _alone(self, cell: Cell, place: int) -> Summary:
        """Of one image."""
        if (cell, place) not in self.alone:
            measured = self.scores.measurements(cell, self.label, (place,))
            self.alone[cell, place] = self.scores.metric(self.label).summarise(measured)
        return self.alone[cell, place]

    def _classes_tally(self, name: str) -> Tally | None:
        counterpart = class_counterpart(name)
        if counterpart not in self._whole[0].per_class:
            return None
        change = self._whole[0].per_class[counterpart] - self._whole[1].per_class[counterpart]
        return _tally(change, lower_is_better(name))


def _tally(change: Floats, lower: bool) -> Tally:
    gain = -change if lower else change
    better, worse = (int(np.count_nonzero(side > permutation.ROUNDING)) for side in (gain, -gain))
    return Tally(better, int(np.count_nonzero(np.abs(gain) <= permutation.ROUNDING)), worse)
