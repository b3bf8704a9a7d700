"""What training any refiner has on the command line: the recipe's options, how refusals read, and how it runs."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from boundary_bench.bench.cli.inputs import Inputs, require_in_order
from boundary_bench.bench.cli.progress import note, progress
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Sample
    from boundary_bench.bench.training.base import Training
    from boundary_bench.refiners.networks.training import Progress

Out = Annotated[Path, typer.Option("--out", help="The checkpoint, .safetensors; logs go to a folder beside it.")]
Backbone = Annotated[
    str, typer.Option("--backbone", help="hrnet18, hrnet32, hrnet48, hrnet2x20; on a CPU hrnet_small, hrnet_tiny.")
]
Steps = Annotated[int, typer.Option("--steps", help="Batches in all.")]
Optimiser = Annotated[Literal["sgd", "adamw"], typer.Option("--optimiser", help="sgd is the paper's.")]
LearningRate = Annotated[float, typer.Option("--learning-rate", help="At its highest; falls to 0.")]
WeightDecay = Annotated[float, typer.Option("--weight-decay", help="Of all weights.")]
WarmUp = Annotated[int, typer.Option("--warm-up", help="Steps in which the learning rate rises.")]
Precision = Annotated[
    Literal["float32", "bfloat16"],
    typer.Option("--precision", help="bfloat16 is faster on GPUs and on processors that have AVX512-BF16."),
]
Seed = Annotated[int, typer.Option("--seed", help="Of initial weights and batches.")]
Device = Annotated[
    Literal["cpu", "cuda"] | None, typer.Option("--device", help="Default: all GPUs where there are any.")
]
Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Of the network on a CPU.")]
WhenMissing = Annotated[
    Literal["fail", "skip"], typer.Option("--missing", help="A missing prediction is an error (fail) or left out.")
]
Minutes = Annotated[
    float | None, typer.Option("--minutes", min=0, help="Stop after this long; the same command goes on.")
]


@contextmanager
def refused(refiner: str) -> Iterator[None]:
    """Turn ValueErrors about options into InputErrors."""
    from boundary_bench.bench.plugins.registry import refusal

    try:
        yield
    except ValueError as error:
        raise InputError(refusal("options", error, f"what bench train {refiner} --help says")) from error


def require_names(out: Path, option: str, name: str, known: Iterable[str]) -> None:
    """Raise InputError unless the checkpoint ends as it should and what `option` names is known."""
    from boundary_bench.bench.errors import did_you_mean

    problems = []
    if out.suffix != ".safetensors":
        problems.append(Problem(f"--out {out}", repr(out.suffix), "a file that ends in .safetensors"))
    if name not in known:
        problems.append(Problem(option, repr(name), ", ".join(known), did_you_mean(name, list(known))))
    if problems:
        raise InputError(problems)


def size(crop: str) -> tuple[int, int]:
    """(height, width) of an option `HxW`; raises InputError for another text."""
    if not (found := re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", crop)):
        raise InputError(Problem("--crop", repr(crop), "height x width in pixels, such as 512x512"))
    return int(found[1]), int(found[2])


def checked(inputs: Inputs) -> tuple[Dataset, PredictionSet, Sequence[Sample]]:
    """What to train on, whose files have all been looked at: a data set, the predictions of one model, and the samples
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
        note("stopped before the end; the same command goes on")
        raise typer.Exit(1)
    print(out)


def _device(device: str | None, threads: int | None) -> str:
    """Where to train, with the CPU's threads as asked for."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def _report(now: Progress) -> None:
    losses = ", ".join(f"{name} {value:.4f}" for name, value in now.losses.items())
    left = timedelta(seconds=round(now.seconds_left))
    print(f"train: {now.step} of {now.steps}, {losses}, {left} left", file=sys.stderr, flush=True)
