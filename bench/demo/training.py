"""Trains the baseline network on the synthetic train split: `python -m boundary_bench.bench.demo.training --out
FILE`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from boundary_bench.bench.datasets.synthetic import VERSION, Synthetic
from boundary_bench.bench.demo.checkpoint import STRIDE8_CHECKPOINTS
from boundary_bench.bench.demo.network import Stride8Network
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.plugins.protocols import Progress
from boundary_bench.bench.training.base import Training, data_card
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.refiners.networks.training import Losses, Recipe, TrainingProgress

CROP_WIDTH_PX: Final = 384
"""Crops are as high as the image and this wide."""
IGNORED: Final = -1
"""In labels to train on: void, which does not count."""
STEPS: Final = 3600
IMAGES: Final = 600


class Crops:
    """Draws training examples; satisfies `boundary_bench.refiners.networks.training.Examples`.

    An image, a part of it, whether it is mirrored, and a change of brightness and contrast are drawn.

    Args:
        images: uint8 (N, H, W, 3); W is even, and so is H.
        labels: uint8 (N, H, W), with their void.
        width_px: of the crops, an even number.
    """

    def __init__(self, images: NDArray[np.uint8], labels: NDArray[np.uint8], width_px: int = CROP_WIDTH_PX) -> None:
        self._images, self._labels, self._width = images, labels, min(width_px, images.shape[2])

    def __call__(self, rng: np.random.Generator, place: int) -> tuple[Tensor, Tensor]:  # noqa: ARG002
        """Image, float32 (3, H, w) in 0..1, and labels of every second pixel, int64 (H / 2, w / 2), or `IGNORED`."""
        index = int(rng.integers(len(self._images)))
        left = int(rng.integers(self._images.shape[2] - self._width + 1))
        window = np.s_[index, :, left : left + self._width]
        order = -1 if rng.random() < 0.5 else 1
        gain, offset = np.float32(rng.uniform(0.8, 1.25)), np.float32(rng.uniform(-0.06, 0.06))
        shown = np.clip(self._images[window][:, ::order].astype(np.float32) / 255 * gain + offset, 0, 1)
        # Every second pixel is enough; which ones changes, or predictions would learn to sit half a pixel off.
        row, column = rng.integers(2, size=2).tolist()
        labels = self._labels[window][:, ::order][row::2, column::2]
        image = torch.from_numpy(np.ascontiguousarray(shown.transpose(2, 0, 1)))
        return image, torch.from_numpy(np.where(labels == void_of(labels), np.int64(IGNORED), labels.astype(np.int64)))


def losses(logits: Tensor, targets: tuple[Tensor, ...]) -> dict[str, Tensor]:
    """Cross-entropy of logits that are enlarged to the size of the labels; void does not count.

    Args:
        logits: float32 (N, K, h, w).
        targets: labels, int64 (N, H, W) of 0..K-1 and `IGNORED`.
    """
    (labels,) = targets
    enlarged = functional.interpolate(logits, labels.shape[-2:], mode="bilinear", align_corners=False)
    return {"loss": functional.cross_entropy(enlarged, labels, ignore_index=IGNORED)}


@dataclass(frozen=True)
class Stride8Training(Training):
    """Everything that decides the weights of the baseline network.

    Attributes:
        recipe: of the optimisation.
        dataset: with the 19 classes of Cityscapes and images of one size; all of it in memory.
    """

    recipe: Recipe
    dataset: Synthetic

    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data by their contents."""
        return {
            "network": "Stride8Network",
            "data": data_card(self.dataset, self.dataset.samples()),
            "generator_version": VERSION,
            "crop_width_px": CROP_WIDTH_PX,
        }

    def _prepared(self, step: Progress) -> tuple[Stride8Network, Crops, dict[str, Any]]:
        samples, images, labels = self.dataset.samples(), [], []
        for done, sample in enumerate(samples, start=1):
            images.append(self.dataset.image(sample))
            labels.append(self.dataset.truth(sample).labels)
            step(done, len(samples))
        torch.manual_seed(self.recipe.seed)
        return Stride8Network(len(self.dataset.classes)), Crops(np.stack(images), np.stack(labels)), {}

    def _losses(self) -> Losses:
        return losses

    def _save(self, out: Path, network: Stride8Network, card: dict[str, Any]) -> None:
        STRIDE8_CHECKPOINTS.save(out, network, card)


def recipe(steps: int = STEPS, seed: int = 0) -> Recipe:
    """How the shipped network was trained."""
    return Recipe(
        steps, batch=6, learning_rate=3e-3, weight_decay=1e-3, optimiser="adamw", warm_up=50, clip_norm=5.0, seed=seed
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns 0 when the weights are written, 1 when time ran out before (run again to go on)."""
    module = "boundary_bench.bench.demo.training"
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = _parser(f"python -m {module}")
    options = parser.parse_args(given)
    if options.out.suffix != ".safetensors":
        parser.error(f"--out ends in {options.out.suffix!r}; allowed: .safetensors")
    torch.set_num_threads(options.threads)
    try:
        training = Stride8Training(recipe(options.steps, options.seed), Synthetic("train", images=options.images))
        done = training.run(
            options.out,
            command=["python", "-m", module, *given],
            device="cpu",
            seconds=60.0 * options.minutes,
            step=_rendered,
            report=_report,
        )
    except (InputError, ValueError) as error:
        parser.error(str(error))
    if not done:
        print("stopped before the end; the same command resumes it", flush=True)
    return 0 if done else 1


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=program, description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.safetensors)")
    parser.add_argument("--steps", type=int, default=STEPS, help="batches in all")
    parser.add_argument("--images", type=int, default=IMAGES, help="images of the train split")
    parser.add_argument("--seed", type=int, default=0, help="of initial weights and batches")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long; run again to go on")
    return parser


def _rendered(done: int, total: int) -> None:
    if done == total:
        print(f"{total} images rendered", flush=True)


def _report(now: TrainingProgress) -> None:
    print(f"step {now.step} of {now.steps}, loss {now.losses['loss']:.4f}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
