"""`bench leaderboard`: many runs and datasets in one table."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from boundary_bench.bench.cli import options


def command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders that `bench run` wrote.")],
    metric: options.Metrics = None,
    format_: Annotated[
        Literal["md", "tex", "csv", "html", "json"] | None,
        typer.Option("--format", help="Write it on stdout in this form. Default: for the screen."),
    ] = None,
    digits: options.Digits = 2,
) -> None:
    """Put the gains of many runs side by side, with intervals, and rank the refiners.

    A column is a prediction set of a dataset; runs that refined the same files share it. Only numbers that mean the
    same are compared: where runs define a metric in different ways, they are refused with what differs.
    """
    from boundary_bench.bench.analysis.leaderboard import leaderboard
    from boundary_bench.bench.cli.screen import show
    from boundary_bench.bench.report.formats import html_fragment, latex, markdown
    from boundary_bench.bench.report.leaderboard import leaderboard_csv, leaderboard_json, leaderboard_report
    from boundary_bench.bench.results.table import Results

    loaded = {str(run): Results.load(run) for run in runs}
    boards = leaderboard(loaded, metric)
    report = leaderboard_report(boards, loaded, digits=digits)
    if format_ is None:
        show(report)
    elif format_ in ("csv", "json"):
        print({"csv": leaderboard_csv, "json": leaderboard_json}[format_](boards), end="")
    else:
        print({"md": markdown, "tex": latex, "html": html_fragment}[format_](report), end="")
