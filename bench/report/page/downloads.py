"""Downloads of the page: files embedded in its links, which need neither network nor script."""

from __future__ import annotations

import base64
import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from boundary_bench.bench.report.formats import cell_text, latex
from boundary_bench.bench.report.tables import Report, Score, Table, TableCell

TYPES = {"LaTeX": ("tex", "application/x-tex"), "CSV": ("csv", "text/csv"), "BibTeX": ("bib", "application/x-bibtex")}


@dataclass(frozen=True, slots=True)
class Download:
    """A link with a file in it."""

    form: str
    file: str
    href: str


def download(form: str, name: str, text: str) -> Download:
    """A file as a link.

    Args:
        form: LaTeX, CSV or BibTeX.
        name: of the file, without its suffix; what file systems may refuse is replaced.
        text: what the file holds.
    """
    suffix, mime = TYPES[form]
    encoded = base64.b64encode(text.encode()).decode()
    return Download(form, f"{file_name(name)}.{suffix}", f"data:{mime};charset=utf-8;base64,{encoded}")


def table_downloads(table: Table, report: Report, bibtex: str) -> tuple[Download, ...]:
    """One table as LaTeX with the notes of its report, as CSV, and the papers behind it."""
    alone = latex(replace(report, tables=(table,)))
    return (
        download("LaTeX", table.name, alone),
        download("CSV", table.name, table_csv(table)),
        download("BibTeX", "references", bibtex),
    )


def table_csv(table: Table) -> str:
    """A table with numbers as stored, empty where undefined, and the ends of intervals in columns."""
    with_ends = [_has_ends([row[i] for row in table.rows]) for i in range(len(table.header))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_flat([name, f"{name} low", f"{name} high"][: 3 if e else 1] for name, e in _zip(table, with_ends)))
    for row in table.rows:
        writer.writerow(_flat(_values(cell)[: 3 if e else 1] for cell, e in zip(row, with_ends, strict=True)))
    return out.getvalue()


def file_name(name: str) -> str:
    """A name that every file system takes."""
    return re.sub(r"[^A-Za-z0-9@.]+", "-", name).strip("-.") or "table"


def _zip(table: Table, with_ends: Sequence[bool]) -> list[tuple[str, bool]]:
    return list(zip(table.header, with_ends, strict=True))


def _has_ends(cells: Sequence[TableCell]) -> bool:
    return any(isinstance(cell, Score) and not math.isnan(cell.interval.low) for cell in cells)


def _values(cell: TableCell) -> list[str]:
    if isinstance(cell, Score):
        parts = (cell.interval.value, cell.interval.low, cell.interval.high)
        return ["" if math.isnan(value) else repr(float(value)) for value in parts]
    return [cell_text(cell), "", ""]


def _flat(groups: object) -> list[str]:
    return [item for group in groups for item in group]  # type: ignore[attr-defined]
