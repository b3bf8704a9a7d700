"""Coarse labels drawn from the truth, as predictions: STEAL's Tables 6 and 7 refine them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.coarse import DEFINITION, coarsened
from bench.contracts import Dataset, Sample
from bench.digest import combined
from bench.errors import Problem
from metrics.measurement import Measurement, Summary, count_defined, mean_of_defined
from metrics.region import Region
from metrics.segmentation import SemanticMap, Task


class SimulatedCoarse:
    """The truth drawn again by few clicks (`bench.coarse`); satisfies `bench.contracts.PredictionSet`.

    Args:
        dataset: of semantic truth.
        error_px: how far off outlines are, about.
        name: what tables call it.
    """

    task: Task = "semantic"
    has_probabilities = False

    def __init__(self, *, dataset: Dataset, error_px: int, name: str = "simulated coarse labels") -> None:
        self.name = name
        self._dataset, self._error_px = dataset, error_px

    def has(self, sample: Sample) -> bool:  # noqa: ARG002
        """Always."""
        return True

    def load(self, sample: Sample) -> SemanticMap:
        """Training ids, and void where nothing was drawn.

        Raises:
            InputError: the truth cannot be read.
        """
        truth = self._dataset.truth(sample)
        return SemanticMap(coarsened(truth, classes=len(self._dataset.classes), error_px=self._error_px).labels)

    def digest(self, sample: Sample) -> str:
        """That of the sample and of the error."""
        return combined(self._dataset.digest(sample), f"coarse {self._error_px} px")

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:  # noqa: ARG002
        """Nothing: the dataset looks at its files itself."""
        return []

    def describe(self) -> dict[str, Any]:
        """How they were drawn."""
        return {"format": "simulated coarse labels", "error_px": self._error_px, **DEFINITION}


class RegionOf(Region):
    """`Region` with a mean over some of the classes: those that the paper refines.

    Args:
        classes: number of classes K.
        averaged: training ids of those whose mean mIoU is.
    """

    def __init__(self, classes: int, averaged: Sequence[int]) -> None:
        super().__init__(classes)
        self._averaged = list(averaged)

    def definition(self) -> dict[str, Any]:
        """What the numbers mean."""
        return {**super().definition(), "averaged_classes": self._averaged}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """As `Region`, mIoU over the chosen classes."""
        found = super().summarise(measurements, weights)
        chosen = found.per_class["IoU"][..., self._averaged]
        defined = count_defined(~np.isnan(chosen))
        return Summary(
            values={**found.values, "mIoU": mean_of_defined(chosen)},
            per_class=found.per_class,
            scored={**found.scored, "mIoU": defined},
            undefined={**found.undefined, "mIoU": len(self._averaged) - defined},
        )
