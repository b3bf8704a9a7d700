"""A table as a paper prints it, for `boundary_bench.bench.report.formats`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from boundary_bench.bench.analysis.numbers import class_counterpart
from boundary_bench.bench.analysis.units import UNDEFINED
from boundary_bench.bench.papers.published import ColumnKey, Number, Published, RowKey, unique
from boundary_bench.bench.report.tables import Report, Table

PAPERS = {
    "segfix": "SegFix (ECCV 2020)",
    "bpr": "BPR (IJCV 2022)",
    "bpr_supp": "BPR (CVPR 2021, supplement)",
    "steal": "STEAL (CVPR 2019)",
}
NOTHING = Number("")
"""A cell that is not printed."""


def printed_report(published: Published) -> Report:
    """The table as it is printed, with what is doubtful about it."""
    left = left_of(published.rows)
    tables = []
    for metric, columns in blocks(published.columns):
        rows = [key for key in published.rows if any((key, column) in published.numbers for column in columns)]
        cells = [
            (*left.of(key), *(published.numbers.get((key, column), NOTHING).printed or UNDEFINED for column in columns))
            for key in rows
        ]
        header = (*left.header, *(title(column) for column in columns))
        about = caption(published, metric, unique((row.dataset, row.split) for row in published.rows))
        tables.append(Table(table_name(published, metric), about, header, len(left.header), tuple(cells)))
    return Report(heading(published), tuple(tables), doubts(published), ())


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
class Left:
    """The names at the left of rows: only what tells them apart."""

    header: tuple[str, ...]
    settings: frozenset[str]

    def of(self, key: RowKey) -> tuple[str, ...]:
        """The names of a row, one for each of the header."""
        setting = ", ".join(f"{name} {value}" for name, value in key.settings.items() if name in self.settings)
        columns = {"baseline": key.baseline, "refiner": key.refiner, "setting": setting}
        return tuple(columns[name] for name in self.header)


def left_of(rows: Sequence[RowKey]) -> Left:
    """Baseline, refiner, and the settings in which rows differ."""
    known = unique(name for row in rows for name in row.settings)
    telling = frozenset(name for name in known if len({r.settings[name] for r in rows if name in r.settings}) > 1)
    return Left(("baseline", "refiner", "setting") if telling else ("baseline", "refiner"), telling)


def blocks(columns: Sequence[ColumnKey]) -> Iterator[tuple[str, Sequence[ColumnKey]]]:
    """Metric and columns of each table: those by class one by one, the others together or beside the first."""
    by_class = unique(column.metric for column in columns if column.class_name)
    if not by_class:
        yield "", columns
        return
    for position, metric in enumerate(by_class):
        own = [c for c in columns if class_counterpart(c.metric) == metric]
        rest = [c for c in columns if class_counterpart(c.metric) not in by_class] if position == 0 else []
        yield (metric if len(by_class) > 1 else ""), [*own, *rest]


def title(column: ColumnKey) -> str:
    """Heading of a column: its class, or the metric for the whole."""
    return column.class_name or column.metric


def table_name(published: Published, metric: str) -> str:
    """For labels; metric is empty where the table is not divided by metrics."""
    return "-".join(part for part in (published.paper, published.table, metric) if part)


def caption(published: Published, metric: str, origins: Sequence[tuple[str, str]]) -> str:
    """Where the numbers are from: datasets and splits; metric as for `table_name`."""
    where = " and ".join(f"{dataset} {split}" for dataset, split in origins)
    if not published.is_printed:
        return f"The paper draws what these numbers say, on {where}, and does not print them."
    return f"{metric}, as published on {where}." if metric else f"As published on {where}."


def doubts(published: Published) -> tuple[str, ...]:
    """Numbers that may be misprinted, and why."""
    return tuple(
        f"{', '.join(part for part in (row.baseline, row.refiner, title(column)) if part)}: {number.note}"
        for (row, column), number in published.numbers.items()
        if "DOUBT:" in number.note
    )
