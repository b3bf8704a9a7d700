"""`bench merge`: run folders of one study as one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders that `bench run` wrote.")],
    out: Annotated[Path, typer.Option("--out", help="A new folder for the run that has all of them.")],
) -> None:
    """Bring the measurements of several runs of one study together, made on other machines or at other times.

    Runs may have different samples, prediction sets and refiners, and may overlap. Different measurements of the
    same thing are refused, each by its name.

    Example: bench merge laptop/out cluster/out --out whole; bench run study.yaml --output whole --resume
    """
    from boundary_bench.bench.errors import InputError, Problem
    from boundary_bench.bench.results.merge import merge

    if len(runs) < 2:
        raise InputError(Problem("bench merge", f"{len(runs)} run", "two or more"))
    count = merge(runs, out)
    print(f"{count} measurements: {out}")
    print(f"tables, and what is missing yet: bench run EXPERIMENT.yaml --output {out} --resume")
