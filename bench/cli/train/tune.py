"""`bench tune`: fit a preset on a split that no result is reported on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.training.tuning.presets import TUNERS


@with_own_data
def command(
    refiner: Annotated[str, typer.Argument(metavar="REFINER", help=f"What to tune: {', '.join(TUNERS)}.")],
    predictions: options.Predictions,
    out: Annotated[Path, typer.Option("--out", help="The preset, a JSON file.")],
    dataset: options.DatasetName = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    truth: options.Truth = None,
    images: options.Images = None,
    task: options.TaskName = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    param: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="k=v", help="densecrf: a parameter that is not tuned; repeat for more."),
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(
            "--objective",
            help="densecrf: mIoU, boundary_f@1px, of binary masks IoU, mBA; or the mean of both. Default: mean.",
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option("--trials", min=0, help="densecrf: settings drawn beside the named presets. Default: 64."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of what is drawn: pixels, settings.")] = 0,
    every: options.Every = 1,
    first: options.First = None,
    workers: options.Workers = None,
    own: OwnData = NONE,
) -> None:
    """Fit a refiner's preset to saved predictions of a validation split; a test split is refused.

    prior_shift: class weights for the largest mIoU. densecrf: bandwidths, weights and iterations for the largest
    mean of mIoU and boundary F at 1 px, of binary masks of IoU and mBA, by a random search that gives up bad settings
    early.

    Example: bench tune densecrf --dataset camvid --root DIR --split val --predictions m/val --probabilities
    m/val_prob --out preset.json, then --param preset=preset.json (prior_shift: --param weights=preset.json)
    """
    from boundary_bench.bench.cli.inputs import Inputs, checked_plan, given, parameters
    from boundary_bench.bench.cli.progress import progress
    from boundary_bench.bench.training.tuning.presets import require_no_test_split, save, tuner_of

    if split is not None:
        require_no_test_split(split)
    if out.is_dir():
        raise InputError(Problem(f"--out {out}", "a folder", "a file"))
    chosen = given(objective=objective, trials=trials, workers=workers, param=parameters(param or []) or None)
    tuner = tuner_of(refiner, {"seed": seed, **chosen})
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, "fail", every, first,
        task=task, truth=truth, images=images, own=own,
    )  # fmt: skip
    if split is None:
        require_no_test_split(inputs.built_dataset(whole=False).split)
    planned = checked_plan(inputs, refiners=["identity"], images=tuner.images)
    with progress("tune") as step:
        preset = tuner.tune(planned, step)
    save(preset, out)
    print(f"{preset.summary}: {out}")
