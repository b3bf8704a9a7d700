"""Writes reports down: Markdown, LaTeX, CSV, HTML and JSON. The same numbers give the same bytes."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from boundary_bench.bench.analysis.numbers import Numbers, class_counterpart
from boundary_bench.bench.analysis.units import UNDEFINED
from boundary_bench.bench.io.json_file import dumps
from boundary_bench.bench.report.notes import NO_INTERVAL
from boundary_bench.bench.report.tables import Mark, Report, Score, Table, TableCell, comparison

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

Format = Literal["md", "tex", "csv", "html", "json"]
FORMATS: tuple[Format, ...] = get_args(Format)


def render(results: Results, kind: Format, metrics: Sequence[str] | None = None, *, digits: int = 1) -> str:
    """The comparison of a run in one format, ending in a newline.

    CSV and JSON are long (one row a number), as stored and in full precision; undefined is empty or null. The others
    print per cent rounded to `digits`, distances and counts in their unit, and an en dash for what is undefined.

    Raises:
        InputError: a metric that the run did not measure.
    """
    if kind in ("csv", "json"):
        return {"csv": csv, "json": as_json}[kind](results, metrics)
    report = comparison(results, metrics, digits=digits)
    return {"md": markdown, "tex": latex, "html": html_fragment}[kind](report)


def markdown(report: Report) -> str:
    """Pipe tables, padded so that the source reads as well as the page."""
    parts = [f"## {report.heading}"]
    for table in report.tables:
        parts += [table.caption, _pipe_table(table)]
    parts.append("\n".join(f"- {note}" for note in (*report.notes, *report.definitions)))
    return "\n\n".join(parts) + "\n"


def latex(report: Report) -> str:
    """One `table*` for each table, with booktabs rules; notes as a paragraph below the last."""
    parts = ["% Needs \\usepackage{booktabs}."]
    parts += [_latex_table(table, report.heading) for table in report.tables]
    notes = _tex(" ".join((*report.notes, *report.definitions)))
    return "\n\n".join([*parts, rf"\noindent\footnotesize {notes}"]) + "\n"


def html_fragment(report: Report) -> str:
    """A section with captioned tables whose header cells name their scope."""
    lines = ["<section>", f"<h2>{html.escape(report.heading)}</h2>"]
    for table in report.tables:
        lines += _html_table(table)
    notes = (f"<li>{html.escape(note)}</li>" for note in (*report.notes, *report.definitions))
    lines += ["<ul>", *notes, "</ul>"]
    return "\n".join([*lines, "</section>"]) + "\n"


def csv(results: Results, metrics: Sequence[str] | None = None) -> str:
    """The long table: numbers as stored, in full precision, empty where undefined."""
    frame = results.numbers
    if metrics:
        frame = frame[frame["metric"].isin(_wanted(results, metrics))]
    return str(frame.to_csv(index=False, lineterminator="\n"))


def as_json(results: Results, metrics: Sequence[str] | None = None) -> str:
    """Dataset, definitions and the rows of the long table; null where undefined."""
    names = _wanted(results, metrics)
    rows = [row for row in results.numbers.to_dict("records") if row["metric"] in names]
    document = {
        "schema": 1,
        "dataset": {key: value for key, value in results.dataset.items() if key != "sample_ids"},
        "definitions": {key: card for key, card in results.definitions.items() if key in names},
        "rows": rows,
    }
    return dumps(document)


def cell_text(cell: TableCell) -> str:
    """A cell as plain text: `58.2 [56.9, 59.6]`, `+0.31 [+0.12, +0.50]`, or an en dash."""
    if isinstance(cell, Mark):
        return f"{cell.text} †"
    if isinstance(cell, str):
        return cell
    value, brackets = score_parts(cell)
    return f"{value} {brackets}".rstrip()


def score_parts(cell: Score) -> tuple[str, str]:
    """The number of a cell as text, and its interval in brackets: `NO_INTERVAL` where there is none though one was
    asked for, else "" where there is none."""
    interval = cell.interval
    value = _number(interval.value, cell)
    if math.isnan(interval.value) or math.isnan(interval.low) or math.isnan(interval.high):
        return value, NO_INTERVAL if interval.without else ""
    return value, f"[{_number(interval.low, cell)}, {_number(interval.high, cell)}]"


def _number(value: float, cell: Score) -> str:
    return cell.unit.text(value, cell.digits, signed=cell.signed)


def _pipe_table(table: Table) -> str:
    rows = [[text.replace("|", "\\|") for text in row] for row in _texts(table)]
    widths = [max(3, *(len(row[i]) for row in rows)) for i in range(len(table.header))]
    align: list[Callable[[str, int], str]] = [
        str.ljust if i < table.labels else str.rjust for i in range(len(table.header))
    ]
    lines = ["| " + " | ".join(a(t, w) for a, t, w in zip(align, row, widths, strict=True)) + " |" for row in rows]
    rule = ["-" * (width + 2) if i < table.labels else "-" * (width + 1) + ":" for i, width in enumerate(widths)]
    return "\n".join([lines[0], "|" + "|".join(rule) + "|", *lines[1:]])


def _texts(table: Table) -> list[list[str]]:
    return [list(table.header), *([cell_text(cell) for cell in row] for row in table.rows)]


def _latex_table(table: Table, heading: str) -> str:
    columns = "l" * table.labels + "r" * (len(table.header) - table.labels)
    body = [" & ".join(_tex_cell(cell) for cell in row) + r" \\" for row in table.rows]
    return "\n".join(
        [
            r"\begin{table*}",
            r"\centering",
            rf"\caption{{{_tex(heading)}. {_tex(table.caption)}}}",
            rf"\label{{tab:{''.join(c if c.isalnum() else '-' for c in table.name)}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            " & ".join(_tex(name) for name in table.header) + r" \\",
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table*}",
        ]
    )


def _tex_cell(cell: TableCell) -> str:
    if isinstance(cell, Score):
        value, brackets = (_tex_number(part) for part in score_parts(cell))
        return f"{value} {{\\scriptsize {brackets}}}" if brackets else value
    return _tex(cell_text(cell))


def _tex_number(text: str) -> str:
    return text.replace("-", "$-$").replace(UNDEFINED, "--")


TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#",
    "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "†": r"$^\dagger$", "–": "--",
    "∞": r"$\infty$", "|": r"\textbar{}", "[": "{[}", "<": r"$<$", ">": r"$>$", "γ": r"$\gamma$",
    "×": r"$\times$", "≤": r"$\leq$", "≥": r"$\geq$",
}  # fmt: skip


def _tex(text: str) -> str:
    return "".join(TEX.get(character, character) for character in text)


def _html_table(table: Table) -> list[str]:
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in table.header)
    lines = [
        "<table>",
        f"<caption>{html.escape(table.caption)}</caption>",
        f"<thead><tr>{head}</tr></thead>",
        "<tbody>",
    ]
    for row in table.rows:
        names = "".join(f'<th scope="row">{html.escape(cell_text(cell))}</th>' for cell in row[: table.labels])
        values = "".join(f"<td>{html.escape(cell_text(cell))}</td>" for cell in row[table.labels :])
        lines.append(f"<tr>{names}{values}</tr>")
    return [*lines, "</tbody>", "</table>"]


def _wanted(results: Results, metrics: Sequence[str] | None) -> set[str]:
    """Metrics of the long forms: those asked for with their values per class, else all."""
    if not metrics:
        return set(results.numbers["metric"])
    chosen = Numbers(results).choose_metrics(metrics, by_class=True)
    return {*chosen, *map(class_counterpart, chosen)}
