"""`bench evaluate`: score saved predictions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.cli import options
from bench.errors import InputError, Problem


def command(
    dataset: options.DatasetName,
    split: options.Split,
    predictions: options.Predictions,
    root: options.Root = None,
    task: Annotated[str, typer.Option("--task", help="Kind of segmentation.")] = "semantic",
    name: options.Name = None,
    format_: options.FormatName = "label_png",
    label_space: options.Ids = "train_ids",
    probabilities: options.ProbabilityFolder = None,
    tolerance_px: Annotated[
        list[int] | None,
        typer.Option("--tolerance-px", min=0, help="Boundary F tolerance; repeat for more. Default: 1, 2, 3."),
    ] = None,
    missing: options.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
    json: Annotated[
        str | None, typer.Option("--json", metavar="FILE|-", help="Write JSON to a file; - for stdout, and no table.")
    ] = None,
    digits: options.Digits = 1,
) -> None:
    """Score saved predictions: region and boundary metrics with 95 % intervals, all classes, errors by distance.

    Every file is checked before the first is scored. Nothing is left behind but the JSON file.

    Example: bench evaluate --dataset camvid --root data/camvid --split test --predictions my_model/
    """
    if task != "semantic":
        raise InputError(Problem("--task", repr(task), "semantic"))
    from bench.cli.inputs import Inputs

    inputs = Inputs(
        dataset, split, root, predictions, name, format_, label_space, probabilities, missing, every, first, workers
    )
    results, failed = _score(inputs, _metrics(tolerance_px or [1, 2, 3]))
    _show(results, json, digits)
    if failed:
        raise typer.Exit(1)


def _metrics(tolerances_px: list[int]) -> list[Any]:
    boundary_f = {"name": "boundary_f", "tolerances_px": sorted(set(tolerances_px))}
    return ["region", boundary_f, "boundary_iou", "error_distance"]


def _score(inputs: Any, metrics: list[Any]) -> tuple[Any, int]:
    from bench import engine
    from bench.cli.progress import note, progress
    from bench.cli.run import report_failures
    from bench.summary import summarise_run

    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        experiment = inputs.experiment(metrics=metrics, output=Path(folder))
        with progress("check") as checking, progress("evaluate") as step:
            outcome = engine.run(experiment, progress=step, checking=checking)
        for each in outcome.notes:
            note(each)
        results = summarise_run(outcome.store, outcome.plan)
    report_failures(outcome.failures, resume=None)
    return results, len(outcome.failures)


def _show(results: Any, json: str | None, digits: int) -> None:
    from bench.report.formats import dumps
    from bench.summary import evaluation_json

    if json is not None:
        text = dumps(evaluation_json(results, results.numbers["predictions"].iloc[0]))
        if json == "-":
            print(text, end="")
            return
        from bench.atomic import replace_file

        replace_file(json, text.encode())
    from bench.cli.screen import show
    from bench.report.tables import evaluation

    show(evaluation(results, digits=digits))
