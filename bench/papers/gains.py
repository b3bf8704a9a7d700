"""Gains of refiners, as published and as measured: on other data the only comparable numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from boundary_bench.bench.analysis.numbers import Interval
from boundary_bench.bench.papers.arrangement import Arrangement, Line
from boundary_bench.bench.papers.pairs import Comparison, names_of
from boundary_bench.bench.papers.published import ColumnKey
from boundary_bench.bench.papers.render_published import NOTHING, Left, table_name, title
from boundary_bench.bench.report.tables import Score, Table, TableCell

CAPTION = (
    "Gains over the unrefined predictions in points: the published ones, and ours on the same images with intervals."
)


def gain_tables(comparison: Comparison, left: Left) -> Iterator[Table]:
    """One table of the rows that were refined, where ours are of other data and something is printed; else none."""
    arrangement = comparison.arrangement
    published = arrangement.spec.published
    columns = [column for column in published.columns if _has_gains(arrangement, column)]
    refined = [(line, base) for line in arrangement.lines if (base := _unrefined(arrangement, line))]
    if arrangement.comparable or not published.is_printed or not columns or not refined:
        return
    rows = [row for pair in refined for row in _rows(comparison, *pair, left, columns)]
    header = (*left.header, "", *(title(column) for column in columns))
    yield Table(f"{table_name(published, '')}-gains", CAPTION, header, len(left.header) + 1, tuple(rows))


def _has_gains(arrangement: Arrangement, column: ColumnKey) -> bool:
    """Whether a column is of the whole, measured here, and not itself a gain."""
    measured = not column.class_name and arrangement.unmeasured(column) is None
    return measured and not arrangement.spec.measured[column.metric].delta


def _unrefined(arrangement: Arrangement, line: Line) -> Line | None:
    """The row of the same predictions before they are refined."""
    if not line.cell or not line.row.stages:
        return None
    same = (other for other in arrangement.lines if other.row.roles == line.row.roles and not other.row.stages)
    return next(same, None)


def _rows(
    comparison: Comparison, line: Line, base: Line, left: Left, columns: Sequence[ColumnKey]
) -> Iterator[tuple[TableCell, ...]]:
    yield (*names_of(line, left), "published", *(_published(comparison, line, base, column) for column in columns))
    method = comparison.method(line)
    gains = (comparison.entry(method, line, column).gain if method else Interval() for column in columns)
    yield (*("",) * len(left.header), "ours", *(Score(gain, 2, signed=True) for gain in gains))


def _published(comparison: Comparison, line: Line, base: Line, column: ColumnKey) -> Score:
    """The difference of two printed numbers, with as many decimals as they have."""
    numbers = comparison.arrangement.spec.published.numbers
    after, before = (numbers.get((each.row.key, column), NOTHING) for each in (line, base))
    known = after.printed and before.printed
    gain = (after.value - before.value) / 100 if known else math.nan
    return Score(Interval(gain), max(after.digits, before.digits), signed=True)
