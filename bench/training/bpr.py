"""Training BPR on saved predictions of any model and their truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Dataset, PredictionSet, Progress, Sample
from boundary_bench.bench.training.base import Training, data_card, start_card, start_network
from boundary_bench.bench.training.recipes.models import BPRRecipe, start_file
from boundary_bench.bench.training.seen_truth import SeenTruth
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.bpr.patches import PatchParameters
from boundary_bench.refiners.bpr.training import Bank, Examples, losses
from boundary_bench.refiners.networks.training import Losses, Recipe
from boundary_bench.refiners.transfer.bpr import start_from

MATCHED = "at least one boundary of a prediction that overlaps its truth by more than half"
FOUND = "at least one predicted mask that has a boundary"


@dataclass(frozen=True)
class BPRTraining(Training):
    """Everything that decides the weights of a network.

    Attributes:
        dataset: with images and truth.
        predictions: for all of the samples.
        samples: what is trained on.
        parameters: where patches lie.
        recipe: of the optimisation.
        network: one of `boundary_bench.refiners.bpr.network.NETWORKS`.
        with_mask: whether it sees the patch of the mask.
        input_px: side of what it sees.
        jitter_px: how far masks are displaced at most, see `boundary_bench.refiners.bpr.training.Examples`.
        start: a checkpoint of BPR or SegFix whose backbone the network starts with.
    """

    dataset: Dataset
    predictions: PredictionSet
    samples: Sequence[Sample]
    parameters: PatchParameters
    recipe: Recipe
    network: str
    with_mask: bool
    input_px: int
    jitter_px: float = 0.0
    start: Path | None = None

    @classmethod
    def of(cls, recipe: BPRRecipe, dataset: Dataset, predictions: PredictionSet, samples: Sequence[Sample]) -> Self:
        """The training that a recipe describes."""
        return cls(
            dataset,
            predictions,
            samples,
            PatchParameters(recipe.scheme, recipe.patch_px, recipe.padding_px, recipe.nms_threshold),
            recipe.optimisation(),
            recipe.network,
            recipe.with_mask,
            recipe.input_px,
            recipe.jitter_px,
            None if recipe.start is None else start_file(recipe.start),
        )

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data by their contents, not by their places."""
        digest = combined(*(self.predictions.digest(sample) for sample in self.samples))
        return {
            "data": data_card(self.dataset, self.samples),
            "predictions": {"name": self.predictions.name, "digest": digest},
            "network": self.network,
            "with_mask": self.with_mask,
            "scheme": self.parameters.scheme,
            "patch_px": self.parameters.size_px,
            "padding_px": self.parameters.padding_px,
            "nms_threshold": self.parameters.nms_threshold,
            "input_px": self.input_px,
            "jitter_px": self.jitter_px,
            "start": start_card(self.start),
        }

    def _prepared(self, step: Progress) -> tuple[RefinementNetwork, Examples, dict[str, Any]]:
        network = self._initial()
        examples = Examples(self._bank(step), self.input_px, self.with_mask, self.jitter_px)
        return network, examples, {"patches": len(examples.bank)}

    def _losses(self) -> Losses:
        return losses

    def _save(self, out: Path, network: RefinementNetwork, card: dict[str, Any]) -> None:
        BPR_CHECKPOINTS.save(out, network, card)

    def _initial(self) -> RefinementNetwork:
        torch.manual_seed(self.recipe.seed)
        network = RefinementNetwork(self.network, with_mask=self.with_mask)
        start_network(self.start, partial(start_from, network))
        return network

    def _bank(self, step: Progress) -> Bank:
        bank, seen = Bank(self.parameters), SeenTruth(self.dataset)
        for done, sample in enumerate(self.samples, start=1):
            truth = self.dataset.truth(sample)
            seen.add(truth)
            bank.add(self.dataset.image(sample), self.predictions.load(sample), truth)
            step(done, len(self.samples))
        seen.require_boundary()
        if not len(bank):
            allowed = MATCHED if self.dataset.task in ("instance", "panoptic") else FOUND
            raise InputError(Problem(f"predictions {self.predictions.name}", "no patch to learn from", allowed))
        return bank
