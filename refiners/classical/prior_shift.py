"""Class probabilities under other class priors: how much of a gain is only the undoing of a class bias."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common import probabilities

Weights = Sequence[float] | NDArray[Any] | str | Path


class PriorShift:
    """Multiplies every class probability by one weight for its class, and takes the argmax at full
    resolution.

    A control, not a method. A network trained with balanced classes calls rare and thin classes too often;
    part of what a refiner seems to gain is that it shrinks them. A few numbers per dataset that know nothing
    of the image undo that as well, so a refiner has to be compared with this one. By Bayes' rule the weights
    are ratios of class priors (Saerens, Latinne and Decaestecker, Neural Computation 2002, Section 2.1).

    The refined labels are the argmax of the re-weighted probabilities everywhere. With all weights equal they
    are the argmax of the probabilities, bilinearly enlarged, which need not be the labels that the model
    saved: those may come from logits, from a finer grid, or from before the probabilities were rounded.

    Attributes:
        weights: float32 (K,).
    """

    tasks: frozenset[Task] = frozenset({"semantic"})
    needs_probabilities: bool = True

    def __init__(self, weights: Weights) -> None:
        """Fix the weights.

        Args:
            weights: K positive numbers, or the path of a JSON preset `{"weights": [...], ...}` such as
                `boundary_bench.refiners.classical.prior_shift_tuning.tune` makes.

        Raises:
            ValueError: a file that is no preset; weights that are not positive and finite.
            OSError: a preset that cannot be read.
        """
        self._preset = Path(weights) if isinstance(weights, str | Path) else None
        self.weights = _read(self._preset) if self._preset else _checked(weights, "weights")

    def refine(self, image: NDArray[np.uint8], prediction: SemanticMap) -> SemanticMap:  # noqa: ARG002
        """Labels in the dtype they came in, void where they were void, with the new probabilities.

        Args:
            image: RGB, uint8 (H, W, 3); not looked at.
            prediction: has probabilities float32 (K, h, w).

        Returns:
            Probabilities float32 (K, H, W) that sum to 1 (to 0 where they did before), and their argmax: the
            smallest id where classes are equally likely.

        Raises:
            TypeError: a prediction that is no semantic map.
            ValueError: no probabilities, of another K, or not of the labels' field of view.
        """
        shifted = probabilities.require(prediction, "prior shift")
        if len(shifted) != len(self.weights):
            raise ValueError(f"probabilities have K = {len(shifted)}; allowed: {len(self.weights)}, one per weight")
        shifted *= self.weights[:, None, None]
        labels = probabilities.relabelled(prediction, shifted)
        total = shifted.sum(axis=0)
        np.divide(shifted, total, out=shifted, where=total > 0)
        return SemanticMap(labels, shifted)

    def for_sample(self, sample_id: str) -> PriorShift:  # noqa: ARG002
        """Itself: all samples share the weights."""
        return self

    def files(self, sample_id: str) -> list[Path]:  # noqa: ARG002
        """The preset, where one was given: a result depends on its contents, not on its name."""
        return [self._preset] if self._preset else []


def _read(preset: Path) -> NDArray[np.float32]:
    try:
        content = json.loads(preset.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{preset.name} is not JSON ({error}); allowed: a preset of class weights") from error
    if not isinstance(content, dict) or "weights" not in content:
        raise ValueError(f'{preset.name} has no "weights"; allowed: {{"weights": [one number per class], ...}}')
    return _checked(content["weights"], f"weights of {preset.name}")


def _checked(weights: Any, name: str) -> NDArray[np.float32]:
    try:
        array = np.asarray(weights, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} are {weights!r}; allowed: one positive number per class") from error
    if array.ndim != 1 or array.size == 0 or not (np.isfinite(array) & (array > 0)).all():
        raise ValueError(f"{name} are {weights!r}; allowed: one positive, finite number per class")
    # A common factor changes nothing; without large ones the products stay inside float32.
    return np.asarray(array / array.max(), dtype=np.float32)
