"""The one training loop that all learned refiners share: seeded step by step, resumable, logged.

What a step does depends on the seed and its number alone, never on what was drawn before. A training that is stopped at
any moment and started again therefore runs through the same losses to the same weights as one that never stopped (on
one kind of processor, with one number of threads).
"""

from __future__ import annotations

import json
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from boundary_bench.refiners.files.atomic_write import remove_leftovers, replacing
from boundary_bench.refiners.networks.loss_log import loss_log
from boundary_bench.refiners.networks.pickled_checkpoint import unpickled

Batch = tuple[Tensor, ...]
Examples = Callable[[np.random.Generator, int], Batch]
"""Draws one example: the network's input, float32 (C, H, W), then whatever the loss is told; shapes never change. The
number is its place in the batch. Called from threads."""
Losses = Callable[[Any, Batch], dict[str, Tensor]]
"""From the network's output and the batch without its input to named scalars; `loss` is what is minimised."""

CHECKPOINT = "checkpoint.pt"
BATCHES_AHEAD = 2
CHECKPOINT_SECONDS = 60.0


@dataclass(frozen=True)
class Recipe:
    """How a network is trained.

    Attributes:
        steps: batches in all; the learning rate falls to 0 over them as (1 - step / steps) ** power.
        batch: examples a step.
        learning_rate: at its highest.
        weight_decay: of all parameters.
        optimiser: `sgd` or `adamw`.
        momentum: of `sgd`.
        warm_up: steps over which the learning rate rises to that of the schedule.
        clip_norm: what the norm of all gradients together is reduced to where it is larger. None: never.
        precision: what the network computes in; losses and weights are float32.
        seed: of everything that is random.

    Raises:
        ValueError: a number out of range.
    """

    steps: int
    batch: int
    learning_rate: float
    weight_decay: float = 5e-4
    optimiser: Literal["sgd", "adamw"] = "sgd"
    momentum: float = 0.9
    power: float = 0.9
    warm_up: int = 0
    clip_norm: float | None = None
    precision: Literal["float32", "bfloat16"] = "float32"
    seed: int = 0

    def __post_init__(self) -> None:
        for name, lowest in (("steps", 1), ("batch", 1), ("warm_up", 0), ("seed", 0), ("weight_decay", 0)):
            if not getattr(self, name) >= lowest:
                raise ValueError(f"{name} is {getattr(self, name)}; allowed: at least {lowest}")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(f"learning_rate is {self.learning_rate}; allowed: above 0")
        if self.clip_norm is not None and not 0 < self.clip_norm < math.inf:
            raise ValueError(f"clip_norm is {self.clip_norm}; allowed: above 0")

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm = min(1.0, (step + 1) / self.warm_up) if self.warm_up else 1.0
        return self.learning_rate * warm * math.pow(1.0 - step / self.steps, self.power)


@dataclass(frozen=True)
class TrainingProgress:
    """How far a training is.

    Attributes:
        step: steps done, of `steps`.
        losses: means since the last report, by name.
        seconds_left: until the end, at the speed so far.
    """

    step: int
    steps: int
    losses: Mapping[str, float]
    seconds_left: float


def train(
    network: nn.Module,
    examples: Examples,
    losses: Losses,
    recipe: Recipe,
    folder: Path,
    *,
    definition: Mapping[str, Any],
    device: str = "cpu",
    seconds: float = math.inf,
    until: int | None = None,
    report: Callable[[TrainingProgress], None] | None = None,
) -> bool:
    """Train a network in place, from its last checkpoint in the folder if there is one.

    Args:
        network: with the weights to begin with, which are the caller's to seed.
        examples, losses: see there.
        recipe: how to train.
        folder: made if needed; gets `checkpoint.pt`, every loss in `losses.jsonl`, and curves where TensorBoard is
            installed.
        definition: all else that decides the weights (data, loss, architecture), JSON-able.
        device: `cpu` or `cuda`; all visible GPUs share each batch.
        seconds: stop when they are over; at least one step is done in any case.
        until: how many steps to do, those of earlier calls included; nothing is drawn for later ones. A training in
            parts, with `examples` that change between them, is the same as one whose examples change at these steps.
            Default: all.
        report: called with now and then how far it is.

    Returns:
        Whether these steps are done; otherwise the same call goes on.

    Raises:
        ValueError: the folder holds the checkpoint of another recipe or definition.
        FloatingPointError: a loss that is not finite.
    """
    folder.mkdir(parents=True, exist_ok=True)
    remove_leftovers(folder)
    network.to(device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    state = _State(network, _optimiser(network, recipe), folder / CHECKPOINT, {**asdict(recipe), **definition})
    state.resume()
    several = device == "cuda" and torch.cuda.device_count() > 1
    runner = _Runner(nn.DataParallel(network) if several else network, state.optimiser, losses, recipe, device)
    last = recipe.steps if until is None else until
    clock = _Clock(state.step, last, seconds)
    with loss_log(folder, state.step) as log, _batches(examples, recipe, range(state.step, last)) as batches:
        for batch in batches:
            log.add(state.step, runner.advance(state.step, batch))
            state.step += 1
            over = clock.is_over(state.step)
            if over or state.is_due() or log.is_due():
                recent = log.write()
                if report:
                    report(
                        TrainingProgress(state.step, recipe.steps, recent, clock.seconds_left(state.step, recipe.steps))
                    )
            if over or state.is_due():
                state.save()
            if over:
                break
    return state.step >= last


def _optimiser(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    settings: dict[str, Any] = {"lr": recipe.learning_rate, "weight_decay": recipe.weight_decay}
    if recipe.optimiser == "adamw":
        return torch.optim.AdamW(network.parameters(), **settings)
    return torch.optim.SGD(network.parameters(), momentum=recipe.momentum, **settings)


@dataclass
class _Runner:
    """Does one step."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    losses: Losses
    recipe: Recipe
    device: str

    def advance(self, step: int, batch: Batch) -> dict[str, Tensor]:
        for group in self.optimiser.param_groups:
            group["lr"] = self.recipe.rate(step)
        # For layers that draw numbers themselves.
        torch.manual_seed(hash((self.recipe.seed, step)) % 2**63)
        images, *rest = (tensor.to(self.device, non_blocking=True) for tensor in batch)
        with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.precision == "bfloat16"):
            output = self.network(images.contiguous(memory_format=torch.channels_last))
        found = self.losses(output, tuple(rest))
        self.optimiser.zero_grad()
        torch.autograd.backward(found["loss"])
        if self.recipe.clip_norm is not None:
            nn.utils.clip_grad_norm_(self.network.parameters(), self.recipe.clip_norm)
        self.optimiser.step()
        return {name: value.detach() for name, value in found.items()}


@dataclass
class _State:
    """State that a training resumes from."""

    network: nn.Module
    optimiser: torch.optim.Optimizer
    path: Path
    definition: dict[str, Any]
    step: int = 0
    _saved: float = field(default_factory=time.monotonic)

    def is_due(self) -> bool:
        return time.monotonic() - self._saved >= CHECKPOINT_SECONDS

    def save(self) -> None:
        state = {
            "definition": json.dumps(self.definition),
            "step": self.step,
            "network": self.network.state_dict(),
            "optimiser": self.optimiser.state_dict(),
        }
        # Whole or not at all, so that being stopped meanwhile costs nothing.
        with replacing(self.path) as file:
            torch.save(state, file)
        self._saved = time.monotonic()

    def resume(self) -> None:
        if not self.path.exists():
            return
        state = unpickled(self.path)
        saved, wanted = json.loads(state["definition"]), json.loads(json.dumps(self.definition))
        if differing := sorted(key for key in saved.keys() | wanted.keys() if saved.get(key) != wanted.get(key)):
            found = ", ".join(f"{key} is {saved.get(key)!r}" for key in differing)
            allowed = ", ".join(f"{key} {wanted.get(key)!r}" for key in differing)
            raise ValueError(f"in {self.path.parent.name}/{self.path.name}, {found}; allowed: {allowed}, to go on")
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.step = int(state["step"])


class _Clock:
    """Tells when to stop."""

    def __init__(self, first: int, last: int, seconds: float) -> None:
        self._first, self._last, self._seconds = first, last, seconds
        self._started = time.monotonic()

    def is_over(self, step: int) -> bool:
        return step >= self._last or time.monotonic() - self._started >= self._seconds

    def seconds_left(self, step: int, steps: int) -> float:
        return (time.monotonic() - self._started) / (step - self._first) * (steps - step)


@contextmanager
def _batches(examples: Examples, recipe: Recipe, steps: range) -> Iterator[Iterator[Batch]]:
    """The batches of some steps, made ahead in threads."""
    pool = ThreadPoolExecutor(os.cpu_count())

    def submit(step: int) -> list[Future[Batch]]:
        seeds = [(recipe.seed, step, place) for place in range(recipe.batch)]
        return [pool.submit(examples, np.random.default_rng(seed), seed[2]) for seed in seeds]

    def batches() -> Iterator[Batch]:
        ahead = deque(map(submit, steps[:BATCHES_AHEAD]))
        for step in steps:
            if step + BATCHES_AHEAD in steps:
                ahead.append(submit(step + BATCHES_AHEAD))
            drawn = [future.result() for future in ahead.popleft()]
            yield tuple(torch.stack(tensors) for tensors in zip(*drawn, strict=True))

    try:
        yield batches()
    finally:
        pool.shutdown(cancel_futures=True)
