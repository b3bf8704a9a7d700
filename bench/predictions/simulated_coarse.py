"""Coarse labels in place of predictions: the truth as an annotator with few clicks would have drawn it."""

from __future__ import annotations

from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.coarse_polygons import DEFINITION, coarsened
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class SimulatedCoarse:
    """Simulated coarse labels, with void in between, for refiners of coarse labels to start from.

    Satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`. Source: STEAL (CVPR 2019), Tables 6 and 7.

    Args:
        error_px: how far off outlines are, about.
        dataset: of semantic truth.
        name: what tables call them. Default: the error.

    Raises:
        InputError: an error below 1, or another truth.
    """

    task: Task = "semantic"
    has_probabilities = False

    def __init__(self, error_px: int, *, dataset: Dataset, name: str | None = None) -> None:
        self.name, self._dataset, self._error_px = name or f"coarse, {error_px} px", dataset, error_px
        if dataset.task != self.task:
            raise InputError(Problem(f"dataset {dataset.name}, {self.name}", f"{dataset.task} truth", "semantic truth"))
        if not isinstance(error_px, int) or error_px < 1:
            raise InputError(Problem(f"{self.name}: error_px", repr(error_px), "a whole number of 1 or more"))

    def has(self, sample: Sample) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def load(self, sample: Sample) -> SemanticMap:
        """Labels in training ids, void where nothing was drawn.

        Raises:
            InputError: the truth cannot be read.
        """
        truth, classes = self._dataset.truth(sample), len(self._dataset.classes)
        return SemanticMap(coarsened(truth, classes=classes, error_px=self._error_px).labels)

    def digest(self, sample: Sample) -> str:
        """Digest of the truth and the error."""
        return combined(self._dataset.digest(sample), str(self._error_px))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:  # noqa: ARG002
        """Nothing: the truth is checked as such."""
        return []

    def describe(self) -> dict[str, Any]:
        """How they are drawn."""
        return {"format": "simulated_coarse", "error_px": self._error_px, **DEFINITION}
