"""Saved predictions of several models, measured on the same images and compared."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.cli.compare.output import Output
    from boundary_bench.bench.cli.inputs import Inputs
    from boundary_bench.bench.cli.metric_choice import Choice
    from boundary_bench.bench.results.table import Results


def compare_models(
    paths: Sequence[str],
    inputs: Inputs,
    metric: Sequence[str],
    changes: dict[str, Any],
    how: dict[str, Any],
    output: Output,
    permutations: int,
    worst: int,
) -> None:
    """Measure prediction sets and print how the others differ from the first.

    Args:
        paths: files, folders or registered names.
        inputs: of the first, but for its path and name.
        metric: names of metrics or of their values.
        changes: parameters of metrics.
        how: interval and unit of the bootstrap, where given.
        output, permutations, worst: of the comparison.

    Raises:
        InputError: what is wrong with the files, or twice the same.
    """
    from boundary_bench.bench.analysis.compared import Wanted
    from boundary_bench.bench.analysis.contrasts import contrasts
    from boundary_bench.bench.analysis.rows import rows_of_plan
    from boundary_bench.bench.analysis.scores import PairedScores
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.cli.metric_choice import selected
    from boundary_bench.bench.cli.scoring import scored
    from boundary_bench.bench.config.experiment import BootstrapSpec

    _require_different(paths)
    labels = labels_of(paths, inputs.split or "")
    base, *others = (replace(inputs, predictions=path, name=name) for path, name in zip(paths, labels, strict=True))
    dataset = inputs.built_dataset(whole=False)
    choice = selected(dataset, metric, changes)
    # Intervals of the models' own numbers are not shown: those of their differences are made below.
    experiment = base.experiment(metrics=choice.specs, bootstrap={**how, "interval": "none"}, also=others)
    with scored(experiment) as outcome:
        scores = PairedScores(rows_of_plan(outcome.store, outcome.plan), how.get("interval", BootstrapSpec().interval))
        results = _with_interval(summarise_run(outcome.store, outcome.plan), scores.interval)
    metrics = _metrics(results, choice)
    wanted = Wanted(labels[:1], metrics, results.dataset["classes"], permutations, worst, "predictions")
    output.show(results, contrasts(scores, wanted), (), wanted)


def labels_of(paths: Sequence[str], split: str) -> list[str]:
    """Names of prediction sets: of their files or folders, with as much of what they lie in as tells them apart."""
    from boundary_bench.bench.formats.file_index import folder_name

    names = [folder_name(path, split) for path in paths]
    if len(set(names)) == len(names):
        return names
    parts = [(*Path(path).resolve().parent.parts, name) for path, name in zip(paths, names, strict=True)]
    while len({each[-1] for each in parts}) == 1 and min(map(len, parts)) > 1:
        parts = [each[:-1] for each in parts]
    length = next((n for n in range(1, max(map(len, parts)) + 1) if len({p[-n:] for p in parts}) == len(parts)), 0)
    return ["/".join(each[-length:]) for each in parts]


def _require_different(paths: Sequence[str]) -> None:
    for one, other in combinations(paths, 2):
        if one == other or (os.path.exists(one) and os.path.exists(other) and os.path.samefile(one, other)):
            raise InputError(Problem("what to compare", f"{other} twice", "files or folders that differ"))


def _metrics(results: Results, choice: Choice) -> tuple[str, ...]:
    from boundary_bench.bench.analysis.numbers import Numbers

    numbers = Numbers(results)
    return numbers.choose_metrics([name for name in choice.shown if name in numbers.metrics] or choice.shown)


def _with_interval(results: Results, method: str) -> Results:
    drawn = {**results.provenance["bootstrap"], "interval": method}
    return replace(results, provenance={**results.provenance, "bootstrap": drawn})
