"""Values, differences and shares of a run's cells with their intervals, all over the same replicates.

The replicates are drawn once, over all samples of the run, and serve every cell: so differences are paired. A cell's
own values are over all samples that it has, a difference is over those that both sides have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.metrics.functional.statistics import Measurement, Summary

Part = Literal["values", "per_class"]
"""The whole, or class by class: an attribute of `Summary`."""
PARTS: tuple[Part, ...] = ("values", "per_class")
Floats = NDArray[np.float64]
Places = tuple[int, ...]
"""Of samples, in the order of the dataset."""


@dataclass(frozen=True)
class Number:
    """Which number: the label of its metric, whole or by class, and its name there."""

    label: str
    part: Part
    name: str

    def of(self, summary: Summary) -> Floats:
        """Its value in a summary."""
        part: dict[str, Floats] = getattr(summary, self.part)
        return part[self.name]


@dataclass(frozen=True)
class Score:
    """A number, or one per class, with the ends of its interval: float64 (1,) or (K,); NaN where undefined."""

    value: Floats
    low: Floats
    high: Floats


class PairedScores:
    """Numbers of the cells of a run.

    Attributes:
        rows: what was measured.
        units: int64 (N,), the cluster that each sample is in, or itself.
        weights: float64 (R, N), how often each sample is in each replicate.
        interval: how intervals are made of the replicates.
    """

    def __init__(self, rows: RunRows, interval: bootstrap.Method | None = None) -> None:
        spec = rows.bootstrap
        self.rows, self.interval = rows, interval or spec.interval
        self.units = bootstrap.cluster_numbers(rows.clusters)
        self.weights = bootstrap.weights(rows.clusters, spec.replicates, spec.seed)
        self._wholes: dict[tuple[Cell, str, Places], Summary] = {}
        self._replicates: dict[tuple[Cell, str, Places], Summary] = {}

    def metric(self, label: str) -> Metric:
        """The metric of a label."""
        return self.rows.metrics[label].metric

    def places(self, cell: Cell, label: str) -> Places:
        """Samples of which a cell has a measurement."""
        return tuple(self.rows.of(cell, label).rows)

    def common(self, label: str, *cells: Cell) -> Places:
        """Samples of which all these cells have one."""
        return tuple(sorted(set.intersection(*(set(self.places(cell, label)) for cell in cells))))

    def measurements(self, cell: Cell, label: str, places: Places) -> list[Measurement]:
        """Those of some samples."""
        rows = self.rows.of(cell, label).rows
        return [rows[place].arrays for place in places]

    def unit_count(self, places: Places) -> int:
        """How many clusters or images of these samples are independent of each other."""
        return len(np.unique(self.units[list(places)]))

    def whole(self, cell: Cell, label: str, places: Places) -> Summary:
        """Summary of these samples, each counted once."""
        key = (cell, label, places)
        if key not in self._wholes:
            self._wholes[key] = self.metric(label).summarise(self.measurements(*key))
        return self._wholes[key]

    def replicated(self, cell: Cell, label: str, places: Places) -> Summary:
        """Summary of these samples in all replicates at once."""
        key = (cell, label, places)
        if key not in self._replicates:
            weights = self.weights[:, list(places)]
            self._replicates[key] = self.metric(label).summarise(self.measurements(*key), weights)
        return self._replicates[key]

    def forget(self, wanted_again: Callable[[Cell], bool]) -> None:
        """Drop the replicates of other cells: those of all cells at once would need too much memory."""
        self._replicates = {key: kept for key, kept in self._replicates.items() if wanted_again(key[0])}

    def score(self, cell: Cell, number: Number) -> Score:
        """Over all samples that the cell has, of which there must be one."""
        places = self.places(cell, number.label)
        value, drawn = self._both(cell, number, places)
        return self._with_interval(value, drawn, places)

    def difference(self, cell: Cell, base: Cell, number: Number, places: Places) -> Score:
        """Cell minus base over these samples, which both have."""
        return self._with_interval(*self._differences(cell, base, number, places), places)

    def share(self, cell: Cell, bound: Cell, base: Cell, number: Number, places: Places) -> Score:
        """The difference of a cell to the base as a share of the bound's; undefined where that gains nothing."""
        gain, drawn = self._differences(cell, base, number, places)
        most, most_drawn = self._differences(bound, base, number, places)
        return self._with_interval(_share(gain, most), _share(drawn, most_drawn), places)

    def _differences(self, cell: Cell, base: Cell, number: Number, places: Places) -> tuple[Floats, Floats]:
        (own, drawn), (other, other_drawn) = (self._both(each, number, places) for each in (cell, base))
        return own - other, drawn - other_drawn

    def _both(self, cell: Cell, number: Number, places: Places) -> tuple[Floats, Floats]:
        """The value, and that of each replicate."""
        summaries = (each(cell, number.label, places) for each in (self.whole, self.replicated))
        value, drawn = (number.of(summary) for summary in summaries)
        return value, drawn

    def _with_interval(self, value: Floats, drawn: Floats, places: Places) -> Score:
        units, level = self.unit_count(places), self.rows.bootstrap.level
        low, high = bootstrap.interval(value, drawn, level=level, units=units, method=self.interval)
        return Score(np.atleast_1d(value), np.atleast_1d(low), np.atleast_1d(high))


def numbers_of(label: str, summary: Summary) -> Iterator[Number]:
    """All numbers of a metric, given a summary of any samples."""
    for part in PARTS:
        yield from (Number(label, part, name) for name in getattr(summary, part))


def undefined(number: Number, example: Summary) -> Score:
    """A score of nothing, as long as those of the example."""
    nothing = np.full(np.atleast_1d(number.of(example)).shape, np.nan)
    return Score(nothing, nothing, nothing)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
