"""Reports on the screen: tables that fit the terminal, Markdown where the output goes elsewhere."""

from __future__ import annotations

import sys

from boundary_bench.bench.report.formats import cell_text, markdown
from boundary_bench.bench.report.tables import Report, Table


def show(report: Report) -> None:
    """Print a report on stdout; on a terminal without the metrics' definitions, which fill a screen."""
    if not sys.stdout.isatty():
        print(markdown(report), end="")
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(f"\n{report.heading}", style="bold", markup=False)
    for table in report.tables:
        console.print(_rich_table(table))
    for note in report.notes:
        console.print(f"- {note}", style="dim", markup=False)


def _rich_table(table: Table) -> object:
    from rich.box import SIMPLE
    from rich.markup import escape
    from rich.table import Table as RichTable

    shown = RichTable(title=escape(table.caption), title_justify="left", title_style="", box=SIMPLE)
    for i, name in enumerate(table.header):
        shown.add_column(escape(name), justify="left" if i < table.labels else "right", overflow="fold")
    for row in table.rows:
        shown.add_row(*(escape(cell_text(cell)) for cell in row))
    return shown
