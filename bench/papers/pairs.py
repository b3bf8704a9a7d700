"""A printed number and ours, cell by cell."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.numbers import Entry, Interval, Method, Numbers
from boundary_bench.bench.papers.arrangement import Arrangement, Line
from boundary_bench.bench.papers.published import ColumnKey, Number
from boundary_bench.bench.papers.render_published import NOTHING, Left
from boundary_bench.bench.report.tables import Mark, TableCell

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results


@dataclass(frozen=True)
class Pair:
    """A printed number and ours.

    Attributes:
        number: as printed; empty where nothing is.
        ours: in fractions; NaN where nothing was measured.
    """

    number: Number
    ours: Interval

    @property
    def difference(self) -> float:
        """Ours minus the printed one, a fraction; NaN where one is not there."""
        return self.ours.value - self.number.value / 100 if self.number.printed else math.nan

    @property
    def flagged(self) -> bool:
        """Whether our interval leaves out all that the printed number may have been before rounding."""
        if not self.number.printed:
            return False
        half = 0.5 * 10.0**-self.number.digits
        low, high = ((self.number.value + end) / 100 for end in (-half, half))
        return self.ours.low > high or self.ours.high < low


@dataclass(frozen=True)
class Comparison:
    """A table as printed and as made again."""

    arrangement: Arrangement
    results: Results
    numbers: Numbers

    def pair(self, line: Line, column: ColumnKey) -> Pair:
        """Published and measured values of a cell."""
        number = self.arrangement.spec.published.numbers.get((line.row.key, column), NOTHING)
        method = self.method(line)
        if method is None or self.arrangement.unmeasured(column) is not None:
            return Pair(number, Interval())
        measure, _ = self.arrangement.measure(column, line.row.key)
        entry = self.entry(method, line, column)
        return Pair(number, entry.gain if measure.delta else entry.score)

    def entry(self, method: Method, line: Line, column: ColumnKey) -> Entry:
        """Value of the run for a cell of a row that it made."""
        _, name = self.arrangement.measure(column, line.row.key)
        return self.numbers.get(method, name, column.class_name or None)

    def digits(self, column: ColumnKey) -> int:
        """How many decimals ours have: as many as the paper prints of that metric, one where it prints none."""
        numbers = self.arrangement.spec.published.numbers.items()
        printed = (number.digits for (_, each), number in numbers if each.metric == column.metric)
        return max(printed, default=0) or 1

    def method(self, line: Line) -> Method | None:
        """The row of the run."""
        return next((m for m in self.numbers.methods if (m.predictions, m.refiner) == line.cell), None)


def names_of(line: Line, left: Left) -> tuple[TableCell, ...]:
    """The names at the left of a row; what knows the truth has a mark."""
    names: tuple[TableCell, ...] = left.of(line.row.key)
    if not any(stage.name.startswith("oracle_") for stage in line.row.stages):
        return names
    place = left.header.index("refiner")
    return (*names[:place], Mark(line.row.key.refiner), *names[place + 1 :])
