"""Values, differences and shares of a run's cells with their intervals, all over the same replicates.

The replicates are drawn once, over all samples of the run, and serve every cell: so differences are paired. A cell's
own values are over all samples that it has, a difference is over those that both sides have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.ranges import UNBOUNDED, Range, of_differences, range_of, require_within
from boundary_bench.bench.analysis.rows import RunRows
from boundary_bench.bench.analysis.units import lower_is_better
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
    """A number, or one per class, with the ends of its interval.

    Attributes:
        value, low, high: float64 (1,) or (K,); NaN where undefined.
        without: of each, why it has no interval; "" where it has one, or is undefined itself.
    """

    value: Floats
    low: Floats
    high: Floats
    without: list[str]


class PairedScores:
    """Numbers of the cells of a run.

    Attributes:
        rows: what was measured.
        units: int64 (N,), the cluster that each sample is in, or itself.
        interval: how intervals are made of the replicates.
    """

    def __init__(self, rows: RunRows, interval: bootstrap.Method | None = None) -> None:
        self.rows, self.interval = rows, interval or rows.bootstrap.interval
        self.units = bootstrap.cluster_numbers(rows.clusters)
        self._wholes: dict[tuple[Cell, str, Places], Summary] = {}
        self._replicates: dict[tuple[Cell, str, Places], Summary] = {}

    @cached_property
    def weights(self) -> Floats:
        """How often each sample is in each replicate, float64 (R, N)."""
        spec = self.rows.bootstrap
        return bootstrap.weights(self.rows.clusters, spec.replicates, spec.seed)

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
        """Over all samples that the cell has, of which there must be one.

        Raises:
            InputError: a value outside the range that the metric says it has.
        """
        places = self.places(cell, number.label)
        value, drawn = self._both(cell, number, places)
        range_ = self._range(number)
        require_within(value, range_, f"metric {number.label}: {number.name}")
        return self._with_interval(bootstrap.interval, value, drawn, places, range_)

    def difference(self, cell: Cell, base: Cell, number: Number, places: Places) -> Score:
        """Cell minus base over these samples, which both have."""
        value, drawn = self._differences(cell, base, number, places)
        range_ = of_differences(self._range(number))
        return self._with_interval(bootstrap.interval_of_difference, value, drawn, places, range_)

    def share(self, cell: Cell, bound: Cell, base: Cell, number: Number, places: Places) -> Score:
        """The difference of a cell to the base as a share of the bound's; undefined where that gains nothing."""
        falls = lower_is_better(number.name)
        gain, drawn = self._differences(cell, base, number, places)
        most, most_drawn = self._differences(bound, base, number, places)
        drawn_shares = None if drawn is None or most_drawn is None else _share(drawn, most_drawn, falls)
        return self._with_interval(bootstrap.interval, _share(gain, most, falls), drawn_shares, places, UNBOUNDED)

    def _range(self, number: Number) -> Range:
        return range_of(self.metric(number.label), number.name)

    def _differences(self, cell: Cell, base: Cell, number: Number, places: Places) -> tuple[Floats, Floats | None]:
        (own, drawn), (other, other_drawn) = (self._both(each, number, places) for each in (cell, base))
        return own - other, None if drawn is None or other_drawn is None else drawn - other_drawn

    def _both(self, cell: Cell, number: Number, places: Places) -> tuple[Floats, Floats | None]:
        """The value, and that of each replicate; None where no interval is made of them."""
        value = number.of(self.whole(cell, number.label, places))
        if self.interval == "none" or self.unit_count(places) < bootstrap.FEWEST:
            return value, None
        return value, number.of(self.replicated(cell, number.label, places))

    def _with_interval(
        self, method: Callable[..., tuple[Floats, Floats]], value: Floats, drawn: Floats | None, places: Places,
        range_: Range,
    ) -> Score:  # fmt: skip
        units, level = self.unit_count(places), self.rows.bootstrap.level
        low = high = np.full(np.shape(value), np.nan)
        if drawn is not None:
            low, high = method(value, drawn, level=level, units=units, method=self.interval, range_=range_)
        value, low, high = (np.atleast_1d(each) for each in (value, low, high))
        why = bootstrap.without(value, low, units=units, unit=self.rows.unit, method=self.interval, range_=range_)
        return Score(value, low, high, why)


def numbers_of(label: str, summary: Summary) -> Iterator[Number]:
    """All numbers of a metric, given a summary of any samples."""
    for part in PARTS:
        yield from (Number(label, part, name) for name in getattr(summary, part))


def undefined(number: Number, example: Summary) -> Score:
    """A score of nothing, as long as those of the example."""
    nothing = np.full(np.atleast_1d(number.of(example)).shape, np.nan)
    return Score(nothing, nothing, nothing, [""] * len(nothing))


def _share(part: Floats, whole: Floats, falls: bool) -> Floats:
    gains = whole < 0 if falls else whole > 0
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=gains)
