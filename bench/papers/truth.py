"""The truth in the place of predictions, for tables that say something about it alone."""

from __future__ import annotations

from typing import Any

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.plugins.protocols import Dataset, Sample
from boundary_bench.metrics.structures.segmentation import Task


class Truth:
    """A dataset's truth as a prediction set; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    Args:
        dataset: any.
        name: what tables call it.
    """

    has_probabilities = False

    def __init__(self, dataset: Dataset, *, name: str = "truth") -> None:
        self.name = name
        self.task: Task = dataset.task
        self._dataset = dataset

    def has(self, sample: Sample) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def load(self, sample: Sample) -> Any:
        """The truth of the sample."""
        return self._dataset.truth(sample)

    def digest(self, sample: Sample) -> str:
        """That of the sample."""
        return self._dataset.digest(sample)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:  # noqa: ARG002
        """Nothing: the dataset looks at its files itself."""
        return []

    def describe(self) -> dict[str, Any]:
        """Description of the predictions."""
        return {"format": "the truth"}
