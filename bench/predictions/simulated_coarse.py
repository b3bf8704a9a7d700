"""Simulated coarse labels as predictions: the truth as an annotator with few clicks would have drawn it."""

from __future__ import annotations

from typing import Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.bench.predictions.coarse_polygons import DEFINITION, coarsened
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class SimulatedCoarse:
    """Simulated coarse labels, with void in between, as input of refiners of coarse labels.

    Satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`. Source: STEAL (CVPR 2019), Tables 6 and 7.

    Args:
        error_px: approximate error of the outlines, in pixels.
        dataset: has semantic truth.
        name: name in tables; by default the error.

    Raises:
        InputError: `error_px` is below 1, or the dataset has another kind of truth.
    """

    task: Task = "semantic"
    has_probabilities = False

    def __init__(self, error_px: int, *, dataset: Dataset, name: str | None = None) -> None:
        self.name, self._dataset, self._error_px = name or f"coarse, {error_px} px", dataset, error_px
        if dataset.task != self.task:
            raise InputError(Problem(f"dataset {dataset.name}, {self.name}", f"{dataset.task} truth", "semantic truth"))
        if not isinstance(error_px, int) or error_px < 1:
            raise InputError(Problem(f"{self.name}: error_px", repr(error_px), "an integer of 1 or more"))

    def has(self, sample: Sample) -> bool:  # noqa: ARG002
        """Always true."""
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
        """No problems: the dataset checks the truth."""
        return []

    def describe(self) -> dict[str, Any]:
        """Format, error and definition."""
        return {"format": "simulated_coarse", "error_px": self._error_px, **DEFINITION}
