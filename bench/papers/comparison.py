"""A table with our numbers beside the printed ones, for `boundary_bench.bench.report.formats`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence

from boundary_bench.bench.analysis.numbers import Interval
from boundary_bench.bench.analysis.units import UNDEFINED
from boundary_bench.bench.papers.arrangement import Arrangement, Line
from boundary_bench.bench.papers.gains import gain_tables
from boundary_bench.bench.papers.pairs import Comparison, Pair, names_of
from boundary_bench.bench.papers.published import ColumnKey, RowKey, unique
from boundary_bench.bench.papers.render_published import (
    Left,
    blocks,
    caption,
    doubts,
    heading,
    left_of,
    table_name,
    title,
)
from boundary_bench.bench.report.formats import cell_text
from boundary_bench.bench.report.notes import definition_notes, images, notes
from boundary_bench.bench.report.tables import Report, Score, Table, TableCell

FLAG = "*"
WIDE = 8
"""Above so many columns intervals find no room."""


def comparison_report(comparison: Comparison, command: str) -> Report:
    """Printed numbers, ours, and where data are the same the differences."""
    arrangement = comparison.arrangement
    published, results = arrangement.spec.published, comparison.results
    left = left_of([line.row.key for line in arrangement.lines])
    tables = []
    for metric, columns in blocks(published.columns):
        shown = _with_own_classes(comparison, columns)
        rows = [row for line in arrangement.lines for row in _rows(comparison, line, left, shown)]
        header = (*left.header, "", *(title(column) for column in shown))
        about = f"{caption(published, metric, [arrangement.origin])}{_how(comparison, shown)}"
        tables.append(Table(table_name(published, metric), about, header, len(left.header) + 1, tuple(rows)))
    tables += gain_tables(comparison, left)
    ours = _measured(arrangement)
    said = (*_said(comparison, command), *notes(results, comparison.numbers, ours), *doubts(published))
    return Report(heading(published), tuple(tables), said, definition_notes(results.definitions, ours))


def comparison_csv(comparison: Comparison) -> str:
    """The same numbers, one per line, in per cent and in full precision; empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*RowKey.__slots__, "metric", "class", "published", "ours", "low", "high", "difference", "flagged"))
    shown = (_with_own_classes(comparison, block) for _, block in blocks(comparison.arrangement.spec.columns))
    columns = [column for block in shown for column in block]
    for line in comparison.arrangement.lines:
        key = line.row.key
        for column in columns:
            pair = comparison.pair(line, column)
            if not pair.number.printed and math.isnan(pair.ours.value):
                continue
            told = comparison.arrangement.has_differences
            ours = (pair.ours.value, pair.ours.low, pair.ours.high, pair.difference if told else math.nan)
            flagged = str(pair.flagged).lower() if told else ""
            writer.writerow(
                (key.dataset, key.split, key.baseline, key.refiner, key.setting, column.metric, column.class_name,
                 pair.number.printed, *map(_percent, ours), flagged)
            )  # fmt: skip
    return out.getvalue()


def _how(comparison: Comparison, columns: Sequence[ColumnKey]) -> str:
    arrangement = comparison.arrangement
    if not arrangement.spec.published.is_printed:
        return "" if arrangement.comparable else " Ours are of other data."
    pairs = (comparison.pair(line, column) for line in arrangement.lines for column in columns)
    if arrangement.comparable and all(math.isnan(pair.ours.low) for pair in pairs):
        return f" Ours, and the differences in points; without intervals none is marked by {FLAG}."
    if arrangement.comparable:
        return f" Ours with intervals, and the differences in points; {FLAG} marks those beyond rounding and interval."
    return " Ours are of other data; only gains can be held against the published ones."


def _rows(
    comparison: Comparison, line: Line, left: Left, columns: Sequence[ColumnKey]
) -> Iterator[tuple[TableCell, ...]]:
    pairs = [comparison.pair(line, column) for column in columns]
    names = names_of(line, left)
    if comparison.arrangement.spec.published.is_printed:
        yield (*names, "published", *(pair.number.printed or UNDEFINED for pair in pairs))
        names = ("",) * len(names)
    digits = [comparison.digits(column) for column in columns]
    wide = len(columns) > WIDE
    yield (*names, "ours", *(_ours(pair, n, wide=wide) for pair, n in zip(pairs, digits, strict=True)))
    if comparison.arrangement.has_differences:
        yield (*names, "difference", *(_difference(pair, n) for pair, n in zip(pairs, digits, strict=True)))


def _ours(pair: Pair, digits: int, *, wide: bool) -> TableCell:
    return Score(Interval(pair.ours.value) if wide else pair.ours, digits)


def _difference(pair: Pair, digits: int) -> TableCell:
    score = Score(Interval(pair.difference), digits, signed=True)
    return f"{cell_text(score)} {FLAG}" if pair.flagged else score


def _with_own_classes(comparison: Comparison, columns: Sequence[ColumnKey]) -> Sequence[ColumnKey]:
    """On other data its classes take the place of those that it has not."""
    by_class = [column for column in columns if column.class_name]
    if comparison.arrangement.comparable or not by_class:
        return columns
    classes = comparison.results.dataset["classes"]
    own = [ColumnKey(by_class[0].metric, name) for name in classes]
    return [*own, *(column for column in columns if not column.class_name)]


def _said(comparison: Comparison, command: str) -> Iterator[str]:
    arrangement, dataset = comparison.arrangement, comparison.results.dataset
    yield f"Made by: {command}"
    which = f"{dataset['name']} {dataset['split']}, {images(dataset['samples'])}"
    stand_in = arrangement.materials.stand_in
    yield f"Ours: {which}." if stand_in in ("", dataset["name"]) else f"Ours: {stand_in} ({which})."
    shown = (_with_own_classes(comparison, block) for _, block in blocks(arrangement.spec.columns))
    if any(len(columns) > WIDE for columns in shown):
        yield "So many columns leave no room for intervals: table.csv has them."
    yield from _cast(arrangement)
    if others := unique(f"{row.dataset} {row.split}" for row in arrangement.other_rows):
        yield f"Rows of {', '.join(others)} are not shown."
    if not arrangement.comparable and (lost := _lost_classes(comparison)):
        yield f"Classes of the paper that are not in these data: {', '.join(lost)}."
    for problem in arrangement.problems:
        yield f"Not made: {problem.where}: {problem.found}."


def _cast(arrangement: Arrangement) -> Iterator[str]:
    """Stand-ins and the models that they stand for."""
    materials = arrangement.materials
    if not materials.stand_in:
        return
    roles = unique(role for line in arrangement.lines if line.cell for role in line.row.roles)
    played = ((role, materials.roles[role]) for role in roles)
    yield from (f"{role} is played by {name}." for role, name in played if name != role)
    stages = [stage for line in arrangement.lines if line.cell for stage in line.row.stages]
    for network in unique(stage.network for stage in stages if stage.network):
        shipped = next(iter(materials.networks[network].values()))
        yield f"The network {network} is the checkpoint {shipped}."
    for name in unique(stage.name for stage in stages if stage.name in materials.tuned):
        yield f"The parameters of {name} were found on the val split."


def _lost_classes(comparison: Comparison) -> Sequence[str]:
    own = set(comparison.results.dataset["classes"])
    return [n for n in unique(c.class_name for c in comparison.arrangement.spec.columns) if n and n not in own]


def _measured(arrangement: Arrangement) -> Sequence[str]:
    """Our names of what the table shows."""
    columns = [column for column in arrangement.spec.columns if arrangement.unmeasured(column) is None]
    keys = [line.row.key for line in arrangement.lines if line.cell]
    return unique(arrangement.measure(column, key)[1] for column in columns for key in keys)


def _percent(fraction: float) -> str:
    return "" if math.isnan(fraction) else repr(round(100 * fraction, 10))
