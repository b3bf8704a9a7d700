"""`bench check`: look at every file without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.check_experiment import check_experiment
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem


@with_own_data
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
    image_folder: Annotated[
        Path | None, typer.Option("--image-folder", help="Folder of the images of your own data; they are checked too.")
    ] = None,
    own: OwnData = NONE,
) -> None:
    """Check all inputs of an experiment file, or of saved predictions, and say everything that is wrong with them."""
    if experiment is not None:
        from boundary_bench.bench.config.experiment import load_experiment

        check_experiment(load_experiment(experiment, overrides or ()), images=images)
        return
    if predictions is None:
        allowed = "an experiment file, or --predictions with --truth or --dataset"
        raise InputError(Problem("bench check", "too little to check", allowed))
    from boundary_bench.bench.cli.inputs import Inputs

    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing,
        task=task, annotations=annotations, truth=truth, images=image_folder, own=own,
    )  # fmt: skip
    check_experiment(inputs.experiment(), images=images or image_folder is not None)
