"""Saved predictions of several models, measured on the same images and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.cli.compare.labels import labels_of, require_different

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

    base, *others = each_of(paths, inputs)
    dataset = inputs.built_dataset(whole=False)
    choice = selected(dataset, metric, changes)
    # Intervals of the models' own numbers are not shown: those of their differences are made below.
    experiment = base.experiment(metrics=choice.specs, bootstrap={**how, "interval": "none"}, also=others)
    outcome = scored(experiment, dataset)
    scores = PairedScores(rows_of_plan(outcome.store, outcome.plan), how.get("interval", BootstrapSpec().interval))
    results = _with_interval(summarise_run(outcome.store, outcome.plan), scores.interval)
    metrics = _metrics(results, choice)
    wanted = Wanted([str(base.name)], metrics, results.dataset["classes"], permutations, worst, "predictions")
    output.show(results, contrasts(scores, wanted), (), wanted)


def each_of(paths: Sequence[str], inputs: Inputs) -> list[Inputs]:
    """Options of each prediction set.

    Raises:
        InputError: twice the same.
    """
    require_different(paths)
    labels = labels_of(paths, inputs.split or "")
    return [replace(inputs, predictions=path, name=name) for path, name in zip(paths, labels, strict=True)]


def _metrics(results: Results, choice: Choice) -> tuple[str, ...]:
    from boundary_bench.bench.analysis.numbers import Numbers

    numbers = Numbers(results)
    return numbers.choose_metrics([name for name in choice.shown if name in numbers.metrics] or choice.shown)


def _with_interval(results: Results, method: str) -> Results:
    drawn = {**results.provenance["bootstrap"], "interval": method}
    return replace(results, provenance={**results.provenance, "bootstrap": drawn})
