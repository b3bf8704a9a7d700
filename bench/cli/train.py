"""`bench train`: train a learned refiner on any data set; stopped at any moment, the same command goes on."""

from __future__ import annotations

import math
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from bench.cli import options
from bench.cli.inputs import Inputs, parameters, require_torch
from bench.cli.progress import note, progress
from bench.errors import InputError, Problem

if TYPE_CHECKING:
    from bench.contracts import Dataset
    from bench.segfix_training import SegFixTraining
    from refiners.segfix.targets import Variant
    from refiners.segfix.training import TargetSettings
    from refiners.training import Progress, Recipe


Datasets = Annotated[
    list[str],
    typer.Option(
        "--dataset",
        help="Name, or name,key=value,... with its own root, split and so on. Repeat for one network for several "
        "data sets; each gets the same share of a batch.",
    ),
]
Backbone = Annotated[
    str, typer.Option("--backbone", help="hrnet18, hrnet32, hrnet48, hrnet2x20; on a CPU hrnet_small, hrnet_tiny.")
]
Directions = Annotated[Literal["4", "8", "16", "32"], typer.Option("--directions", help="How many directions (m).")]
WidthPx = Annotated[
    float, typer.Option("--width-px", help="How wide the boundary is (gamma); inf makes all pixels boundary.")
]
Targets = Annotated[
    Literal["released", "paper"],
    typer.Option("--targets", help="As the released code makes them, or as the paper says."),
]
Loss = Annotated[
    Literal["paper", "released"], typer.Option("--loss", help="As in the paper, or balanced as in its code.")
]
Steps = Annotated[int, typer.Option("--steps", help="Batches in all.")]
Batch = Annotated[int, typer.Option("--batch", help="Crops a batch.")]
Crop = Annotated[str, typer.Option("--crop", metavar="HxW", help="Size of crops in pixels.")]
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
Minutes = Annotated[
    float | None, typer.Option("--minutes", min=0, help="Stop after this long; the same command goes on.")
]


def command(
    _refiner: Annotated[Literal["segfix"], typer.Argument(metavar="segfix", help="What to train.")],
    dataset: Datasets,
    out: Annotated[Path, typer.Option("--out", help="The checkpoint, .safetensors; logs go to a folder beside it.")],
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    backbone: Backbone = "hrnet18",
    directions: Directions = "8",
    width_px: WidthPx = 5,
    targets: Targets = "released",
    loss: Loss = "paper",
    steps: Steps = 80_000,
    batch: Batch = 16,
    crop: Crop = "512x512",
    optimiser: Optimiser = "sgd",
    learning_rate: LearningRate = 0.04,
    weight_decay: WeightDecay = 5e-4,
    warm_up: WarmUp = 0,
    precision: Precision = "float32",
    seed: Seed = 0,
    device: Device = None,
    threads: Threads = None,
    minutes: Minutes = None,
) -> None:
    """Train SegFix: where boundaries are, and which way leads off them. Defaults are the paper's for Cityscapes.

    Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and as curves for TensorBoard.

    Example: bench train segfix --dataset camvid --root DIR --split train --backbone hrnet_small --steps 4000 --batch 8
    --crop 240x320 --out segfix_camvid.safetensors
    """
    require_torch("bench train")
    from bench.segfix_training import SegFixTraining

    _require_names(out, backbone)
    recipe = _recipe(
        steps=steps, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay, optimiser=optimiser,
        warm_up=warm_up, precision=precision, seed=seed,
    )  # fmt: skip
    settings = _settings(int(directions), width_px, targets)
    shared = {"split": split, "root": root, "annotations": annotations, "images": images, "truth": truth, "task": task}
    datasets = [_dataset(text, shared) for text in dataset]
    training = SegFixTraining(datasets, settings, recipe, backbone, loss, _size(crop))
    if not _run(training, out, _device(device, threads), math.inf if minutes is None else 60 * minutes):
        note("stopped before the end; the same command goes on")
        raise typer.Exit(1)
    print(out)


def _device(device: str | None, threads: int | None) -> str:
    """Where to train, with the CPU's threads as asked for."""
    import torch

    if threads:
        torch.set_num_threads(threads)
    return device or ("cuda" if torch.cuda.is_available() else "cpu")


def _run(training: SegFixTraining, out: Path, device: str, seconds: float) -> bool:
    from bench.training import require_trainable

    with progress("check") as step:
        require_trainable(training.datasets, step)
    with progress("prepare") as step:
        return training.run(out, command=sys.argv, device=device, seconds=seconds, step=step, report=_report)


def _report(now: Progress) -> None:
    losses = ", ".join(f"{name} {value:.4f}" for name, value in now.losses.items())
    left = timedelta(seconds=round(now.seconds_left))
    print(f"train: {now.step} of {now.steps}, {losses}, {left} left", file=sys.stderr, flush=True)


def _require_names(out: Path, backbone: str) -> None:
    from bench.suggest import did_you_mean
    from refiners.backbones.hrnet import SPECS

    problems = []
    if out.suffix != ".safetensors":
        problems.append(Problem(f"--out {out}", repr(out.suffix), "a file that ends in .safetensors"))
    if backbone not in SPECS:
        problems.append(Problem("--backbone", repr(backbone), ", ".join(SPECS), did_you_mean(backbone, SPECS)))
    if problems:
        raise InputError(problems)


def _recipe(**values: Any) -> Recipe:
    from bench.catalogue import refusal
    from refiners.training import Recipe

    try:
        return Recipe(**values)
    except ValueError as error:
        raise InputError(refusal("options", error, "what bench train --help says")) from error


def _settings(directions: int, width_px: float, targets: Variant) -> TargetSettings:
    from bench.catalogue import refusal
    from refiners.segfix.targets import require_definition
    from refiners.segfix.training import TargetSettings

    try:
        require_definition(width_px, targets)
    except ValueError as error:
        raise InputError(refusal("options", error, "what bench train --help says")) from error
    return TargetSettings(directions, width_px, targets)  # type: ignore[arg-type]


def _size(crop: str) -> tuple[int, int]:
    if not (found := re.fullmatch(r"([1-9]\d*)x([1-9]\d*)", crop)):
        raise InputError(Problem("--crop", repr(crop), "height x width in pixels, such as 512x512"))
    return int(found[1]), int(found[2])


def _dataset(text: str, shared: dict[str, Any]) -> Dataset:
    """`name` with the options of all, or `name,key=value,...` with its own."""
    from bench import catalogue

    name, *own = text.split(",")
    if own:
        return catalogue.build("datasets", name, parameters(own))  # type: ignore[no-any-return]
    return Inputs(name, **shared).built_dataset()  # type: ignore[no-any-return]
