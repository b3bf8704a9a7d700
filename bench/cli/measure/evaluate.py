"""`bench evaluate`: score saved predictions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from boundary_bench.bench.cli import options, several
from boundary_bench.bench.cli.groups import with_group
from boundary_bench.bench.cli.measure.data_files import NO_FILES, DataFiles
from boundary_bench.bench.cli.measure.edge_form import AS_SAVED, EdgeForm
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.cli.questions import NO_QUESTIONS, Questions
from boundary_bench.bench.errors import InputError, Problem


@with_group("files", DataFiles)
@with_group("edges", EdgeForm)
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
    tolerance_px: options.TolerancesPx = None,
    band_ratio: options.BandRatio = None,
    dataset_param: options.DatasetParams = None,
    metric_param: options.MetricParams = None,
    resize: options.Resize = False,
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
    interval_unit: options.IntervalUnit = None,
    no_intervals: Annotated[bool, typer.Option("--no-intervals", help="No intervals, which is faster.")] = False,
    categories: options.Categories = None,
    per_class: Annotated[bool, typer.Option("--per-class", help="Print every class, also of more than 30.")] = False,
    asked: Questions = NO_QUESTIONS,
    files: DataFiles = NO_FILES,
    edges: EdgeForm = AS_SAVED,
    own: OwnData = NONE,
) -> None:
    """Score saved predictions, semantic, instance or panoptic, masks, or edge maps, with 95 % intervals.

    Every file is checked before the first is scored. Nothing is left behind but the JSON and CSV files.

    Examples: bench evaluate --truth labels/ --predictions my_model/ --classes 23;
    bench evaluate --dataset camvid --root data/camvid --split test --predictions my_model/;
    bench evaluate --dataset coco --annotations instances_val2017.json --predictions coco_instances_results.json;
    bench evaluate --task edges --dataset cityscapes --root DIR --split val --predictions edges/;
    bench evaluate --task edges --truth true_edges/ --predictions maps/ --nms
    """
    from boundary_bench.bench.cli.inputs import Inputs, given, parameters

    inputs = Inputs(
        dataset, split, root, predictions, name, format_, label_space, probabilities, missing, every, first, workers,
        task, annotations, truth, images, tuple(dataset_param or ()), resize, executor, own,
        several.split(categories) if categories else None, edges.parameters(),
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


def _score(
    inputs: Any, changes: dict[str, Any], wanted: Sequence[str], bootstrap: dict[str, Any], files: DataFiles
) -> tuple[Any, int]:
    from boundary_bench.bench.analysis.numbers import Numbers
    from boundary_bench.bench.analysis.summary import summarise_run
    from boundary_bench.bench.analysis.swapped_masks import swapped_notes
    from boundary_bench.bench.analysis.zero_scores import zero_notes
    from boundary_bench.bench.cli.metric_choice import choose, require_used, usual_metrics
    from boundary_bench.bench.cli.progress import note
    from boundary_bench.bench.cli.scoring import scored
    from boundary_bench.bench.report.absent import absent_notes
    from boundary_bench.bench.report.evaluation import chosen

    dataset = inputs.built_dataset(whole=False)
    choice = choose(dataset, usual_metrics(dataset, changes), wanted, changes)
    specs = files.with_metrics(choice.specs, changes, dataset)
    require_used(changes, specs, dataset.task)
    outcome = scored(inputs.experiment(metrics=specs, bootstrap=bootstrap), dataset)
    results = summarise_run(outcome.store, files.shown(outcome.plan))
    files.write(outcome, results)
    for each in zero_notes(results, outcome.plan) + swapped_notes(outcome.plan):
        note(each)
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
