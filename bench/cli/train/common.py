"""Options of the train command that all refiners share, and how a training is run from them."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import typer

from boundary_bench.bench.cli.inputs import Inputs, require_in_order
from boundary_bench.bench.cli.progress import note, progress
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.training.recipes.named import Refiner, recipe_keys, recipe_names

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Sample
    from boundary_bench.bench.training.base import Training
    from boundary_bench.bench.training.recipes.models import TrainingRecipe
    from boundary_bench.refiners.networks.training import TrainingProgress

Model = TypeVar("Model", bound="TrainingRecipe")

OWN_OPTIONS = ("backbone", "network", "steps", "seed", "start")
"""Keys of recipes that are options, too."""
RECIPES = "the recipe's"
"""Value of such an option that is not given."""

Out = Annotated[Path, typer.Option("--out", help="The checkpoint, .safetensors; logs go to a folder beside it.")]
Backbone = Annotated[
    str | None,
    typer.Option(
        "--backbone",
        help="hrnet18, hrnet32, hrnet48, hrnet2x20; on a CPU hrnet_small, hrnet_tiny.",
        show_default=RECIPES,
    ),
]
Start = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="FILE|NAME",
        help="Start with the backbone of this SegFix or BPR checkpoint.",
        show_default=RECIPES,
    ),
]
Steps = Annotated[int | None, typer.Option("--steps", help="Batches in all.", show_default=RECIPES)]
Seed = Annotated[int | None, typer.Option("--seed", help="Of initial weights and batches.", show_default=RECIPES)]
Device = Annotated[
    Literal["cpu", "cuda"] | None, typer.Option("--device", help="Default: all GPUs where there are any.")
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Of the network on a CPU.")]
WhenMissing = Annotated[
    Literal["fail", "skip"], typer.Option("--missing", help="A missing prediction is an error (fail) or left out.")
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", min=0, help="Stop after this long; the same command resumes it.")
]


def recipe_option(refiner: Refiner) -> Any:
    """`--recipe`, which names those of a refiner."""
    names = ", ".join(recipe_names(refiner))
    return typer.Option("--recipe", metavar="FILE|NAME", help=f"A YAML file, or one that comes along: {names}.")


def set_option(refiner: Refiner) -> Any:
    """`--set`, which names the keys of a refiner's recipes."""
    keys = ", ".join(key for key in recipe_keys(refiner) if key not in OWN_OPTIONS)
    return typer.Option("--set", metavar="key=value", help=f"Change a key of the recipe: {keys}. Repeat for more.")


def recipe_of(model: type[Model], recipe: str, overrides: Sequence[str] | None, out: Path, **given: Any) -> Model:
    """The recipe that the options describe; `given` are those that are keys of it.

    Raises:
        InputError: all that is wrong with it, or a checkpoint that would not end as it should.
    """
    from boundary_bench.bench.training.recipes.load import load_recipe

    if out.suffix != ".safetensors":
        raise InputError(Problem(f"--out {out}", repr(out.suffix), "a file that ends in .safetensors"))
    return load_recipe(model, recipe, overrides or (), given)


def checked(inputs: Inputs) -> tuple[Dataset, PredictionSet, Sequence[Sample]]:
    """Training data whose files have been checked: a dataset, the predictions of one model, and the samples
    that have one. A test split is refused before that.

    Raises:
        InputError: everything that is wrong with them.
    """
    from boundary_bench.bench.engine.plan import plan
    from boundary_bench.bench.training.base import require_training_splits

    planned = plan(inputs.experiment())
    require_training_splits([planned.dataset])
    require_in_order(planned, images=True)
    (predicted,) = planned.prediction_sets.values()
    return planned.dataset, predicted, [sample for sample in planned.samples if predicted.has(sample)]


def run_to_end(training: Training, out: Path, device: str | None, threads: int | None, minutes: float | None) -> None:
    """Train and print the checkpoint's name; exits with 1 where the time was over before.

    Raises:
        InputError: as the training.
    """
    limits = {"device": _device(device, threads), "seconds": math.inf if minutes is None else 60 * minutes}
    with progress("prepare") as step:
        done = training.run(out, command=sys.argv, step=step, report=_report, **limits)  # type: ignore[arg-type]
    if not done:
        note("stopped before the end; the same command resumes it")
        raise typer.Exit(1)
    print(out)


def _device(device: str | None, threads: int | None) -> str:
    """Where to train, with the CPU's threads as asked for."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def _report(now: TrainingProgress) -> None:
    losses = ", ".join(f"{name} {value:.4f}" for name, value in now.losses.items())
    left = timedelta(seconds=round(now.seconds_left))
    print(f"train: {now.step} of {now.steps}, {losses}, {left} left", file=sys.stderr, flush=True)
