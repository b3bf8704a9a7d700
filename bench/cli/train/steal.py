"""`bench train steal`: edges of every class, thin ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, require_torch
from boundary_bench.bench.cli.progress import progress
from boundary_bench.bench.cli.train import common
from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.training.steal import Alignment
    from boundary_bench.refiners.steal.losses import EdgeLoss

ALPHAS = 3

Network = Annotated[str, typer.Option("--backbone", help="casenet101; on a CPU casenet_small, casenet_tiny.")]
RadiusPx = Annotated[float, typer.Option("--radius-px", min=1, help="How far off an edge pixels still belong to it.")]
Alpha = Annotated[
    str,
    typer.Option("--alpha", metavar="A1,A2,A3", help="Weights of cross-entropy, NMS loss and direction loss."),
]
WithoutLayer = Annotated[bool, typer.Option("--without-thinning-layer", help="Cross-entropy alone, which is CASENet.")]
AlignFrom = Annotated[
    int | None,
    typer.Option("--align-from", metavar="STEP", help="Active alignment: move true edges to seen ones from here on."),
]
AlignEvery = Annotated[int, typer.Option("--align-every", metavar="N", help="Align again every so many steps.")]
AlignCloseness = Annotated[
    float, typer.Option("--align-closeness", metavar="LAMBDA", help="How much aligned edges are held to true ones.")
]
Start = Annotated[
    str | None,
    typer.Option("--start", metavar="FILE|NAME", help="Start with the backbone of this SegFix or BPR checkpoint."),
]
Batch = Annotated[int, typer.Option("--batch", help="Crops a batch.")]
Crop = Annotated[str, typer.Option("--crop", metavar="HxW", help="Size of crops in pixels.")]


def command(
    dataset: options.DatasetName,
    out: common.Out,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    backbone: Network = "casenet101",
    radius_px: RadiusPx = 2,
    alpha: Alpha = "1,10,1",
    without_thinning_layer: WithoutLayer = False,
    align_from: AlignFrom = None,
    align_every: AlignEvery = 5000,
    align_closeness: AlignCloseness = 1,
    start: Start = None,
    steps: common.Steps = 60_000,
    batch: Batch = 8,
    crop: Crop = "472x472",
    optimiser: common.Optimiser = "sgd",
    learning_rate: common.LearningRate = 0.002,
    weight_decay: common.WeightDecay = 5e-4,
    warm_up: common.WarmUp = 0,
    precision: common.Precision = "float32",
    seed: common.Seed = 0,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
) -> None:
    """Train STEAL: where the boundaries of every class are, one pixel thin.

    The truth is semantic or panoptic; of the latter, objects of a class have boundaries between them. Defaults are the
    paper's for Cityscapes, but for the learning rate: losses are divided by the number of boundary pixels, and the
    paper's 5e-8 is multiplied accordingly. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and,
    where TensorBoard is installed, as curves.

    Example: bench train steal --dataset camvid --root DIR --split train --backbone casenet_small --start camvid
    --steps 1400 --batch 6 --crop 240x320 --optimiser adamw --radius-px 1 --out steal_camvid.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.base import require_trainable
    from boundary_bench.bench.training.steal import StealTraining
    from boundary_bench.refiners.networks.device import checkpoint_file
    from boundary_bench.refiners.networks.training import Recipe
    from boundary_bench.refiners.segfix.refiner import SegFix
    from boundary_bench.refiners.steal.casenet import NETWORKS

    common.require_names(out, "--backbone", backbone, NETWORKS)
    with common.refused("steal"):
        recipe = Recipe(
            steps=steps, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay, optimiser=optimiser,
            warm_up=warm_up, precision=precision, seed=seed,
        )  # fmt: skip
        loss, alignment = _loss(alpha, without_thinning_layer), _alignment(align_from, align_every, align_closeness)
        initial = None if start is None else checkpoint_file(start, SegFix.shipped)
    found = Inputs(dataset, split, root, annotations=annotations, images=images, truth=truth, task=task).built_dataset()
    if found.task not in ("semantic", "panoptic"):
        raise InputError(Problem(f"dataset {found.name}", f"{found.task} truth", "semantic or panoptic truth"))
    training = StealTraining(
        found, recipe, backbone, loss, radius_px, common.size(crop), start=initial, alignment=alignment
    )
    with progress("check") as step:
        require_trainable([found], step)
    common.run_to_end(training, out, device, threads, minutes)


def _loss(alpha: str, without_layer: bool) -> EdgeLoss:
    from boundary_bench.refiners.steal.losses import EdgeLoss

    try:
        weights = [float(part) for part in alpha.split(",")]
    except ValueError:
        weights = []
    if len(weights) != ALPHAS:
        raise InputError(Problem("--alpha", repr(alpha), "three numbers, such as 1,10,1"))
    return EdgeLoss(weights[0], 0, 0) if without_layer else EdgeLoss(weights[0], weights[1], weights[2])


def _alignment(start: int | None, every: int, closeness: float) -> Alignment | None:
    from boundary_bench.bench.training.steal import Alignment

    return None if start is None else Alignment(start, every, closeness)
