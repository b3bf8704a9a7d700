"""`bench train gum`: where to look up one model's coarse class probabilities."""

from __future__ import annotations

from typing import Annotated

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, require_torch
from boundary_bench.bench.cli.train import common

ReachPx = Annotated[
    float, typer.Option("--reach-px", help="How far off pixels may look; twice the probabilities' stride is enough.")
]
Batch = Annotated[int, typer.Option("--batch", help="Crops a batch.")]
Crop = Annotated[
    str, typer.Option("--crop", metavar="HxW", help="Size of crops in pixels, multiples of the probabilities' stride.")
]


def command(
    dataset: options.DatasetName,
    predictions: options.Predictions,
    out: common.Out,
    split: options.AnySplit = None,
    root: options.Root = None,
    probabilities: options.ProbabilityFolder = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    missing: common.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    backbone: common.Backbone = "hrnet18",
    reach_px: ReachPx = 16,
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
    """Train GUM: offsets along which saved class probabilities are enlarged, such that the truth is likeliest.

    The probabilities are those of the model to be refined, as coarse as it made them, on a split that no result is
    reported on. Defaults are those of bench train segfix. Losses go to OUT.training/ beside the checkpoint, as
    losses.jsonl and, where TensorBoard is installed, as curves.

    Example: bench train gum --dataset camvid --root DIR --split train --predictions model/train --probabilities
    model/train_prob --backbone hrnet_tiny --steps 2000 --batch 6 --crop 240x320 --out gum_camvid.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.gum import GUMTraining, require_probabilities
    from boundary_bench.refiners.gum.network import require_reach
    from boundary_bench.refiners.networks.backbones.hrnet import SPECS
    from boundary_bench.refiners.networks.training import Recipe

    common.require_names(out, "--backbone", backbone, SPECS)
    with common.refused("gum"):
        recipe = Recipe(
            steps=steps, batch=batch, learning_rate=learning_rate, weight_decay=weight_decay, optimiser=optimiser,
            warm_up=warm_up, precision=precision, seed=seed,
        )  # fmt: skip
        require_reach(reach_px)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing, every, first
    )  # fmt: skip
    data, predicted, samples = common.checked(inputs)
    require_probabilities(predicted)
    training = GUMTraining(data, predicted, samples, recipe, backbone, reach_px, common.size(crop))
    common.run_to_end(training, out, device, threads, minutes)
