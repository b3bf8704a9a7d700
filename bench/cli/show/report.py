"""`bench report`: a run as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.cli import options

FILE = "report.html"


def command(
    run: options.RunFolder,
    out: Annotated[Path | None, typer.Option("--out", help=f"The page. Default: {FILE} in the run's folder.")] = None,
    images: Annotated[int, typer.Option("--images", min=0, help="Of the gallery, at most.")] = 60,
    against: Annotated[
        str | None, typer.Option("--against", metavar="REFINER", help="Refiner to compare with. Default: identity.")
    ] = None,
    experiment: Annotated[
        Path | None,
        typer.Option("--experiment", help="File that the run was made of. Default: found from the run's folder."),
    ] = None,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, help="Of each test. More find smaller p, and take longer.")
    ] = 1999,
    digits: options.Digits = 1,
) -> None:
    """Write a run as one HTML page that needs nothing else: no network, no other file.

    Tables that can be sorted and saved, plots, a map of gains by class, and a gallery of the images that the refiners
    improved and harmed most, before and after. For the gallery the dataset and the predictions are opened once more
    and the chosen images refined again; where they are no longer there the page says so and does without.
    """
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.report.page.build import Run, page
    from boundary_bench.refiners.files.atomic_write import replace_file

    opened = Run.open(run, against, permutations)
    with progress("gallery") as step:
        text = page(opened, images=images, experiment=experiment, digits=digits, progress=step).encode()
    target = out or run / FILE
    replace_file(target, text)
    print(f"{target} ({len(text) / 1e6:.1f} MB)")
