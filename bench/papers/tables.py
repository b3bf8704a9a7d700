"""A printed table, and the same table with our numbers beside the printed ones, for `bench.report.formats`."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.papers.arrangement import Arrangement, Line
from bench.papers.published import ColumnKey, Number, Published, RowKey, unique
from bench.report.formats import UNDEFINED, cell_text
from bench.report.notes import definition_notes, images, notes
from bench.report.numbers import Entry, Interval, Method, Numbers, class_counterpart
from bench.report.tables import Cell, Mark, Report, Score, Table

if TYPE_CHECKING:
    from bench.results import Results

PAPERS = {
    "segfix": "SegFix (ECCV 2020)",
    "bpr": "BPR (IJCV 2022)",
    "bpr_supp": "BPR (CVPR 2021, supplement)",
    "steal": "STEAL (CVPR 2019)",
}
FLAG = "*"
WIDE = 8
"""Above so many columns intervals find no room."""
NONE = Number("")


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
        """What there is of a cell."""
        number = self.arrangement.spec.published.numbers.get((line.row.key, column), NONE)
        method = self.method(line)
        if method is None or self.arrangement.unmeasured(column) is not None:
            return Pair(number, Interval())
        measure, name = self.arrangement.measure(column, line.row.key)
        entry: Entry = self.numbers.get(method, name, column.class_name or None)
        return Pair(number, entry.gain if measure.delta else entry.score)

    def method(self, line: Line) -> Method | None:
        """The row of the run."""
        return next((m for m in self.numbers.methods if (m.predictions, m.refiner) == line.cell), None)


def printed_report(published: Published) -> Report:
    """The table as it is printed, with what is doubtful about it."""
    left = _names(published.rows)
    tables = []
    for metric, columns in _blocks(published.columns):
        rows = [key for key in published.rows if any((key, column) in published.numbers for column in columns)]
        cells = [
            (*left.of(key), *(published.numbers.get((key, column), NONE).printed or UNDEFINED for column in columns))
            for key in rows
        ]
        header = (*left.header, *(_title(column) for column in columns))
        tables.append(
            Table(_name(published, metric), _caption(published, metric), header, len(left.header), tuple(cells))
        )
    return Report(heading(published), tuple(tables), _doubts(published), ())


def comparison_report(comparison: Comparison, command: str) -> Report:
    """Printed numbers, ours, and where data are the same the differences."""
    arrangement = comparison.arrangement
    published, results = arrangement.spec.published, comparison.results
    left = _names([line.row.key for line in arrangement.lines])
    tables = []
    for metric, columns in _blocks(published.columns):
        shown = _with_own_classes(comparison, columns)
        rows = [row for line in arrangement.lines for row in _rows(comparison, line, left, shown)]
        header = (*left.header, "", *(_title(column) for column in shown))
        caption = f"{_caption(published, metric)} {_how(arrangement)}"
        tables.append(Table(_name(published, metric), caption, header, len(left.header) + 1, tuple(rows)))
    ours = _measured(arrangement)
    said = (*_said(comparison, command), *notes(results, comparison.numbers, ours), *_doubts(published))
    return Report(heading(published), tuple(tables), said, definition_notes(results.definitions, ours))


def comparison_csv(comparison: Comparison) -> str:
    """The same numbers, a line each, in per cent and in full precision; empty where there is none."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*RowKey.__slots__, "metric", "class", "published", "ours", "low", "high", "difference", "flagged"))
    columns = [
        c for _, block in _blocks(comparison.arrangement.spec.columns) for c in _with_own_classes(comparison, block)
    ]
    for line in comparison.arrangement.lines:
        key = line.row.key
        for column in columns:
            pair = comparison.pair(line, column)
            if not pair.number.printed and math.isnan(pair.ours.value):
                continue
            told = comparison.arrangement.comparable
            ours = (pair.ours.value, pair.ours.low, pair.ours.high, pair.difference if told else math.nan)
            flagged = str(pair.flagged).lower() if told else ""
            writer.writerow(
                (key.dataset, key.split, key.baseline, key.refiner, key.setting, column.metric, column.class_name,
                 pair.number.printed, *map(_percent, ours), flagged)
            )  # fmt: skip
    return out.getvalue()


def printed_csv(published: Published) -> str:
    """The table as it is packaged: a line a number."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*RowKey.__slots__, "metric", "class", "value", "note"))
    for (row, column), number in published.numbers.items():
        key = (row.dataset, row.split, row.baseline, row.refiner, row.setting)
        writer.writerow((*key, column.metric, column.class_name, number.printed, number.note))
    return out.getvalue()


def heading(published: Published) -> str:
    """Such as `SegFix (ECCV 2020), Table 5: ...`."""
    number = published.table
    kind = f"Figure {number.removeprefix('fig')}" if number.startswith("fig") else f"Table {number}"
    return f"{PAPERS[published.paper]}, {kind}: {published.caption}"


@dataclass(frozen=True)
class _Left:
    """The names at the left of rows: only what tells them apart."""

    header: tuple[str, ...]
    settings: frozenset[str]

    def of(self, key: RowKey) -> tuple[str, ...]:
        setting = ", ".join(f"{name} {value}" for name, value in key.settings.items() if name in self.settings)
        columns = {"baseline": key.baseline, "refiner": key.refiner, "setting": setting}
        return tuple(columns[name] for name in self.header)


def _names(rows: Sequence[RowKey]) -> _Left:
    known = unique(name for row in rows for name in row.settings)
    telling = frozenset(name for name in known if len({r.settings[name] for r in rows if name in r.settings}) > 1)
    return _Left(("baseline", "refiner", "setting") if telling else ("baseline", "refiner"), telling)


def _blocks(columns: Sequence[ColumnKey]) -> Iterator[tuple[str, Sequence[ColumnKey]]]:
    """Metric and columns of each table: those by class one by one, the others together or beside the first."""
    by_class = unique(column.metric for column in columns if column.class_name)
    if not by_class:
        yield "", columns
        return
    for position, metric in enumerate(by_class):
        own = [c for c in columns if class_counterpart(c.metric) == metric]
        rest = [c for c in columns if class_counterpart(c.metric) not in by_class] if position == 0 else []
        yield (metric if len(by_class) > 1 else ""), [*own, *rest]


def _title(column: ColumnKey) -> str:
    return column.class_name or column.metric


def _name(published: Published, metric: str) -> str:
    return "-".join(part for part in (published.paper, published.table, metric) if part)


def _caption(published: Published, metric: str) -> str:
    origins = " and ".join(unique(f"{row.dataset} {row.split}" for row in published.rows))
    return f"{metric}, as published on {origins}." if metric else f"As published on {origins}."


def _how(arrangement: Arrangement) -> str:
    if arrangement.comparable:
        return f"Ours with intervals, and the differences in points; {FLAG} marks those beyond rounding and interval."
    return "Ours are of other data: they have the table's shape, and differences to the published ones mean nothing."


def _rows(comparison: Comparison, line: Line, left: _Left, columns: Sequence[ColumnKey]) -> Iterator[tuple[Cell, ...]]:
    pairs = [comparison.pair(line, column) for column in columns]
    method = comparison.method(line)
    names: tuple[Cell, ...] = left.of(line.row.key)
    if method is not None and method.oracle:
        place = left.header.index("refiner")
        names = (*names[:place], Mark(line.row.key.refiner), *names[place + 1 :])
    yield (*names, "published", *(pair.number.printed or UNDEFINED for pair in pairs))
    blank = ("",) * len(names)
    yield (*blank, "ours", *(_ours(pair, wide=len(columns) > WIDE) for pair in pairs))
    if comparison.arrangement.comparable:
        yield (*blank, "difference", *(_difference(pair) for pair in pairs))


def _ours(pair: Pair, *, wide: bool) -> Cell:
    return Score(Interval(pair.ours.value) if wide else pair.ours, _digits(pair))


def _difference(pair: Pair) -> Cell:
    score = Score(Interval(pair.difference), _digits(pair), signed=True)
    return f"{cell_text(score)} {FLAG}" if pair.flagged else score


def _digits(pair: Pair) -> int:
    return pair.number.digits or 1


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
    yield f"Ours: {dataset['name']} {dataset['split']}, {images(dataset['samples'])}.".replace("  ", " ")
    yield from _cast(arrangement)
    if others := unique(f"{row.dataset} {row.split}" for row in arrangement.other_rows):
        yield f"Rows of {', '.join(others)} are not shown."
    if not arrangement.comparable and (lost := _lost_classes(comparison)):
        yield f"Classes of the paper that are not in these data: {', '.join(lost)}."
    for problem in arrangement.problems:
        yield f"Not made: {problem.where}: {problem.found}."


def _cast(arrangement: Arrangement) -> Iterator[str]:
    """Who plays whom."""
    materials = arrangement.materials
    if not materials.stand_in:
        return
    roles = unique(role for line in arrangement.lines if line.cell for role in line.row.roles)
    yield from (f"{role} is played by {materials.roles[role]}." for role in roles)
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


def _doubts(published: Published) -> tuple[str, ...]:
    return tuple(
        f"{', '.join(part for part in (row.baseline, row.refiner, _title(column)) if part)}: {number.note}"
        for (row, column), number in published.numbers.items()
        if "DOUBT:" in number.note
    )


def _percent(fraction: float) -> str:
    return "" if math.isnan(fraction) else repr(round(100 * fraction, 10))
