"""Refiners in sequence, each working on what the one before it made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common.per_label import AnyMap


def chain(stages: Sequence[Any]) -> Chain | OracleChain:
    """Refiners in sequence as one refiner.

    Args:
        stages: one or more, in order. Each offers `refine`, or `refine_with_truth` (an oracle), or
            `for_sample` and `files` (it reads something per sample); nothing else is asked of its type.

    Returns:
        An `OracleChain` if a stage is an oracle, else a `Chain`. What a stage that reads files turns into is
        known only per sample, so `for_sample` decides anew.

    Raises:
        TypeError: a stage that is none of these.
        ValueError: no stages, or stages without a common task.
    """
    oracle = any(hasattr(stage, "refine_with_truth") for stage in stages)
    return OracleChain(stages) if oracle else Chain(stages)


class _Stages:
    """Base of both kinds of chain.

    Attributes:
        tasks: those that every stage has.
        needs_probabilities: whether any stage does, of semantic maps.
    """

    def __init__(self, stages: Sequence[Any]) -> None:
        if not stages:
            raise ValueError("a chain has 0 stages; allowed: one or more")
        for position, stage in enumerate(stages, start=1):
            if not any(hasattr(stage, method) for method in ("refine", "refine_with_truth", "for_sample")):
                raise TypeError(
                    f"{_name(stage, position)} is no refiner; "
                    "allowed: an object with refine, refine_with_truth or for_sample"
                )
        self._stages = tuple(stages)
        self.tasks: frozenset[Task] = _common_tasks(stages)
        self.needs_probabilities = any(_needs_probabilities(stage) for stage in stages)

    def for_sample(self, sample_id: str) -> Chain | OracleChain:
        """The chain with every stage that reads files bound to one sample."""
        return chain([s.for_sample(sample_id) if hasattr(s, "for_sample") else s for s in self._stages])

    def files(self, sample_id: str) -> list[Path]:
        """Files that the stages read for one sample, in their order."""
        reading = [stage for stage in self._stages if hasattr(stage, "files")]
        return [path for stage in reading for path in stage.files(sample_id)]

    def _run(self, image: NDArray[np.uint8], prediction: AnyMap, truth: tuple[AnyMap, ...]) -> AnyMap:
        for position, stage in enumerate(self._stages, start=1):
            # Objects, segments and masks need none: their stages work from labels.
            bare = isinstance(prediction, SemanticMap) and prediction.probabilities is None
            if bare and _needs_probabilities(stage):
                since = "" if position == 1 else f"; {_name(self._stages[position - 2], position - 1)} gave labels only"
                raise ValueError(f"{_name(stage, position)} needs class probabilities and got none{since}")
            if hasattr(stage, "refine_with_truth"):
                prediction = stage.refine_with_truth(image, prediction, *truth)
            elif hasattr(stage, "refine"):
                prediction = stage.refine(image, prediction)
            else:
                raise TypeError(f"{_name(stage, position)} reads files; call for_sample(sample_id) before refining")
        return prediction


class Chain(_Stages):
    """Refiners in sequence, none of which sees the truth."""

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """The result of the last stage.

        Args:
            image: RGB, uint8 (H, W, 3); the same for every stage.
            prediction: what the first stage gets; of one of `tasks`.

        Raises:
            ValueError: a stage needs probabilities and the one before it gave none.
            TypeError: a stage that reads files has not been bound by `for_sample`.
        """
        return self._run(image, prediction, ())


class OracleChain(_Stages):
    """Refiners in sequence, of which at least one is an oracle; the others never see the truth."""

    def refine_with_truth(self, image: NDArray[np.uint8], prediction: AnyMap, truth: AnyMap) -> AnyMap:
        """The result of the last stage; arguments and errors as `Chain.refine`, and the oracles' truth."""
        return self._run(image, prediction, (truth,))


def _common_tasks(stages: Sequence[Any]) -> frozenset[Task]:
    common: frozenset[Task] = reduce(frozenset.intersection, [frozenset(stage.tasks) for stage in stages])
    if not common:
        each = ", ".join(f"{_name(s, i)}: {'/'.join(sorted(s.tasks))}" for i, s in enumerate(stages, start=1))
        raise ValueError(f"stages of a chain have no common task ({each}); allowed: at least one in common")
    return common


def _needs_probabilities(stage: Any) -> bool:
    return bool(getattr(stage, "needs_probabilities", False))


def _name(stage: Any, position: int) -> str:
    return f"stage {position} ({type(stage).__name__})"
