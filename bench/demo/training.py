"""Trains the baseline network on the synthetic train split: `python -m boundary_bench.bench.demo.training --out
FILE`."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.bench.datasets.synthetic import VERSION, Synthetic
from boundary_bench.bench.demo.network import Stride8Network
from boundary_bench.metrics.structures.segmentation import VOID

Pairs = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""Images, uint8 (N, H, W, 3), and labels, uint8 (N, H, W)."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides the weights.

    Attributes:
        steps: batches in all; the learning rate falls to 0 over them.
        images: how many of the train split.
        crop_width_px: crops are as high as the image and this wide.
        power: exponent of the decay of the learning rate.
    """

    steps: int = 3600
    batch: int = 6
    images: int = 600
    crop_width_px: int = 384
    learning_rate: float = 3e-3
    weight_decay: float = 1e-3
    power: float = 0.9
    seed: int = 0


class Trainer:
    """Network, optimiser and random numbers of one training; can be stopped after any step and go on later."""

    def __init__(self, recipe: Recipe, pairs: Pairs) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.network = Stride8Network()
        self.step = 0
        self._images, self._labels = pairs
        self._rng = np.random.default_rng(recipe.seed)
        self._optimiser = torch.optim.AdamW(
            self.network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay
        )

    def advance(self) -> float:
        """One step; returns its loss."""
        rate = self.recipe.learning_rate * (1.0 - self.step / self.recipe.steps) ** self.recipe.power
        for group in self._optimiser.param_groups:
            group["lr"] = rate * min(1.0, (self.step + 1) / 50)
        images, labels = self._batch()
        self.network.train()
        row, column = self._rng.integers(2, size=2).tolist()
        # Every second pixel is enough; which ones changes, or predictions would learn to sit half a pixel off.
        loss = coarse_loss(self.network(images), labels[:, row::2, column::2])
        self._optimiser.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self._optimiser.step()
        self.step += 1
        return float(loss.detach())

    def save(self, path: Path) -> None:
        """Writes everything `resume` needs, atomically."""
        state = {
            "recipe": json.dumps(asdict(self.recipe)),
            "step": self.step,
            "network": self.network.state_dict(),
            "optimiser": self._optimiser.state_dict(),
            "rng": json.dumps(self._rng.bit_generator.state),
        }
        partial = path.with_name(path.name + ".partial")
        torch.save(state, partial)
        partial.replace(path)

    def resume(self, path: Path) -> None:
        """Goes on from a file that `save` wrote.

        Raises:
            ValueError: it belongs to another recipe.
        """
        state = torch.load(path, weights_only=True)
        if json.loads(state["recipe"]) != asdict(self.recipe):
            raise ValueError(f"{path.name} was written by another recipe: {state['recipe']}")
        self.network.load_state_dict(state["network"])
        self._optimiser.load_state_dict(state["optimiser"])
        self._rng.bit_generator.state = json.loads(state["rng"])
        self.step = int(state["step"])

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Crops of different images, flipped at random and with brightness and contrast of their own."""
        count, _, width, _ = self._images.shape
        crop = min(self.recipe.crop_width_px, width)
        images, labels = [], []
        for index in self._rng.choice(count, self.recipe.batch, replace=count < self.recipe.batch).tolist():
            left = int(self._rng.integers(width - crop + 1))
            order = -1 if self._rng.random() < 0.5 else 1
            gain, offset = self._rng.uniform(0.8, 1.25), self._rng.uniform(-0.06, 0.06)
            window = self._images[index, :, left : left + crop][:, ::order]
            images.append(np.clip(window.astype(np.float32) / 255 * np.float32(gain) + np.float32(offset), 0, 1))
            labels.append(self._labels[index, :, left : left + crop][:, ::order].astype(np.int64))
        batch = torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2)
        return batch.contiguous(memory_format=torch.channels_last), torch.from_numpy(np.stack(labels))


def coarse_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of logits (N, K, h, w) enlarged to the size of labels (N, H, W); void does not count."""
    enlarged = functional.interpolate(logits, labels.shape[-2:], mode="bilinear", align_corners=False)
    return functional.cross_entropy(enlarged, labels, ignore_index=VOID)


def render(images: int) -> Pairs:
    """The first images of the train split with their labels."""
    dataset = Synthetic("train", images=images)
    shown = [(dataset.image(sample), dataset.truth(sample).labels.astype(np.uint8)) for sample in dataset.samples()]
    return np.stack([image for image, _ in shown]), np.stack([labels for _, labels in shown])


def train(trainer: Trainer, checkpoint: Path, minutes: float) -> bool:
    """Steps until done or out of time, with a checkpoint every 100 steps; returns whether it is done."""
    end, losses = time.monotonic() + 60.0 * minutes, []
    while trainer.step < trainer.recipe.steps and time.monotonic() < end:
        losses.append(trainer.advance())
        if trainer.step % 100 == 0:
            trainer.save(checkpoint)
            print(f"step {trainer.step} loss {np.mean(losses[-100:]):.4f}", flush=True)
    trainer.save(checkpoint)
    return trainer.step >= trainer.recipe.steps


def export(network: nn.Module, recipe: Recipe, path: Path) -> None:
    """Half-precision weights with what made them in the header."""
    tensors = {
        name: (value.half() if value.is_floating_point() else value).contiguous()
        for name, value in network.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    metadata = {
        "network": "Stride8Network",
        "recipe": json.dumps(asdict(recipe)),
        "data": f"synthetic train, generator version {VERSION}",
        "torch": str(torch.__version__),
    }
    save_file(tensors, path, metadata)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns 0 when the weights are written, 1 when time ran out before (run again to go on)."""
    parser = argparse.ArgumentParser(prog="python -m boundary_bench.bench.demo.training", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="weights to write (.safetensors)")
    parser.add_argument("--steps", type=int, default=Recipe.steps, help="batches in all")
    parser.add_argument("--images", type=int, default=Recipe.images, help="images of the train split")
    parser.add_argument("--seed", type=int, default=Recipe.seed, help="of initial weights and batches")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch")
    parser.add_argument("--minutes", type=float, default=60.0, help="stop after this long; run again to go on")
    given = parser.parse_args(arguments)
    torch.set_num_threads(given.threads)
    recipe = Recipe(steps=given.steps, images=given.images, seed=given.seed)
    trainer = Trainer(recipe, render(recipe.images))
    checkpoint = given.out.with_suffix(".checkpoint.pt")
    if checkpoint.exists():
        trainer.resume(checkpoint)
    if not train(trainer, checkpoint, given.minutes):
        print(f"stopped at step {trainer.step} of {recipe.steps}; the same command goes on", flush=True)
        return 1
    export(trainer.network, recipe, given.out)
    checkpoint.unlink()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
