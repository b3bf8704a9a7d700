"""Shared parts of all trainings: checked datasets, errors that say what to do, and a model card."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.engine.provenance import environment
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.environment import portable
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Progress, Sample
from boundary_bench.bench.plugins.registry import refusal
from boundary_bench.bench.plugins.validation import check_run, require
from boundary_bench.bench.training.splits import is_test_split

if TYPE_CHECKING:
    from torch import nn

    from boundary_bench.refiners.networks.training import Losses, Recipe, TrainingProgress

FINAL_STEPS = 100
"""Over which the losses at the end of a training are averaged."""


class Training(ABC):
    """Everything that decides the weights of a network; what is particular to a refiner is for its own class to add.

    Attributes:
        recipe: of the optimisation.
    """

    recipe: Recipe

    @abstractmethod
    def definition(self) -> dict[str, Any]:
        """All of it but the recipe, JSON-able; data by their contents, not by their places."""

    @abstractmethod
    def _prepared(self, step: Progress) -> tuple[nn.Module, Any, dict[str, Any]]:
        """The network to begin with, what it is trained on, and what of that belongs to the definition."""

    @abstractmethod
    def _losses(self) -> Losses:
        """The losses to minimise."""

    def _fit(self, network: Any, examples: Any, folder: Path, seconds: float, limits: dict[str, Any]) -> bool:
        """Train; whether all steps are done. `limits` are arguments of
        `boundary_bench.refiners.networks.training.train`."""
        from boundary_bench.refiners.networks.training import train

        return train(network, examples, self._losses(), self.recipe, folder, seconds=seconds, **limits)

    @abstractmethod
    def _save(self, out: Path, network: Any, card: dict[str, Any]) -> None:
        """Write the checkpoint."""

    def run(
        self,
        out: Path,
        *,
        command: Sequence[str],
        device: str,
        seconds: float,
        step: Progress,
        report: Callable[[TrainingProgress], None],
    ) -> bool:
        """Train, from where an earlier call stopped, and write the checkpoint when done.

        Args:
            out: `.safetensors`; what is needed to go on lies in `state_folder(out)`.
            command: as called, for the card.
            device: `cpu` or `cuda`.
            seconds: how long to train at most.
            step: called with how many images are prepared.
            report: called with how far the training is.

        Returns:
            Whether all steps are done and the checkpoint is written.

        Raises:
            InputError: a checkpoint to start from that does not fit, nothing to learn from, the state of another
                training lies there, or a loss is no longer finite.
        """
        definition = self.definition()
        network, examples, found = self._prepared(step)
        definition |= found
        limits: dict[str, Any] = {"definition": definition, "device": device, "report": report}
        with explained(out):
            done = self._fit(network, examples, state_folder(out), seconds, limits)
        if done:
            self._save(out, network, finished_card(definition, self.recipe, out, device=device, command=command))
        return done


def require_trainable(datasets: Sequence[Dataset], step: Progress) -> None:
    """Check every file of what a refiner is to be trained on.

    Raises:
        InputError: splits that results are reported on, or what is wrong with images and truth.
    """
    require_training_splits(datasets)
    for each in datasets:
        require(check_run(each, [], images=True, progress=step))


def require_training_splits(datasets: Sequence[Dataset]) -> None:
    """Raise InputError for splits that results are reported on."""
    problems = [
        Problem(f"split of {each.name}", repr(each.split), "a split that no result is reported on", "train on train")
        for each in datasets
        if is_test_split(each.split)
    ]
    if problems:
        raise InputError(problems)


def state_folder(out: Path) -> Path:
    """Where the state and the losses of a training lie, given the checkpoint that it is to write."""
    return out.with_suffix(".training")


@contextmanager
def explained(out: Path) -> Iterator[None]:
    """Turn what `boundary_bench.refiners.networks.training.train` raises into InputErrors."""
    try:
        yield
    except ValueError as error:
        hint = "give the same recipe and options to go on, or another --out"
        raise InputError(
            _with_hint(refusal(str(state_folder(out)), error, "the same recipe and options"), hint)
        ) from error
    except FloatingPointError as error:
        hint = "try a lower learning_rate or a longer warm_up, and another --out"
        raise InputError(_with_hint(refusal("training", ValueError(str(error)), "finite losses"), hint)) from error


def data_card(dataset: Dataset, samples: Sequence[Sample]) -> dict[str, Any]:
    """Which samples of a dataset a network was trained or scored on; JSON-able, the same wherever the data lies."""
    return {
        "name": dataset.name,
        "split": dataset.split,
        "task": dataset.task,
        "images": len(samples),
        "digest": combined(*(dataset.digest(sample) for sample in samples)),
    }


def training_card(
    definition: Mapping[str, Any], losses: Sequence[Mapping[str, float]], command: Sequence[str]
) -> dict[str, Any]:
    """The model card of a finished training; what the network scores is for an evaluation to add.

    Args:
        definition: what decided the weights.
        losses: of all steps.
        command: as called; paths in it are made free of the machine.
    """
    last = losses[-FINAL_STEPS:]
    return {
        **definition,
        "final_losses": {name: round(fmean(row[name] for row in last), 5) for name in last[0] if name != "step"},
        "command": " ".join([Path(command[0]).name, *(_portable(argument) for argument in command[1:])]),
        "made_with": environment(),
    }


def finished_card(
    definition: Mapping[str, Any], recipe: Recipe, out: Path, *, device: str, command: Sequence[str]
) -> dict[str, Any]:
    """The model card of the training that writes `out`, from its state folder; see `training_card`."""
    import torch

    from boundary_bench.refiners.networks.loss_log import read_losses

    made = {"threads": torch.get_num_threads(), "device": device}
    return training_card({**definition, **asdict(recipe), **made}, read_losses(state_folder(out)), command)


def start_card(start: Path | None) -> dict[str, str] | None:
    """Which checkpoint a network starts with; JSON-able."""
    return None if start is None else {"name": start.name, "digest": file_digest(start)}


def start_network(start: Path | None, give: Callable[[Path], None]) -> None:
    """Have a network given the backbone of a checkpoint, if there is one.

    Raises:
        InputError: it does not fit.
    """
    if start is None:
        return
    try:
        give(start)
    except ValueError as error:
        raise InputError(refusal("start", error, "a checkpoint with the same backbone")) from error


def _with_hint(problem: Problem, hint: str) -> Problem:
    return Problem(problem.where, problem.found, problem.allowed, hint)


def _portable(argument: str) -> str:
    return ",".join(portable([_absolute(part) for part in argument.split(",")], Path.cwd()))


def _absolute(part: str) -> str:
    """The same, a path in it absolute if it leads out of the current folder: a card does not know that one."""
    head, equals, tail = part.rpartition("=")
    return f"{head}{equals}{os.path.abspath(tail)}" if Path(os.path.normpath(tail)).parts[:1] == ("..",) else part
