"""`bench train segfix`, `bpr`, `steal` and `gum`: a recipe, and the data that the network learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from boundary_bench.bench.cli import options
from boundary_bench.bench.cli.inputs import Inputs, parameters, require_torch
from boundary_bench.bench.cli.own_data import NONE, OwnData, with_own_data
from boundary_bench.bench.cli.progress import progress
from boundary_bench.bench.cli.train import common

if TYPE_CHECKING:
    from boundary_bench.bench.plugins.protocols import Dataset

Datasets = Annotated[
    list[str] | None,
    typer.Option(
        "--dataset",
        help="Name, or name,key=value,... with its own root, split and so on. Repeat for one network for several "
        "datasets; each gets the same share of a batch.",
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        "--network",
        help="hrnet18s, hrnet18, hrnet48, fcn_r18, fcn_r50, deeplabv3plus_r50, fast_scnn; on a CPU hrnet_small, "
        "hrnet_tiny.",
        show_default=common.RECIPES,
    ),
]
EdgeNetwork = Annotated[
    str | None,
    typer.Option("--backbone", help="casenet101; on a CPU casenet_small, casenet_tiny.", show_default=common.RECIPES),
]


@with_own_data
def segfix(
    out: common.Out,
    dataset: Datasets = None,
    recipe: Annotated[str, common.recipe_option("segfix")] = "paper",
    overrides: Annotated[list[str] | None, common.set_option("segfix")] = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    backbone: common.Backbone = None,
    steps: common.Steps = None,
    seed: common.Seed = None,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
    own: OwnData = NONE,
) -> None:
    """Train SegFix: where boundaries are, and which way leads off them.

    The recipe decides all but the data. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and as
    curves for TensorBoard.

    Example: bench train segfix --recipe camvid --dataset camvid --root DIR --split train --out segfix.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.base import require_trainable
    from boundary_bench.bench.training.recipes.models import SegFixRecipe
    from boundary_bench.bench.training.segfix import SegFixTraining

    found = common.recipe_of(SegFixRecipe, recipe, overrides, out, backbone=backbone, steps=steps, seed=seed)
    paths = {"root": root, "annotations": annotations, "images": images, "truth": truth}
    shared = {"split": split, "task": task, "own": own, **paths}
    datasets = [_dataset(text, shared) for text in dataset or [""]]
    with progress("check") as step:
        require_trainable(datasets, step)
    common.run_to_end(SegFixTraining.of(found, datasets), out, device, threads, minutes)


@with_own_data
def bpr(
    predictions: options.Predictions,
    out: common.Out,
    dataset: options.DatasetName = None,
    recipe: Annotated[str, common.recipe_option("bpr")] = "paper",
    overrides: Annotated[list[str] | None, common.set_option("bpr")] = None,
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
    network: Network = None,
    start: common.Start = None,
    steps: common.Steps = None,
    seed: common.Seed = None,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
    own: OwnData = NONE,
) -> None:
    """Train BPR: patches along the boundaries of saved predictions, and what the truth says of them.

    The predictions are those of the model to be refined, on a split that no result is reported on. The recipe decides
    all but the data. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and as curves for TensorBoard.

    Example: bench train bpr --recipe camvid --dataset camvid --root DIR --split train --predictions model/train --out
    bpr.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.bpr import BPRTraining
    from boundary_bench.bench.training.recipes.models import BPRRecipe

    given = {"network": network, "start": start, "steps": steps, "seed": seed}
    found = common.recipe_of(BPRRecipe, recipe, overrides, out, **given)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, missing=missing, every=every, first=first,
        task=task, annotations=annotations, truth=truth, images=images, own=own,
    )  # fmt: skip
    common.run_to_end(BPRTraining.of(found, *common.checked(inputs)), out, device, threads, minutes)


@with_own_data
def steal(
    out: common.Out,
    dataset: options.DatasetName = None,
    recipe: Annotated[str, common.recipe_option("steal")] = "paper",
    overrides: Annotated[list[str] | None, common.set_option("steal")] = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    annotations: options.Annotations = None,
    images: options.Images = None,
    truth: options.Truth = None,
    task: options.TaskName = None,
    backbone: EdgeNetwork = None,
    start: common.Start = None,
    steps: common.Steps = None,
    seed: common.Seed = None,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
    own: OwnData = NONE,
) -> None:
    """Train STEAL: where the boundaries of every class are, one pixel thin.

    The truth is semantic, binary or panoptic; of the latter, objects of a class have boundaries between them. The
    recipe decides all but the data. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl and as curves
    for TensorBoard.

    Example: bench train steal --recipe camvid --dataset camvid --root DIR --split train --out steal.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.base import require_trainable
    from boundary_bench.bench.training.recipes.models import StealRecipe
    from boundary_bench.bench.training.steal import StealTraining

    given = {"backbone": backbone, "start": start, "steps": steps, "seed": seed}
    found = common.recipe_of(StealRecipe, recipe, overrides, out, **given)
    inputs = Inputs(dataset, split, root, annotations=annotations, images=images, truth=truth, task=task, own=own)
    training = StealTraining.of(found, inputs.built_dataset())
    with progress("check") as step:
        require_trainable([training.dataset], step)
    common.run_to_end(training, out, device, threads, minutes)


@with_own_data
def gum(
    predictions: options.Predictions,
    out: common.Out,
    dataset: options.DatasetName = None,
    recipe: Annotated[str, common.recipe_option("gum")] = "paper",
    overrides: Annotated[list[str] | None, common.set_option("gum")] = None,
    split: options.AnySplit = None,
    root: options.Root = None,
    truth: options.Truth = None,
    images: options.Images = None,
    probabilities: options.ProbabilityFolder = None,
    format_: options.FormatName = None,
    label_space: options.Ids = None,
    missing: common.WhenMissing = "fail",
    every: options.Every = 1,
    first: options.First = None,
    backbone: common.Backbone = None,
    steps: common.Steps = None,
    seed: common.Seed = None,
    device: common.Device = None,
    threads: common.Threads = None,
    minutes: common.Minutes = None,
    own: OwnData = NONE,
) -> None:
    """Train GUM: offsets along which saved class probabilities are enlarged, such that the truth is likeliest.

    The probabilities are those of the model to be refined, as coarse as it made them, on a split that no result is
    reported on. The recipe decides all but the data. Losses go to OUT.training/ beside the checkpoint, as losses.jsonl
    and as curves for TensorBoard.

    Example: bench train gum --recipe camvid --dataset camvid --root DIR --split train --predictions model/train
    --probabilities model/train_prob --out gum.safetensors
    """
    require_torch("bench train")
    from boundary_bench.bench.training.gum import GUMTraining
    from boundary_bench.bench.training.recipes.models import GUMRecipe

    found = common.recipe_of(GUMRecipe, recipe, overrides, out, backbone=backbone, steps=steps, seed=seed)
    inputs = Inputs(
        dataset, split, root, predictions, None, format_, label_space, probabilities, missing, every, first,
        truth=truth, images=images, own=own,
    )  # fmt: skip
    common.run_to_end(GUMTraining.of(found, *common.checked(inputs)), out, device, threads, minutes)


def _dataset(text: str, shared: dict[str, Any]) -> Dataset:
    """`name` with the options of all, or `name,key=value,...` with its own; without one, somebody's own folders."""
    from boundary_bench.bench.plugins import registry

    name, *own = text.split(",")
    if own:
        return registry.build("datasets", name, parameters(own))  # type: ignore[no-any-return]
    return Inputs(name or None, **shared).built_dataset()  # type: ignore[no-any-return]
