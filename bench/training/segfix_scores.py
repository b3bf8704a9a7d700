"""Scores of what a SegFix network itself predicts, its size and its speed: the first columns of the paper's Table 2."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from boundary_bench.bench.engine.provenance import environment
from boundary_bench.bench.io.hashing import file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Progress, Sample
from boundary_bench.bench.training.base import data_card
from boundary_bench.metrics.structures.segmentation import Segmentation
from boundary_bench.refiners.networks.device import Precision
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.inference import THRESHOLD, Prediction, predict
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.scores import branch_counts, branch_scores, total
from boundary_bench.refiners.segfix.training import TargetSettings, decoded, picture

RELEASED_WIDTH_PX = 5.0
"""Of the boundary that the released checkpoints were trained for, which do not say so."""


@dataclass(frozen=True, eq=False)
class ScoredNetwork:
    """A network and how it is run.

    Attributes:
        checkpoint: its file.
        network: for inference.
        settings: of the targets that it was trained for, by its card.
        parameters: how many it has, as trained.
        crops, device, precision: as of `boundary_bench.refiners.segfix.inference.predict`.
    """

    checkpoint: Path
    network: SegFixNetwork
    settings: TargetSettings
    parameters: int
    crops: bool = False
    device: str = "cpu"
    precision: Precision = "float32"

    @classmethod
    def load(cls, checkpoint: Path, **options: Any) -> ScoredNetwork:
        """Read a checkpoint; options are `crops`, `device` and `precision`.

        Raises:
            ValueError: as `boundary_bench.refiners.networks.checkpoint_kind.CheckpointKind.load`.
        """
        network, card = SEGFIX_CHECKPOINTS.load(checkpoint)
        width, variant = card.get("width_px", RELEASED_WIDTH_PX), card.get("targets", "released")
        settings = TargetSettings(network.directions, float(width), variant)
        parameters = sum(each.numel() for each in network.parameters())
        return cls(checkpoint, fuse_batchnorm(network), settings, parameters, **options)

    def predict(self, image: NDArray[np.uint8]) -> Prediction:
        """Probability of the boundary and directions."""
        return predict(self.network, image, crops=self.crops, device=self.device, precision=self.precision)


def score_branches(
    scored: ScoredNetwork, dataset: Dataset, samples: Sequence[Sample], step: Progress
) -> dict[str, Any]:
    """Score a network on samples of a dataset.

    Args:
        scored: the network.
        dataset: of any task; targets are made of its truth as in training.
        samples: at least one.
        step: called with how many images are done.

    Returns:
        JSON-able: `network`, `dataset`, `definition`, `scores` (None where undefined), `counts` of pixels, `runtime`
        and `made_with`.

    Raises:
        ValueError: an image of another size than its truth.
    """
    scored.predict(dataset.image(samples[0]))  # what is compiled or tuned at first is not timed
    counts, seconds = [], 0.0
    for done, sample in enumerate(samples, start=1):
        image = dataset.image(sample)
        start = time.perf_counter()
        prediction = scored.predict(image)
        seconds += time.perf_counter() - start
        counts.append(image_counts(prediction, image, dataset.truth(sample), scored.settings))
        step(done, len(samples))
    summed = total(counts)
    return {
        "schema": 1,
        "network": _described(scored),
        "dataset": data_card(dataset, samples),
        "definition": _definition(scored.settings),
        "scores": branch_scores(summed),
        "counts": summed,
        "runtime": {"ms_per_image": 1000 * seconds / len(samples), **_conditions(scored)},
        "made_with": environment(),
    }


def image_counts(
    prediction: Prediction, image: NDArray[np.uint8], truth: Segmentation, settings: TargetSettings
) -> Mapping[str, int]:
    """Counts of one image, for `boundary_bench.refiners.segfix.scores.branch_scores`."""
    probability, classes = prediction
    boundary, true_classes = decoded(picture(image, truth, settings).codes)
    return branch_counts(probability > THRESHOLD, classes, boundary, true_classes, settings.directions)


def _described(scored: ScoredNetwork) -> dict[str, Any]:
    return {
        "checkpoint": scored.checkpoint.name,
        "digest": file_digest(scored.checkpoint),
        "backbone": scored.network.name,
        "parameters": scored.parameters,
    }


def _definition(settings: TargetSettings) -> dict[str, Any]:
    return {
        **settings.definition(),
        "threshold": THRESHOLD,
        "averaging": "over the pixels of all images together, without void",
        "direction_accuracy": "on the predicted boundary, as in the paper, and on the true one",
    }


def _conditions(scored: ScoredNetwork) -> dict[str, Any]:
    on_gpu = scored.device.startswith("cuda")
    return {
        "what": "mean of normalising, network and enlarging, one image at a time, after one that is not timed",
        "device": torch.cuda.get_device_name(scored.device) if on_gpu else "cpu",
        "threads": torch.get_num_threads(),
        "precision": scored.precision,
        "crops": scored.crops,
    }
