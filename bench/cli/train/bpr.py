"""`bench train bpr`: a network for the errors of one model's predictions, and for those of others like it."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, require_torch
from boundary_bench.bench.cli.train import common

Network = Annotated[
    str,
    typer.Option(
        "--network",
        help="hrnet18s, hrnet18, hrnet48, fcn_r18, fcn_r50, deeplabv3plus_r50, fast_scnn; on a CPU hrnet_small, "
        "hrnet_tiny.",
    ),
]
PatchPx = Annotated[int, typer.Option("--patch-px", help="Side of a patch in the image, an even number.")]
PaddingPx = Annotated[int, typer.Option("--padding-px", help="Added on each side for the network to see.")]
Threshold = Annotated[
    float, typer.Option("--nms-threshold", help="IoU above which patches suppress each other, 0 to 1.")
]
LaidOut = Annotated[
    Literal["dense", "released", "grid", "object"],
    typer.Option("--scheme", help="Patches along boundaries, as the released code lays them, on a grid, one a mask."),
]
InputPx = Annotated[int, typer.Option("--input-px", min=1, help="Side to which the network's patches are resized.")]
WithoutMask = Annotated[bool, typer.Option("--without-mask-patch", help="The network sees the image only.")]
JitterPx = Annotated[
    float,
    typer.Option(
        "--mask-jitter-px",
        min=0,
        help="Displace masks by up to so much: as test predictions are worse.",
    ),
]
Start = Annotated[
    str | None,
    typer.Option("--start", metavar="FILE|NAME", help="Start with the backbone of this SegFix or BPR checkpoint."),
]
Batch = Annotated[int, typer.Option("--batch", help="Patches a batch.")]


def command(
    dataset: options.DatasetName,
    predictions: options.Predictions,
    out: common.Out,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    missing: common.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    network: Network = "hrnet18s",
    patch_px: PatchPx = 64,
    padding_px: PaddingPx = 0,
    nms_threshold: Threshold = 0.25,
    scheme: LaidOut = "dense",
    input_px: InputPx = 128,
    without_mask_patch: WithoutMask = False,
    mask_jitter_px: JitterPx = 0,
    start: Start = None,
    steps: common.Steps = 160_000,
    batch: Batch = 32,
    optimiser: common.Optimiser = "sgd",
    learning_rate: common.LearningRate = 0.01,
    weight_decay: common.WeightDecay = 5e-4,
    warm_up: common.WarmUp = 0,
    precision: common.Precision = "float32",
    seed: common.Seed = 0,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
) -> None:
    """Train BPR: patches along the boundaries of saved predictions, and what the truth says of them.

    The predictions are those of the model to be refined, on a split that no result is reported on. Defaults are the
    paper's. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and, where TensorBoard is installed, as
    curves.

    Example: bench train bpr --dataset camvid --root DIR --split train --predictions model/train --network hrnet_small
    --input-px 64 --steps 4000 --out bpr_camvid.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.bpr import BPRTraining
    from boundary_bench.refiners.bpr.network import NETWORKS
    from boundary_bench.refiners.bpr.patches import PatchParameters
    from boundary_bench.refiners.networks.device import checkpoint_file
    from boundary_bench.refiners.networks.training import Recipe
    from boundary_bench.refiners.segfix.refiner import SegFix

    common.require_names(out, "--network", network, NETWORKS)
    with common.refused("bpr"):
        recipe = Recipe(
            steps=steps, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay, optimiser=optimiser,
            warm_up=warm_up, precision=precision, seed=seed,
        )  # fmt: skip
        patches = PatchParameters(scheme, patch_px, padding_px, nms_threshold)
        initial = None if start is None else checkpoint_file(start, SegFix.shipped)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, missing=missing, every=every, first=first,
        task=task, annotations=annotations, truth=truth, images=images,
    )  # fmt: skip
    training = BPRTraining(
        *common.checked(inputs), patches, recipe, network, not without_mask_patch, input_px,
        jitter_px=mask_jitter_px, start=initial,
    )  # fmt: skip
    common.run_to_end(training, out, device, threads, minutes)
