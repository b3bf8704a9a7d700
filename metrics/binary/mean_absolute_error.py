"""Mean absolute and mean squared error of soft masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import LEFT_OUT, LEVELS_NOTE, level_counts
from boundary_bench.metrics.functional.masks.means import summary_of_images
from boundary_bench.metrics.functional.masks.threshold_curves import mean_errors
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class MeanAbsoluteError:
    """Mean over pixels of the absolute (`MAE`) and the squared (`MSE`) difference of map and truth; mean over images.

    Args:
        normalise: whether the least level of each map becomes 0 and the greatest 1, as in the code that published
            numbers come from; a map of one level stays.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, normalise: bool = True) -> None:
        self.normalise = normalise

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "mean absolute error (MAE) and mean squared error (MSE)",
            "normalise": self.normalise,
            "levels": LEVELS_NOTE,
            "averaging": "over the pixels of an image, then over images",
            "void": LEFT_OUT,
            "undefined": "for images that are void everywhere",
            "source": "Perazzi et al., CVPR 2012; pysodmetrics 1.6",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 () each.

        Raises:
            ValueError: sizes that differ.
        """
        absolute, squared = mean_errors(level_counts(prediction, truth, normalise=self.normalise))
        return {"MAE": np.array(absolute), "MSE": np.array(squared)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """MAE and MSE."""
        return summary_of_images(measurements, {"MAE": "MAE", "MSE": "MSE"}, weights)
