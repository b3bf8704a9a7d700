"""`bench tune`: fit a preset on a split that no result is reported on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bench.cli import options
from bench.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.cli.progress import Step
    from bench.plan import Plan


def command(
    _refiner: Annotated[Literal["prior_shift"], typer.Argument(metavar="prior_shift", help="What to tune.")],
    dataset: options.DatasetName,
    split: options.Split,
    predictions: options.Predictions,
    out: Annotated[Path, typer.Option("--out", help="The preset, a JSON file.")],
    root: options.Root = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    probabilities: options.ProbabilityFolder = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Of the choice of pixels.")] = 0,
    every: options.Every = 1,
    first: options.First = None,
) -> None:
    """Fit the class weights of prior_shift, so that mIoU on a validation split is largest.

    Example: bench tune prior_shift --dataset camvid --root DIR --split val --predictions m/val --probabilities
    m/val_prob --out preset.json, then --param weights=preset.json
    """
    from bench.cli.inputs import Inputs, checked_plan

    if "test" in split.lower():
        raise InputError(Problem("--split", repr(split), "a split that no result is reported on", "tune on val"))
    inputs = Inputs(dataset, split, root, predictions, None, format_, label_space, probabilities, "fail", every, first)
    planned = checked_plan(inputs, refiners=["identity"], images=False)
    preset = tuned(planned, seed)
    save_preset(preset, planned, out)
    before, after = 100 * preset.mean_iou_before, 100 * preset.mean_iou_after
    print(f"mIoU on {preset.pixels} pixels of {preset.images} images: {before:.2f} -> {after:.2f} %: {out}")


def tuned(planned: Plan, seed: int = 0) -> Any:
    """The preset fitted to the only prediction set of a plan.

    Raises:
        InputError: predictions without probabilities.
    """
    from bench.cli.progress import progress
    from refiners.prior_tuning import tune

    predictions = next(iter(planned.prediction_sets.values()))
    if not predictions.has_probabilities:
        hint = "give --probabilities DIR, or --format probabilities"
        raise InputError(Problem(predictions.name, "labels only", "predictions with class probabilities", hint))
    with progress("tune") as step:
        return tune(_pairs(planned, step), len(planned.dataset.classes), seed=seed)


def save_preset(preset: Any, planned: Plan, out: Path) -> None:
    """Write a preset with what it was fitted on."""
    from bench.atomic import replace_file
    from bench.report.formats import dumps

    predictions = next(iter(planned.prediction_sets.values()))
    fitted_on = {"dataset": planned.dataset.name, "split": planned.dataset.split, "predictions": predictions.name}
    replace_file(out, dumps({**preset.as_json(), "fitted_on": fitted_on}).encode())


def _pairs(planned: Plan, step: Step) -> Iterator[tuple[Any, Any]]:
    predictions = next(iter(planned.prediction_sets.values()))
    for done, sample in enumerate(planned.samples, start=1):
        yield predictions.load(sample).probabilities, planned.dataset.truth(sample).labels
        step(done, len(planned.samples))
