"""mIoU over some classes only, as STEAL prints it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement, Summary, count_defined, mean_of_defined
from boundary_bench.metrics.semantic.mean_iou import MeanIoU


class MeanIoUOf(MeanIoU):
    """mIoU with its mean over some of the classes: those that the paper refines.

    Args:
        classes: number of classes K.
        averaged: training ids of those whose mean mIoU is.
    """

    def __init__(self, classes: int, averaged: Sequence[int]) -> None:
        super().__init__(classes)
        self._averaged = list(averaged)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {**super().definition(), "averaged_classes": self._averaged}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """As `MeanIoU`, mIoU over the chosen classes."""
        found = super().summarise(measurements, weights)
        chosen = found.per_class["IoU"][..., self._averaged]
        defined = count_defined(~np.isnan(chosen))
        return Summary(
            values={**found.values, "mIoU": mean_of_defined(chosen)},
            per_class=found.per_class,
            scored={**found.scored, "mIoU": defined},
            undefined={**found.undefined, "mIoU": len(self._averaged) - defined},
        )
