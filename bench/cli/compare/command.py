"""`bench compare`: which refiner, which model is better, beyond doubt."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from boundary_bench.bench.cli import options, several
from boundary_bench.bench.cli.compare.output import Form, Output
from boundary_bench.bench.cli.groups import with_group
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.cli.questions import NO_QUESTIONS, Questions
from boundary_bench.bench.errors import InputError, Problem

SHOWN = ("metric", "format_", "digits", "permutations", "interval", "worst")
"""Parameters of every comparison."""
OF_RUN = ("against", "models")
OF_SLICE = ("where", "objects")
ALLOWED = "the folder of a run, or two or more of saved predictions, tables of objects"


@with_group("asked", Questions)
@with_own_data
def command(
    context: typer.Context,
    compared: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN | FIRST SECOND ...",
            help="Folder that `bench run` wrote; or files or folders of predictions, the first of which is subtracted.",
        ),
    ],
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="REFINER", help="In a run: what to subtract; repeat. Default: identity."),
    ] = None,
    models: Annotated[
        bool, typer.Option("--models", help="In a run: each refiner's prediction sets against each other.")
    ] = False,
    metric: options.Metrics = None,
    format_: Annotated[
        Form | None, typer.Option("--format", help="Write it on stdout in this form. Default: for the screen.")
    ] = None,
    digits: options.Digits = 2,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, help="Of each test, at most. More find smaller p, and take longer.")
    ] = 1999,
    interval: Annotated[
        Literal["logit", "normal", "percentile", "none"] | None,
        typer.Option("--interval", help="How intervals are made of the replicates. Default: as in the run, or logit."),
    ] = None,
    worst: Annotated[int, typer.Option("--worst", min=0, help="How many images to list that got worse.")] = 3,
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help='Means over these true objects alone: "area_px < 1024".'),
    ] = None,
    objects: Annotated[
        Path | None,
        typer.Option(
            "--objects", help="Table with more columns for --where, joined by annotation_id (.csv, .parquet)."
        ),
    ] = None,
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    prediction_format: Annotated[
        str | None,
        typer.Option("--prediction-format", help="How predictions are saved: --format of `bench evaluate`."),
    ] = None,
    label_space: options.Ids = None,
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
    interval_unit: options.IntervalUnit = None,
    categories: options.Categories = None,
    asked: Questions = NO_QUESTIONS,
    own: OwnData = NONE,
) -> None:
    """Compare two models, the refiners of a run, or two tables of objects, on the same images.

    For each metric: the difference with its 95 % interval, the p-value of a permutation test, corrected for all that
    is shown, and the images and classes that are better and worse. Below: the classes that are so beyond doubt, what
    refiners cost, the images that got worse most. Both sides are measured on the same images, resampled and exchanged
    together, which tells small differences from chance far better than two separate intervals do.

    Examples: bench compare old.json new.json --annotations instances_val2017.json;
    bench compare old_model/ new_model/ --truth labels/ --classes 23;
    bench compare RUN --against segfix;
    bench compare RUN --models;
    bench compare old.parquet new.parquet --where "area_px < 1024 and category == 'person'"
    """
    from boundary_bench.bench.cli.compare.given import refuse_others
    from boundary_bench.bench.results.store import Store

    output = Output(format_, digits)
    runs = [each for each in compared if Store.is_run(Path(each))]
    if len(compared) == 1 and (runs or not Path(compared[0]).exists()):
        from boundary_bench.bench.cli.compare.runs import compare_run

        refuse_others(context, (*SHOWN, *OF_RUN), "the comparison of a run, whose numbers have been measured")
        compare_run(Path(compared[0]), against, metric, output, permutations, interval, worst, models=models)
        return
    if len(compared) == 1 or runs:
        hint = "merge runs of one study with `bench merge`, or compare many with `bench leaderboard`" if runs else ""
        found = f"{len(runs)} runs among {len(compared)}" if runs else f"{compared[0]} alone, which is no run"
        raise InputError(Problem("what to compare", found, ALLOWED, hint))
    from boundary_bench.bench.cli.compare.slices import are_tables, compare_predictions, compare_tables
    from boundary_bench.bench.cli.inputs import Inputs, given, parameters

    how = given(interval=interval, unit=interval_unit)
    objects_of: dict[str, Any] = {
        "where": where, "objects": objects, "metric": metric, "permutations": permutations, "worst": worst,
    }  # fmt: skip
    if are_tables(compared):
        refuse_others(context, (*SHOWN, *OF_SLICE), "a comparison of tables of objects, which have been scored")
        compare_tables(compared, how, output, **objects_of)
        return
    suitable = {*context.params} - {*OF_RUN}
    refuse_others(context, suitable, "a comparison of predictions", "the first of them is what is subtracted")
    inputs = Inputs(
        dataset, split, root, None, None, prediction_format, label_space, None, missing, every, first, workers, task,
        annotations, truth, None, tuple(dataset_param or ()), resize, executor, own,
        several.split(categories) if categories else None,
    )  # fmt: skip
    changes = given(tolerances_px=tolerance_px, band_ratio=band_ratio) | asked.parameters()
    changes |= parameters(metric_param or (), "--metric-param")
    if where is not None or objects is not None:
        compare_predictions(compared, inputs, changes, how, output, **objects_of)
        return
    from boundary_bench.bench.cli.compare.models import compare_models

    compare_models(compared, inputs, metric or (), changes, how, output, permutations, worst)
