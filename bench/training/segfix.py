"""Training SegFix on datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from boundary_bench.bench.plugins.protocols import Dataset, Progress
from boundary_bench.bench.training.base import Training, data_card
from boundary_bench.bench.training.recipes.models import SegFixRecipe
from boundary_bench.bench.training.seen_truth import SeenTruth
from boundary_bench.refiners.networks.training import Losses, Recipe
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.losses import LOSSES
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.training import Crops, Picture, TargetSettings, picture


@dataclass(frozen=True)
class SegFixTraining(Training):
    """Everything that decides the weights of a network.

    Attributes:
        datasets: each gets the same share of a batch (Section 4.5).
        settings: of the targets.
        recipe: of the optimisation.
        backbone: one of `boundary_bench.refiners.networks.backbones.hrnet.SPECS`.
        loss: one of `boundary_bench.refiners.segfix.losses.LOSSES`.
        crop: (height, width) in pixels.
    """

    datasets: Sequence[Dataset]
    settings: TargetSettings
    recipe: Recipe
    backbone: str
    loss: str
    crop: tuple[int, int]

    @classmethod
    def of(cls, recipe: SegFixRecipe, datasets: Sequence[Dataset]) -> Self:
        """The training that a recipe describes."""
        settings = TargetSettings(recipe.directions, recipe.width_px, recipe.targets)
        return cls(datasets, settings, recipe.optimisation(), recipe.backbone, recipe.loss, recipe.crop)

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; datasets by their contents, not by their places."""
        return {
            "data": [data_card(each, each.samples()) for each in self.datasets],
            "backbone": self.backbone,
            **self.settings.definition(),
            "loss": self.loss,
            "crop_px": list(self.crop),
        }

    def _prepared(self, step: Progress) -> tuple[SegFixNetwork, Crops, dict[str, Any]]:
        crops = Crops([pictures(each, self.settings, step) for each in self.datasets], self.crop)
        torch.manual_seed(self.recipe.seed)
        return SegFixNetwork(self.backbone, self.settings.directions), crops, {}

    def _losses(self) -> Losses:
        return LOSSES[self.loss]

    def _save(self, out: Path, network: SegFixNetwork, card: dict[str, Any]) -> None:
        SEGFIX_CHECKPOINTS.save(out, network, card)


def pictures(dataset: Dataset, settings: TargetSettings, step: Progress) -> list[Picture]:
    """Images of a dataset with their targets, all in memory: 5 bytes a pixel.

    Raises:
        InputError: truth without a boundary.
    """
    samples, seen = dataset.samples(), SeenTruth(dataset)
    found = []
    for done, sample in enumerate(samples, start=1):
        truth = dataset.truth(sample)
        seen.add(truth)
        found.append(picture(dataset.image(sample), truth, settings))
        step(done, len(samples))
    seen.require_boundary()
    return found
