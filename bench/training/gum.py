"""Training guided up-sampling on the saved class probabilities of a model and their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Progress, Sample
from boundary_bench.bench.plugins.registry import refusal
from boundary_bench.bench.training.base import Training, data_card
from boundary_bench.bench.training.recipes.models import GUMRecipe
from boundary_bench.bench.training.seen_truth import SeenTruth
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.gum.training import Crops, Picture, losses, picture
from boundary_bench.refiners.networks.training import Losses, Recipe


@dataclass(frozen=True)
class GUMTraining(Training):
    """Everything that decides the weights of a network.

    Attributes:
        dataset: with images and label maps.
        predictions: for all of the samples, with probabilities.
        samples: what is trained on.
        recipe: of the optimisation.
        backbone: one of `boundary_bench.refiners.networks.backbones.hrnet.SPECS`.
        reach_px: that no offset exceeds.
        crop: (height, width) in pixels.
    """

    dataset: Dataset
    predictions: PredictionSet
    samples: Sequence[Sample]
    recipe: Recipe
    backbone: str
    reach_px: float
    crop: tuple[int, int]

    @classmethod
    def of(cls, recipe: GUMRecipe, dataset: Dataset, predictions: PredictionSet, samples: Sequence[Sample]) -> Self:
        """The training that a recipe describes.

        Raises:
            InputError: predictions of another kind, or that were saved without class probabilities.
        """
        _require_probabilities(predictions)
        optimisation = recipe.optimisation()
        return cls(dataset, predictions, samples, optimisation, recipe.backbone, recipe.reach_px, recipe.crop)

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data by their contents, not by their places."""
        digest = combined(*(self.predictions.digest(sample) for sample in self.samples))
        return {
            "data": data_card(self.dataset, self.samples),
            "predictions": {"name": self.predictions.name, "digest": digest},
            "backbone": self.backbone,
            "reach_px": self.reach_px,
            "crop_px": list(self.crop),
        }

    def _prepared(self, step: Progress) -> tuple[GuidanceNetwork, Crops, dict[str, Any]]:
        found, seen = [], SeenTruth(self.dataset)
        for done, sample in enumerate(self.samples, start=1):
            truth = self.dataset.truth(sample)
            seen.add(truth)
            found.append(self._picture(sample, truth))
            step(done, len(self.samples))
        seen.require_boundary()
        try:
            crops = Crops(found, self.crop)
        except ValueError as error:
            raise InputError(refusal("crop", error, "multiples of the probabilities' stride")) from error
        torch.manual_seed(self.recipe.seed)
        return GuidanceNetwork(self.backbone, self.reach_px), crops, {"stride_px": crops.stride}

    def _picture(self, sample: Sample, truth: SemanticMap) -> Picture:
        try:
            return picture(self.dataset.image(sample), self.predictions.load(sample), truth)
        except ValueError as error:
            raise InputError(refusal(f"{self.predictions.name}, {sample.id}", error, "what fits the image")) from error

    def _losses(self) -> Losses:
        return losses

    def _save(self, out: Path, network: GuidanceNetwork, card: dict[str, Any]) -> None:
        GUM_CHECKPOINTS.save(out, network, card)


def _require_probabilities(predictions: PredictionSet) -> None:
    where = f"predictions {predictions.name}"
    if predictions.task != "semantic":
        found, allowed = f"{predictions.task} predictions", "label maps with the probabilities of their classes"
        raise InputError(Problem(where, found, allowed))
    if not predictions.has_probabilities:
        hint = "--probabilities DIR, or --format probabilities"
        raise InputError(Problem(where, "labels only", "class probabilities", hint))
