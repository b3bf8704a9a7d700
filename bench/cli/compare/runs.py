"""The refiners, or the models, of a stored run against each other."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.analysis.bootstrap import Method
    from boundary_bench.bench.analysis.compared import Side
    from boundary_bench.bench.analysis.rows import RunRows
    from boundary_bench.bench.cli.compare.output import Output
    from boundary_bench.bench.results.table import Results

UNORDERED = (
    "the run is of an earlier version and does not say in which order the dataset has its images: they are taken by "
    "name, and where scores of detections tie, AP may differ in its last digits from that in the run's tables"
)


def compare_run(
    run: Path,
    against: Sequence[str] | None,
    metric: Sequence[str] | None,
    output: Output,
    permutations: int,
    interval: Method | None,
    worst: int,
    *,
    models: bool,
) -> None:
    """Read a run and print the comparison of its cells; with `models`, of its prediction sets.

    Raises:
        InputError: no run, or one without what was named.
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
    between: Side = "predictions" if models else "refiner"
    labels = named(rows, against or [_first_model(rows) if models else "identity"], between)
    metrics = Numbers(results).choose_metrics(metric)
    wanted = Wanted(labels, metrics, results.dataset["classes"], permutations, worst, between)
    stored = results.provenance["bootstrap"]
    scores = PairedScores(rows, interval or stored["interval"])
    if scores.interval != stored["interval"]:
        results = _without_intervals_of_shares(results, scores.interval)
    costs = () if models else spent(rows, results.provenance.get("parameters", {}))
    output.show(results, contrasts(scores, wanted), costs, wanted)


def _first_model(rows: RunRows) -> str:
    names = list(dict.fromkeys(cell.predictions for cell in rows.cells))
    if len(names) < 2:
        raise InputError(Problem("--models", f"one prediction set, {', '.join(names)}", "a run of two or more"))
    return names[0]


def _without_intervals_of_shares(results: Results, method: str) -> Results:
    """Results whose intervals are made by another method: the run's own, of shares of an oracle's gain, are not."""
    from dataclasses import replace
    from math import nan

    provenance = {**results.provenance, "bootstrap": {**results.provenance["bootstrap"], "interval": method}}
    numbers = results.numbers.assign(recovery_low=nan, recovery_high=nan)
    return replace(results, numbers=numbers, provenance=provenance)
