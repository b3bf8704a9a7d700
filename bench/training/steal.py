"""Training STEAL: edges of every class, from the label maps, binary masks or segments of a dataset."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.class_labels import class_labels
from boundary_bench.bench.plugins.protocols import Dataset, Progress, Sample
from boundary_bench.bench.training.base import Training, data_card, start_card, start_network
from boundary_bench.bench.training.recipes.models import StealRecipe, start_file
from boundary_bench.bench.training.seen_truth import SeenTruth
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap
from boundary_bench.refiners.files.atomic_write import replacing
from boundary_bench.refiners.files.npz import read_all
from boundary_bench.refiners.networks.training import CHECKPOINT, Losses, Recipe
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.inference import probabilities
from boundary_bench.refiners.steal.losses import EdgeLoss
from boundary_bench.refiners.steal.schedule import Schedule
from boundary_bench.refiners.steal.training import Crops, picture
from boundary_bench.refiners.transfer.steal import start_from

ALIGNED: Final = "aligned.npz"
"""The boundaries that are trained on, and since which step."""
EVOLUTION_STEPS: Final = tuple(range(11))
"""Of active alignment, the likeliest of which is taken: up to as many as the released code has."""


@dataclass(frozen=True)
class Alignment:
    """When true boundaries are moved to where the network sees them (STEAL, Sections 3.4 and 3.5).

    Attributes:
        start: the step before which it is done for the first time.
        every: how many steps later it is done again, each time from the true boundaries.
        closeness: λ of Equation 11.

    Raises:
        ValueError: a value out of range.
    """

    start: int
    every: int = 5000
    closeness: float = 1.0

    def __post_init__(self) -> None:
        for name, lowest in (("start", 1), ("every", 1), ("closeness", 0)):
            if not getattr(self, name) >= lowest:
                raise ValueError(f"{name} of the alignment is {getattr(self, name)}; allowed: at least {lowest}")

    def evolution(self) -> Evolution:
        """How boundaries move."""
        return Evolution(Contour(balloon=0), Schedule(EVOLUTION_STEPS, reduction=1), closeness=self.closeness)


@dataclass(frozen=True)
class StealTraining(Training):
    """Everything that decides the weights of a network.

    Attributes:
        dataset: with images and semantic, binary or panoptic truth; binary masks are label maps of background and
            object, and of panoptic truth, objects of a class have edges between them.
        recipe: of the optimisation.
        network: one of `boundary_bench.refiners.steal.casenet.NETWORKS`.
        loss: what is minimised.
        radius_px: how far edges reach, see `boundary_bench.metrics.functional.geometry.semantic_edges`.
        crop: (height, width) in pixels.
        start: a checkpoint of SegFix or BPR whose backbone the network starts with.
        alignment: None where the truth is taken as it is.
    """

    dataset: Dataset
    recipe: Recipe
    network: str
    loss: EdgeLoss
    radius_px: float
    crop: tuple[int, int]
    start: Path | None = None
    alignment: Alignment | None = None

    @classmethod
    def of(cls, recipe: StealRecipe, dataset: Dataset) -> Self:
        """The training that a recipe describes.

        Raises:
            InputError: truth of another kind.
        """
        if dataset.task not in ("semantic", "binary", "panoptic"):
            allowed = "semantic, binary or panoptic truth"
            raise InputError(Problem(f"dataset {dataset.name}", f"{dataset.task} truth", allowed))
        first = recipe.align_from
        return cls(
            dataset,
            recipe.optimisation(),
            recipe.backbone,
            EdgeLoss(recipe.entropy_weight, recipe.nms_weight, recipe.direction_weight),
            recipe.radius_px,
            recipe.crop,
            None if recipe.start is None else start_file(recipe.start),
            None if first is None else Alignment(first, recipe.align_every, recipe.align_closeness),
        )

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data by their contents, not by their places."""
        return {
            "data": data_card(self.dataset, self.dataset.samples()),
            "network": self.network,
            "loss": asdict(self.loss),
            "radius_px": self.radius_px,
            "crop_px": list(self.crop),
            "start": start_card(self.start),
            "alignment": None if self.alignment is None else asdict(self.alignment),
        }

    def _prepared(self, step: Progress) -> tuple[CASENet, Crops, dict[str, Any]]:
        network = self._initial()
        return network, Crops(self._pictures(step), self.crop), {}

    def _losses(self) -> Losses:
        return self.loss

    def _save(self, out: Path, network: CASENet, card: dict[str, Any]) -> None:
        STEAL_CHECKPOINTS.save(out, network, card)

    def _initial(self) -> CASENet:
        torch.manual_seed(self.recipe.seed)
        network = CASENet(self.network, len(self.dataset.classes))
        start_network(self.start, partial(start_from, network))
        return network

    def _pictures(self, step: Progress) -> list[Any]:
        found, samples, seen = [], self.dataset.samples(), SeenTruth(self.dataset)
        for done, sample in enumerate(samples, start=1):
            truth = self._truth(sample)
            seen.add(truth)
            labels = class_labels(truth)
            void = labels == void_of(labels)
            found.append(picture(self.dataset.image(sample), self._boundaries(truth), void))
            step(done, len(samples))
        seen.require_boundary()
        return found

    def _truth(self, sample: Sample) -> Any:
        """Semantic or panoptic; binary masks as label maps."""
        truth = self.dataset.truth(sample)
        return SemanticMap(truth.labels) if isinstance(truth, BinaryMask) else truth

    def _boundaries(self, truth: SemanticMap | PanopticMap) -> NDArray[np.bool_]:
        instances = truth.ids if isinstance(truth, PanopticMap) else None
        classes = len(self.dataset.classes)
        return semantic_edges(class_labels(truth), classes=classes, radius_px=self.radius_px, instances=instances)

    def _fit(self, network: CASENet, examples: Crops, folder: Path, seconds: float, limits: dict[str, Any]) -> bool:
        """Train part by part: from one alignment to the next."""
        limit, aligned = time.monotonic() + seconds, _restore(examples, folder)
        for end in self._ends():
            # Those before the latest alignment are done.
            if end <= aligned:
                continue
            left = max(0.0, limit - time.monotonic())
            if not super()._fit(network, examples, folder, left, {**limits, "until": end}):
                return False
            if end < self.recipe.steps:
                self._align(network, examples, limits["device"])
                _keep(examples, folder, end)
        return True

    def _ends(self) -> list[int]:
        """Of the parts, in steps."""
        align = self.alignment
        return [*(range(align.start, self.recipe.steps, align.every) if align else ()), self.recipe.steps]

    def _align(self, network: CASENet, crops: Crops, device: str) -> None:
        assert self.alignment is not None
        evolution = self.alignment.evolution()
        for index, sample in enumerate(self.dataset.samples()):
            edges = probabilities(network, crops.pictures[index].image, device=device)
            crops.realign(index, self._boundaries(evolution.refined(self._truth(sample), edges)))


def _keep(crops: Crops, folder: Path, step: int) -> None:
    """Save boundaries: the weights that they were aligned with are soon overwritten."""
    arrays: dict[str, Any] = {str(index): each.bits for index, each in enumerate(crops.pictures)}
    with replacing(folder / ALIGNED) as file:
        np.savez_compressed(file, step=step, **arrays)


def _restore(crops: Crops, folder: Path) -> int:
    """Give pictures the boundaries that they had; the step since which they had them, 0 without any."""
    if not ((folder / ALIGNED).exists() and (folder / CHECKPOINT).exists()):
        return 0
    saved = read_all(folder / ALIGNED)
    for index, each in enumerate(crops.pictures):
        width = each.image.shape[1]
        crops.realign(index, np.unpackbits(saved[str(index)], axis=2, count=width).view(np.bool_))
    return int(saved["step"])
