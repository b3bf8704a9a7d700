"""`bench compare`: which refiner is better, beyond doubt."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli import options


def command(
    run: options.RunFolder,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="LABEL", help="Refiner to subtract; repeat for more. Default: identity."),
    ] = None,
    metric: options.Metrics = None,
    digits: options.Digits = 2,
) -> None:
    """Show paired differences between the refiners of a run, with 95 % intervals.

    Both sides are measured on the same images and resampled together, which tells small differences from chance far
    better than two separate intervals do. Below, the classes that are better or worse beyond doubt.
    """
    from bench.cli.screen import show
    from bench.pairwise import rebased
    from bench.report.tables import differences
    from bench.results import Results
    from bench.store import Store

    results, store = Results.load(run), Store.open(run)
    for label in against or ["identity"]:
        show(differences(rebased(results, store, label), label, metric, digits=digits))
