"""`bench train segfix`: one network for any number of data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, parameters, require_torch
from boundary_bench.bench.cli.progress import progress
from boundary_bench.bench.cli.train import common

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Dataset
    from boundary_bench.refiners.segfix.targets import Variant
    from boundary_bench.refiners.segfix.training import TargetSettings


Datasets = Annotated[
    list[str],
    typer.Option(
        "--dataset",
        help="Name, or name,key=value,... with its own root, split and so on. Repeat for one network for several "
        "data sets; each gets the same share of a batch.",
    ),
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
Batch = Annotated[int, typer.Option("--batch", help="Crops a batch.")]
Crop = Annotated[str, typer.Option("--crop", metavar="HxW", help="Size of crops in pixels.")]


def command(
    dataset: Datasets,
    out: common.Out,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    backbone: common.Backbone = "hrnet18",
    directions: Directions = "8",
    width_px: WidthPx = 5,
    targets: Targets = "released",
    loss: Loss = "paper",
    steps: common.Steps = 80_000,
    batch: Batch = 16,
    crop: Crop = "512x512",
    optimiser: common.Optimiser = "sgd",
    learning_rate: common.LearningRate = 0.04,
    weight_decay: common.WeightDecay = 5e-4,
    warm_up: common.WarmUp = 0,
    precision: common.Precision = "float32",
    seed: common.Seed = 0,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
) -> None:
    """Train SegFix: where boundaries are, and which way leads off them. Defaults are the paper's for Cityscapes.

    Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and, where TensorBoard is installed, as curves.

    Example: bench train segfix --dataset camvid --root DIR --split train --backbone hrnet_small --steps 4000 --batch 8
    --crop 240x320 --out segfix_camvid.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.base import require_trainable
    from boundary_bench.bench.training.segfix import SegFixTraining
    from boundary_bench.refiners.networks.backbones.hrnet import SPECS
    from boundary_bench.refiners.networks.training import Recipe

    common.require_names(out, "--backbone", backbone, SPECS)
    with common.refused("segfix"):
        recipe = Recipe(
            steps=steps, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay, optimiser=optimiser,
            warm_up=warm_up, precision=precision, seed=seed,
        )  # fmt: skip
        settings = _settings(int(directions), width_px, targets)
    shared = {"split": split, "root": root, "annotations": annotations, "images": images, "truth": truth, "task": task}
    datasets = [_dataset(text, shared) for text in dataset]
    training = SegFixTraining(datasets, settings, recipe, backbone, loss, common.size(crop))
    with progress("check") as step:
        require_trainable(datasets, step)
    common.run_to_end(training, out, device, threads, minutes)


def _settings(directions: int, width_px: float, targets: Variant) -> TargetSettings:
    from boundary_bench.refiners.segfix.targets import require_definition
    from boundary_bench.refiners.segfix.training import TargetSettings

    require_definition(width_px, targets)
    return TargetSettings(directions, width_px, targets)  # type: ignore[arg-type]


def _dataset(text: str, shared: dict[str, Any]) -> Dataset:
    """`name` with the options of all, or `name,key=value,...` with its own."""
    from boundary_bench.bench.plugins import registry

    name, *own = text.split(",")
    if own:
        return registry.build("datasets", name, parameters(own))  # type: ignore[no-any-return]
    return Inputs(name, **shared).built_dataset()  # type: ignore[no-any-return]
