"""`bench plot`: the figures of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from boundary_bench.bench.cli import options


def command(
    run: options.RunFolder,
    out: Annotated[Path, typer.Option("--out", help="Folder for the figures.")],
    methods: Annotated[
        list[str] | None, typer.Option("--methods", help="Refiner to show; repeat for more. Default: all.")
    ] = None,
    format_: Annotated[
        Literal["png", "svg"] | None, typer.Option("--format", help="png or svg. Default: both.")
    ] = None,
) -> None:
    """Draw errors by distance to the boundary, F against tolerance, gains with intervals, and bars of the classes."""
    from boundary_bench.bench.report.figures import IMAGES, draw_all
    from boundary_bench.bench.results.table import Results

    for path in draw_all(Results.load(run), out, kinds=(format_,) if format_ else IMAGES, methods=methods):
        print(path)
