"""Tables of the page: cells that can be sorted, with definitions behind their headers and files to save."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from boundary_bench.bench.analysis.units import lower_is_better
from boundary_bench.bench.report.formats import cell_text, score_parts
from boundary_bench.bench.report.page.downloads import Download, table_downloads
from boundary_bench.bench.report.tables import Mark, Report, Score, Table, TableCell

COMPETED = ("scores", "gains")
"""Tables in which a column's best refiner of each prediction set is set off."""

TITLES = {
    "scores": "Scores",
    "gains": "Gains over the unrefined predictions",
    "recoveries": "Shares of an oracle's gain",
    "costs": "Cost",
    "worst": "Images that lost most",
}

_NUMBER = re.compile(r"[+-]?\d[\d,]*\.?\d*(?:e[+-]?\d+)?")


@dataclass(frozen=True, slots=True)
class PageHeader:
    """Of a column; card is the id of its definition, "" where there is none."""

    text: str
    card: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class PageCell:
    """Text, sort key ("" sorts last) and style of a cell."""

    text: str
    detail: str = ""
    key: str = ""
    look: str = ""


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table as the template takes it; see `boundary_bench.bench.report.tables.Table`."""

    id: str
    title: str
    caption: str
    headers: tuple[PageHeader, ...]
    labels: int
    rows: tuple[tuple[PageCell, ...], ...]
    downloads: tuple[Download, ...]


def page_table(
    table: Table, report: Report, cards: Mapping[str, str], bibtex: str, *, looks: Sequence[Sequence[str]] = ()
) -> PageTable:
    """One table.

    Args:
        table: of the report.
        report: gives the notes that go into the LaTeX file.
        cards: metric -> id of its definition.
        bibtex: the papers behind the run.
        looks: classes of the cells, one for each; none for a table that decides them itself.
    """
    chosen = looks or (_best(table) if table.name in COMPETED else [[""] * len(table.header)] * len(table.rows))
    return PageTable(
        id="".join(c if c.isalnum() else "-" for c in table.name),
        title=title(table),
        caption=table.caption,
        headers=tuple(
            PageHeader(name, cards.get(name, ""), place >= table.labels) for place, name in enumerate(table.header)
        ),
        labels=table.labels,
        rows=tuple(_row(table, row, look) for row, look in zip(table.rows, chosen, strict=True)),
        downloads=table_downloads(table, report, bibtex),
    )


def title(table: Table) -> str:
    """A table's heading."""
    kind, _, of = table.name.partition("-")
    words = {
        "heat": f"Gains by class: {of}",
        "classes": f"{of} by class",
        "gains": f"Tests against {of}",
        "decided": f"Classes beyond doubt: {table.caption.partition(': ')[0]}",
    }
    return TITLES.get(table.name) or words.get(kind, table.name)


def sort_key(cell: TableCell, *, label: bool) -> str:
    """Sort key of a cell: a label's text, a number's digits, "" where there is none.

    Text with a number in front, such as `17 / 0 / 7`, sorts by that number.
    """
    if isinstance(cell, Score):
        return "" if math.isnan(cell.interval.value) else repr(float(cell.interval.value))
    if label:
        return cell.text if isinstance(cell, Mark) else cell
    found = _NUMBER.match(cell_text(cell))
    return found.group().replace(",", "") if found else ""


def _row(table: Table, row: Sequence[TableCell], looks: Sequence[str]) -> tuple[PageCell, ...]:
    return tuple(
        _cell(cell, look, label=place < table.labels) for place, (cell, look) in enumerate(zip(row, looks, strict=True))
    )


def _cell(cell: TableCell, look: str, *, label: bool) -> PageCell:
    key = sort_key(cell, label=label)
    if isinstance(cell, Score):
        return PageCell(*score_parts(cell), key, look)
    return PageCell(cell_text(cell), "", key, look or ("oracle" if isinstance(cell, Mark) else ""))


def _best(table: Table) -> list[list[str]]:
    """`best` where no refiner of the same predictions, oracles left aside, has a better number."""
    looks = [[""] * len(table.header) for _ in table.rows]
    for place in range(table.labels, len(table.header)):
        sign = -1.0 if lower_is_better(table.header[place]) else 1.0
        leaders: dict[str, tuple[float, int]] = {}
        for number, row in enumerate(table.rows):
            cell, name = row[place], cell_text(row[0])
            if isinstance(row[1], Mark) or not isinstance(cell, Score) or math.isnan(cell.interval.value):
                continue
            value = sign * cell.interval.value
            if name not in leaders or value > leaders[name][0]:
                leaders[name] = (value, number)
        for _, number in leaders.values():
            looks[number][place] = "best"
    return looks
