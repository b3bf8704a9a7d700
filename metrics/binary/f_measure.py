"""F-measure of soft masks: over thresholds, and at a threshold of each image's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import LEFT_OUT, LEVELS_NOTE, level_counts
from boundary_bench.metrics.functional.masks.means import summary_of_curves
from boundary_bench.metrics.functional.masks.threshold_curves import f_measures
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class FMeasure:
    """F of the pixels at or above a threshold, with more weight on precision, as in salient object detection.

    `F_max` and `F_mean` are the greatest and the mean value of the curve over 256 thresholds, which is a mean over
    images; the greatest value is at one threshold for the whole set, so it is not the mean of the images' own greatest
    values. `F_adaptive` is the mean over images of F at twice the mean of the map. An image without a true pixel has 0.

    Args:
        beta_squared: weight of recall against precision.
        normalise: whether the least level of each map becomes 0 and the greatest 1, as in the code that published
            numbers come from; a map of one level stays.

    Raises:
        ValueError: beta_squared that is not above 0.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, beta_squared: float = 0.3, normalise: bool = True) -> None:
        if not 0 < beta_squared < np.inf:
            raise ValueError(f"beta_squared is {beta_squared}; allowed: above 0")
        self.beta_squared, self.normalise = beta_squared, normalise

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "F-measure of the pixels at or above a threshold",
            "beta_squared": self.beta_squared,
            "normalise": self.normalise,
            "thresholds": "0 to 255 of 255, of levels cut to 255ths; adaptive: twice the mean of the map, at most 1",
            "levels": LEVELS_NOTE,
            "averaging": "F_max and F_mean are of the curve that is the mean over images; F_adaptive is a mean over "
            "images; an image without a true pixel counts 0",
            "void": LEFT_OUT,
            "undefined": "for images that are void everywhere",
            "source": "Achanta et al., CVPR 2009; pysodmetrics 1.6",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 (256,) by threshold, and float64 () at the adaptive one.

        Raises:
            ValueError: sizes that differ.
        """
        counts = level_counts(prediction, truth, normalise=self.normalise)
        curve, adaptive = f_measures(counts, beta_squared=self.beta_squared)
        return {"curve": curve, "adaptive": np.array(adaptive)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """F_max, F_mean and F_adaptive; the curve."""
        return summary_of_curves(measurements, "F", "f_measure", weights)
