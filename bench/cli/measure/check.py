"""`bench check`: look at every file without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.config.experiment import Experiment
    from boundary_bench.bench.engine.plan import Plan


def command(
    experiment: Annotated[
        Path | None, typer.Argument(metavar="[EXPERIMENT.yaml]", help="An experiment; or give the options below.")
    ] = None,
    overrides: options.Overrides = None,
    dataset: Annotated[str | None, typer.Option("--dataset", help="Dataset, as for evaluate.")] = None,
    root: options.Root = None,
    split: Annotated[str | None, typer.Option("--split", help="Split of the dataset.")] = None,
    predictions: Annotated[str | None, typer.Option("--predictions", help="Folder, or a registered name.")] = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    missing: options.WhenMissing = "fail",
    annotations: options.Annotations = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    images: Annotated[bool, typer.Option("--images", help="Check the images too, which refiners need.")] = False,
) -> None:
    """Check all inputs of an experiment file, or of saved predictions, and say everything that is wrong with them."""
    if experiment is not None:
        from boundary_bench.bench.config.experiment import load_experiment

        check_experiment(load_experiment(experiment, overrides or ()), images=images)
        return
    if dataset is None or predictions is None:
        allowed = "an experiment file, or --dataset and --predictions"
        raise InputError(Problem("bench check", "too little to check", allowed))
    from boundary_bench.bench.cli.inputs import Inputs

    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing,
        task=task, annotations=annotations, truth=truth,
    )  # fmt: skip
    check_experiment(inputs.experiment(), images=images)


def check_experiment(experiment: Experiment, *, images: bool) -> Plan:
    """Check the inputs of an experiment, say on stdout that they are in order, and return its plan.

    Raises:
        InputError: everything that is wrong with them.
    """
    """Check the inputs of an experiment, say on stdout that they are in order, and return its plan.

    Raises:
        InputError: everything that is wrong with them.
    """
    from boundary_bench.bench.cli.progress import note, progress
    from boundary_bench.bench.engine.plan import plan
    from boundary_bench.bench.engine.runner import refiner_problems
    from boundary_bench.bench.plugins.validation import check_run
    from boundary_bench.bench.predictions.registered import verify

    planned = plan(experiment)
    images = images or any(not built.identity for built in planned.refiners.values())
    sets = list(planned.prediction_sets.values())
    with progress("check") as step:
        report = check_run(
            planned.dataset, sets, missing=experiment.missing, images=images, samples=planned.samples, progress=step
        )
    problems = report.problems
    for built in planned.refiners.values():
        problems += refiner_problems(planned, built, planned.samples)
    for spec in experiment.predictions:
        problems += verify(spec.registered) if spec.registered is not None else []
    for each in report.notes:
        note(each)
    for refused in planned.refused:
        note(f"{refused.predictions} x {refused.refiner} is not run: {refused.reason}")
    if problems:
        raise InputError(problems)
    print(f"in order: {len(planned.samples)} samples, {len(sets)} prediction sets, {len(planned.cells)} combinations")
    return planned
