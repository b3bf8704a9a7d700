"""Training SegFix on data sets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bench.contracts import Dataset
from bench.training import Step, data_card, explained, finished_card, state_folder
from refiners.segfix import checkpoint
from refiners.segfix.losses import LOSSES
from refiners.segfix.network import SegFixNetwork
from refiners.segfix.training import Crops, Picture, TargetSettings, picture
from refiners.training import Progress, Recipe, train


@dataclass(frozen=True)
class SegFixTraining:
    """Everything that decides the weights of a network.

    Attributes:
        datasets: each gets the same share of a batch (Section 4.5).
        settings: of the targets.
        recipe: of the optimisation.
        backbone: one of `refiners.backbones.hrnet.SPECS`.
        loss: one of `refiners.segfix.losses.LOSSES`.
        crop: (height, width) in pixels.
    """

    datasets: Sequence[Dataset]
    settings: TargetSettings
    recipe: Recipe
    backbone: str
    loss: str
    crop: tuple[int, int]

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data sets by their contents, not by their places."""
        return {
            "data": [data_card(each, each.samples()) for each in self.datasets],
            "backbone": self.backbone,
            **self.settings.definition(),
            "loss": self.loss,
            "crop_px": list(self.crop),
        }

    def run(
        self,
        out: Path,
        *,
        command: Sequence[str],
        device: str,
        seconds: float,
        step: Step,
        report: Callable[[Progress], None],
    ) -> bool:
        """Train, from where an earlier call stopped, and write the checkpoint when done.

        Args:
            out: `.safetensors`; what is needed to go on lies in `bench.training.state_folder(out)`.
            command: as called, for the card.
            device: `cpu` or `cuda`.
            seconds: how long to train at most.
            step: told how many images are prepared.
            report: told how far the training is.

        Returns:
            Whether all steps are done and the checkpoint is written.

        Raises:
            InputError: the state of another training lies there, or a loss is no longer finite.
        """
        folder, definition = state_folder(out), self.definition()
        crops = Crops([pictures(each, self.settings, step) for each in self.datasets], self.crop)
        torch.manual_seed(self.recipe.seed)
        network = SegFixNetwork(self.backbone, self.settings.directions)
        limits: dict[str, Any] = {"device": device, "seconds": seconds, "report": report}
        with explained(out):
            done = train(network, crops, LOSSES[self.loss], self.recipe, folder, definition=definition, **limits)
        if done:
            card = finished_card(definition, self.recipe, out, device=device, command=command)
            checkpoint.save(out, network, card)
        return done


def pictures(dataset: Dataset, settings: TargetSettings, step: Step) -> list[Picture]:
    """Images of a data set with their targets, all in memory: 5 bytes a pixel."""
    samples = dataset.samples()
    found = []
    for done, sample in enumerate(samples, start=1):
        found.append(picture(dataset.image(sample), dataset.truth(sample), settings))
        step(done, len(samples))
    return found
