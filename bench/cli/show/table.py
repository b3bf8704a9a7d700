"""`bench table`: the tables of a run."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from boundary_bench.bench.cli import options


def command(
    run: options.RunFolder,
    format_: Annotated[
        Literal["md", "tex", "csv", "html", "json"], typer.Option("--format", help="How to write them.")
    ] = "md",
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", help="Metric to show, such as mIoU, or by class IoU; repeat. Default: the main ones."),
    ] = None,
    digits: options.Digits = 1,
) -> None:
    """Print the tables of a run on stdout.

    md, tex and html are for people, in per cent and in the units of distances and counts; csv and json hold all
    numbers, fractions as such, in full precision.
    """
    from boundary_bench.bench.report.formats import render
    from boundary_bench.bench.results.table import Results

    print(render(Results.load(run), format_, metric, digits=digits), end="")
