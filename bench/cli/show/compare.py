"""`bench compare`: which refiner is better, beyond doubt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from boundary_bench.bench.cli import options

if TYPE_CHECKING:
    from boundary_bench.bench.analysis.compared import Contrasts, Wanted
    from boundary_bench.bench.analysis.costs import Spent
    from boundary_bench.bench.results.table import Results


UNORDERED = (
    "the run is of an earlier version and does not say in which order the dataset has its images: they are taken by "
    "name, and where scores of detections tie, AP may differ in its last digits from that in the run's tables"
)


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
        Literal["logit", "normal", "percentile", "none"] | None,
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
    from boundary_bench.bench.analysis.compared import Wanted
    from boundary_bench.bench.analysis.contrasts import contrasts, named
    from boundary_bench.bench.analysis.costs import spent
    from boundary_bench.bench.analysis.numbers import Numbers
    from boundary_bench.bench.analysis.rows import rows_of_run
    from boundary_bench.bench.analysis.scores import PairedScores
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.results.store import Store
    from boundary_bench.bench.results.table import Results

    results = Results.load(run)
    rows = rows_of_run(Store.open(run), results.dataset)
    if not rows.in_dataset_order:
        note(UNORDERED)
    labels = named(rows, against or ["identity"])
    metrics = Numbers(results).choose_metrics(metric)
    wanted = Wanted(labels, metrics, results.dataset["classes"], permutations, worst)
    stored = results.provenance["bootstrap"]
    scores = PairedScores(rows, interval or stored["interval"])
    if scores.interval != stored["interval"]:
        results = _without_intervals_of_shares(results, scores.interval)
    costs = spent(rows, results.provenance.get("parameters", {}))
    _show(results, contrasts(scores, wanted), costs, wanted, format_, digits)


def _without_intervals_of_shares(results: Results, method: str) -> Results:
    """Results whose intervals are made by another method: the run's own, of shares of an oracle's gain, are not."""
    from dataclasses import replace
    from math import nan

    provenance = {**results.provenance, "bootstrap": {**results.provenance["bootstrap"], "interval": method}}
    numbers = results.numbers.assign(recovery_low=nan, recovery_high=nan)
    return replace(results, numbers=numbers, provenance=provenance)


def _show(
    results: Results, found: Contrasts, costs: Sequence[Spent], wanted: Wanted, format_: str | None, digits: int
) -> None:
    from boundary_bench.bench.cli.screen import show
    from boundary_bench.bench.report.contrasts import contrast_csv, contrast_json, contrast_report
    from boundary_bench.bench.report.formats import html_fragment, latex, markdown

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
