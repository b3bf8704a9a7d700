"""`bench evaluate`: score saved predictions."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from boundary_bench.bench.cli import options, several
from boundary_bench.bench.cli.groups import with_group
from boundary_bench.bench.cli.measure.data_files import NO_FILES, DataFiles
from boundary_bench.bench.cli.measure.questions import NO_QUESTIONS, OPTIONS, Questions
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem


@with_group("files", DataFiles)
@with_group("asked", Questions)
@with_own_data
def command(
    predictions: options.Predictions,
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    images: options.Images = None,
    task: options.TaskName = None,
    name: options.Name = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    tolerance_px: Annotated[
        list[int] | None,
        typer.Option("--tolerance-px", min=0, help="Boundary F tolerance; repeat for more. Default: 1, 2, 3."),
    ] = None,
    band_ratio: Annotated[
        float | None, typer.Option("--band-ratio", help="Band of boundary IoU, as a ratio of the diagonal.")
    ] = None,
    dataset_param: Annotated[
        list[str] | None,
        typer.Option("--dataset-param", metavar="KEY=VALUE", help="Of the dataset, e.g. radius_px=2. Repeat for more."),
    ] = None,
    metric_param: Annotated[
        list[str] | None,
        typer.Option("--metric-param", metavar="KEY=VALUE", help="Of metrics, e.g. max_distance_ratio=0.02."),
    ] = None,
    resize: Annotated[
        bool, typer.Option("--resize", help="Resample edge maps of another size to that of the truth.")
    ] = False,
    missing: options.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
    executor: options.ExecutorName = None,
    json: options.Json = None,
    digits: options.Digits = 1,
    metric: Annotated[
        list[str] | None,
        typer.Option("--metric", metavar="NAME", help="Measure this alone: mean_iou, mIoU, ...; repeat for more."),
    ] = None,
    csv: Annotated[
        str | None,
        typer.Option("--csv", metavar="FILE|-", help="Write all numbers, by class too, as CSV; - for stdout."),
    ] = None,
    interval_unit: Annotated[
        Literal["image", "cluster"] | None,
        typer.Option("--interval-unit", help="What intervals resample. Default: clusters, where the dataset has any."),
    ] = None,
    no_intervals: Annotated[bool, typer.Option("--no-intervals", help="No intervals, which is faster.")] = False,
    categories: Annotated[
        list[str] | None,
        typer.Option(
            "--categories",
            metavar="NAME|ID ...",
            help="Score these alone, by name or id; subset: leave out what the truth does not list.",
        ),
    ] = None,
    per_class: Annotated[bool, typer.Option("--per-class", help="Print every class, also of more than 30.")] = False,
    asked: Questions = NO_QUESTIONS,
    files: DataFiles = NO_FILES,
    own: OwnData = NONE,
) -> None:
    """Score saved predictions, semantic, instance or panoptic, or edge maps, with 95 % intervals.

    Every file is checked before the first is scored. Nothing is left behind but the JSON and CSV files.

    Examples: bench evaluate --truth labels/ --predictions my_model/ --classes 23;
    bench evaluate --dataset camvid --root data/camvid --split test --predictions my_model/;
    bench evaluate --dataset coco --annotations instances_val2017.json --predictions coco_instances_results.json;
    bench evaluate --task edges --dataset cityscapes --root DIR --split val --predictions edges/
    """
    from boundary_bench.bench.cli.inputs import Inputs, given, parameters

    inputs = Inputs(
        dataset, split, root, predictions, name, format_, label_space, probabilities, missing, every, first, workers,
        task, annotations, truth, images, tuple(dataset_param or ()), resize, executor, own,
        several.split(categories) if categories else None,
    )  # fmt: skip
    changes = given(tolerances_px=tolerance_px, band_ratio=band_ratio) | asked.parameters()
    changes |= parameters(metric_param or (), "--metric-param")
    if json == csv == "-":
        raise InputError(Problem("--json, --csv", "'-' twice", "'-' for one of them: there is one stdout"))
    bootstrap = given(interval="none" if no_intervals else None, unit=interval_unit)
    files.require()
    results, failed = _score(inputs, changes, metric or (), bootstrap, files)
    _show(results, json, csv, digits, asked=bool(metric), per_class=per_class)
    if failed:
        raise typer.Exit(1)


def _metrics(dataset: Any, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """The dataset's usual metrics with the parameters that were given, each where a metric has it."""
    from boundary_bench.bench.cli.measure.metric_choice import accepted_changes
    from boundary_bench.bench.config.defaults import default_metrics
    from boundary_bench.bench.plugins import registry

    metrics = list[dict[str, Any]]()
    for spec in default_metrics(dataset, refined=False):
        own = accepted_changes(registry.find("metrics", spec.name), changes)
        metrics.append({"name": spec.name, **spec.parameters, **own})
    return metrics


def _require_used(changes: dict[str, Any], metrics: Sequence[Any], task: str) -> None:
    """Refuse a parameter that none of the metrics has."""
    from boundary_bench.bench.cli.measure.metric_choice import unused_changes

    if unused := unused_changes(changes, metrics):
        options_ = ", ".join(OPTIONS.get(key, f"--metric-param {key}") for key in unused)
        raise InputError(Problem(options_, "no metric that has it", f"options of the metrics of {task} truth"))


def _score(
    inputs: Any, changes: dict[str, Any], wanted: Sequence[str], bootstrap: dict[str, Any], files: DataFiles
) -> tuple[Any, int]:
    from boundary_bench.bench.analysis.numbers import Numbers
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.analysis.zero_scores import zero_notes
    from boundary_bench.bench.cli.failures import report_failures
    from boundary_bench.bench.cli.measure.metric_choice import choose
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.engine import runner
    from boundary_bench.bench.report.absent import absent_notes
    from boundary_bench.bench.report.evaluation import chosen

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        dataset = inputs.built_dataset(whole=False)
        choice = choose(dataset, _metrics(dataset, changes), wanted, changes)
        specs = files.with_metrics(choice.specs, changes, dataset)
        _require_used(changes, specs, dataset.task)
        experiment = inputs.experiment(metrics=specs, output=Path(folder), bootstrap=bootstrap)
        with progress("check") as checking, progress("evaluate") as step:
            outcome = runner.run(experiment, progress=step, checking=checking, command=sys.argv)
        for each in outcome.notes:
            note(each)
        results = summarise_run(outcome.store, files.shown(outcome.plan))
        files.write(outcome, results)
        for each in zero_notes(results, outcome.plan):
            note(each)
    report_failures(outcome.failures, resume=None)
    results = chosen(results, choice.shown) if choice.shown else results
    for each in absent_notes(Numbers(results)):
        note(each)
    return results, len(outcome.failures)


def _show(results: Any, json: str | None, csv: str | None, digits: int, *, asked: bool, per_class: bool) -> None:
    from boundary_bench.bench.analysis.summary import evaluation_json
    from boundary_bench.bench.io.json_file import dumps
    from boundary_bench.bench.report.evaluation import evaluation, evaluation_csv

    if json is not None:
        _write(json, dumps(evaluation_json(results, results.numbers["predictions"].iloc[0])))
    if csv is not None:
        _write(csv, evaluation_csv(results))
    if "-" in (json, csv):
        return
    from boundary_bench.bench.cli.screen import show

    show(evaluation(results, digits=digits, every_class_metric=asked, every_class=per_class))


def _write(target: str, text: str) -> None:
    from boundary_bench.refiners.files.atomic_write import replace_file

    if target == "-":
        print(text, end="")
    else:
        replace_file(target, text.encode())
