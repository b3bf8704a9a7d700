"""Any two methods on the same images: paired differences, tests, images gained and lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import permutation
from boundary_bench.bench.analysis.compared import Change, Contrast, Contrasts, Side, Tally, Wanted
from boundary_bench.bench.analysis.numbers import class_counterpart
from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.scores import Number, PairedScores, Places
from boundary_bench.bench.analysis.units import lower_is_better
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.metrics.functional.statistics import Summary

Floats = NDArray[np.float64]


def contrasts(scores: PairedScores, wanted: Wanted) -> Contrasts:
    """Every cell against those of the wanted labels that share its other side; each pair once."""
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


def named(rows: RunRows, names: Sequence[str], between: Side = "refiner") -> tuple[str, ...]:
    """Labels that are named by themselves, or of refiners by the names before their parameters.

    Raises:
        InputError: a name of none, or of several.
    """
    known = list(dict.fromkeys(getattr(cell, between) for cell in rows.cells))
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


def _pairs(scores: PairedScores, label: str, wanted: Wanted) -> Iterator[_Pair]:
    alone: dict[tuple[Cell, int], Summary] = {}
    seen: set[frozenset[Cell]] = set()
    for against in wanted.against:
        for cell in scores.rows.cells:
            base = wanted.base(cell, against)
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
        found = {
            name: contrast
            for name in self._names()
            for contrast in self._contrasts(Number(self.label, "values", name), [None])
        }
        p = self._p_values({name: contrast.difference for name, contrast in found.items()})
        for name, contrast in found.items():
            before, after = self._one_by_one(name)
            images = Tally.of(after - before, lower_is_better=lower_is_better(name))
            yield replace(contrast, p=p[name], images=images, classes=self._classes_tally(name))

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
        return self.cell.predictions, self.cell.refiner, getattr(self.base, self.wanted.between)

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

    def _p_values(self, differences: dict[str, float]) -> dict[str, float]:
        count = self.wanted.permutations
        swapped = permutation.exchanges(self._units, count, self.scores.rows.bootstrap.seed)
        first, second = (self.scores.measurements(cell, self.label, self.places) for cell in (self.cell, self.base))
        exhaustive = permutation.is_exhaustive(self._units, count)
        metric = self.scores.metric(self.label)
        return permutation.p_values(metric, first, second, differences, swapped, exhaustive=exhaustive)

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
        return Tally.of(change, lower_is_better=lower_is_better(name))
