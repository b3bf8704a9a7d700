"""`bench compare`: which refiner is better, beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from bench.cli import options

if TYPE_CHECKING:
    from bench.costs import Spent
    from bench.pairwise import Contrasts, Wanted
    from bench.results import Results


def command(
    run: options.RunFolder,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="REFINER", help="What to subtract; repeat for more. Default: identity."),
    ] = None,
    metric: options.Metrics = None,
    format_: Annotated[
        Literal["md", "tex", "csv", "html", "json"] | None,
        typer.Option("--format", help="Write it on stdout in this form. Default: for the screen."),
    ] = None,
    digits: options.Digits = 2,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, help="Of each test. More find smaller p, and take longer.")
    ] = 1999,
    interval: Annotated[
        Literal["percentile", "normal"] | None,
        typer.Option("--interval", help="How intervals are made of the replicates. Default: as in the run."),
    ] = None,
    worst: Annotated[int, typer.Option("--worst", min=0, help="How many images to list that got worse.")] = 3,
) -> None:
    """Compare the refiners of a run with one or several of them, on the same images.

    For each metric: the difference with its 95 % interval, the p-value of a permutation test, corrected for all that
    is shown, and the images and classes that are better and worse. Below: the classes that are so beyond doubt, what
    the refiners cost, the images that got worse most. Both sides are measured on the same images, resampled and
    exchanged together, which tells small differences from chance far better than two separate intervals do.
    """
    from dataclasses import replace

    from bench.costs import spent
    from bench.pairwise import Wanted, contrasts
    from bench.report.numbers import Numbers
    from bench.results import Results
    from bench.store import Store
    from bench.stored import Stored

    results = Results.load(run)
    stored = Stored(Store.open(run), results.dataset)
    labels = stored.refiners(against or ["identity"])
    method = interval or stored.spec.interval
    metrics = Numbers(results).choose_metrics(metric)
    wanted = Wanted(labels, metrics, results.dataset["classes"], method, permutations, worst)
    bootstrap = {**results.provenance["bootstrap"], "interval": method}
    results = replace(results, provenance={**results.provenance, "bootstrap": bootstrap})
    costs = spent(stored, results.provenance.get("parameters", {}))
    _show(results, contrasts(stored, wanted), costs, wanted, format_, digits)


def _show(
    results: Results, found: Contrasts, costs: Sequence[Spent], wanted: Wanted, format_: str | None, digits: int
) -> None:
    from bench.cli.screen import show
    from bench.report.contrasts import contrast_csv, contrast_json, contrast_report
    from bench.report.formats import html_fragment, latex, markdown

    if format_ == "csv":
        print(contrast_csv(found), end="")
    elif format_ == "json":
        print(contrast_json(results, found, costs, wanted), end="")
    else:
        report = contrast_report(results, found, costs, wanted, digits=digits)
        if format_ is None:
            show(report)
        else:
            print({"md": markdown, "tex": latex, "html": html_fragment}[format_](report), end="")
