"""A layout scored as `bench evaluate` does, and in plain NumPy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.config.experiment import experiment_from
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.plugins import registry
from tests.bench.datasets.layouts.trees import Ids, Tree, write_grey


def built(tree: Tree, **changes: Any) -> Any:
    """The dataset."""
    return registry.build("datasets", tree.name, {"root": tree.root, "split": tree.split, **tree.parameters, **changes})


def guesses(tree: Tree) -> dict[str, Ids]:
    """Training ids of a prediction for each sample: the truth with errors, ids of unscored classes and void in it."""
    rng, found = np.random.default_rng(3), {}
    for sample in tree.truths:
        truth = tree.train_ids(sample)
        guess = np.where(
            (rng.random(truth.shape) < 0.4) | (truth < 0), rng.integers(0, tree.classes, truth.shape), truth
        )
        guess[rng.random(truth.shape) < 0.05] = 255
        found[sample] = guess
    return found


def write_guesses(folder: Path, maps: dict[str, Ids]) -> Path:
    """Predictions as files of ids."""
    for sample, ids in maps.items():
        write_grey(folder / f"{sample}.png", ids)
    return folder


def ours(tree: Tree, predictions: Path, output: Path, **options: Any) -> tuple[float, dict[str, float]]:
    """mIoU, and IoU by class where it is defined."""
    document = {
        "dataset": {"name": tree.name, "root": str(tree.root), "split": tree.split, **tree.parameters},
        "predictions": [{"name": "guess", "path": str(predictions), **options}],
        "refiners": ["identity"],
        "metrics": ["mean_iou"],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 10},
        "output": str(output),
    }
    outcome = run(experiment_from(document, output.parent))
    assert not outcome.failures
    numbers = summarise_run(outcome.store, outcome.plan).numbers
    of_classes = numbers[(numbers["metric"] == "IoU") & numbers["class"].notna() & numbers["value"].notna()]
    whole = numbers[(numbers["metric"] == "mIoU") & numbers["class"].isna()]["value"].item()
    return float(whole), dict(zip(of_classes["class"], of_classes["value"], strict=True))


def plain(tree: Tree, maps: dict[str, Ids]) -> tuple[float, dict[int, float]]:
    """The same by its definition: one confusion matrix over all pixels that are scored."""
    scored = sorted({train for train in tree.train.values() if train >= 0})
    confusion = np.zeros((256, 256), np.int64)
    for sample, guess in maps.items():
        truth = tree.train_ids(sample)
        known = np.where(np.isin(guess, scored), guess, 255)
        np.add.at(confusion, (truth[truth >= 0], known[truth >= 0]), 1)
    union = confusion.sum(0) + confusion.sum(1) - confusion.diagonal()
    iou = {i: confusion[i, i] / union[i] for i in scored if union[i]}
    return float(np.mean(list(iou.values()))), iou
