"""E-measure of soft masks: over thresholds, and at a threshold of each image's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import AS_BACKGROUND, LEVELS_NOTE, level_counts
from boundary_bench.metrics.functional.masks.means import summary_of_curves
from boundary_bench.metrics.functional.masks.threshold_curves import e_measures
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class EMeasure:
    """Enhanced alignment of the pixels at or above a threshold: each pixel's likeness to the truth, less both means.

    `E_max` and `E_mean` are the greatest and the mean value of the curve over 256 thresholds, which is a mean over
    images; `E_adaptive` is the mean over images at twice the mean of the map. The sum over n pixels is divided by
    n - 1, so a perfect image has n / (n - 1). Where the truth is empty, it is the sum of the pixels that are not
    predicted; where it fills the image, of those that are.

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
            "metric": "enhanced-alignment measure of the pixels at or above a threshold",
            "normalise": self.normalise,
            "thresholds": "0 to 255 of 255, of levels cut to 255ths; adaptive: twice the mean of the map, at most 1",
            "levels": LEVELS_NOTE,
            "averaging": "E_max and E_mean are of the curve that is the mean over images; E_adaptive is a mean over "
            "images; a sum over n pixels is divided by n - 1",
            "void": AS_BACKGROUND,
            "undefined": "for images of one pixel",
            "source": "Fan et al., IJCAI 2018; pysodmetrics 1.6",
        }

    def value_range(self, name: str) -> tuple[float, float]:  # noqa: ARG002 - that of all three
        """0 to n / (n - 1) for n pixels, which is 2 for the smallest image."""
        return 0.0, 2.0

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 (256,) by threshold, and float64 () at the adaptive one.

        Raises:
            ValueError: sizes that differ.
        """
        counts = level_counts(prediction, truth, normalise=self.normalise, void_is_background=True)
        curve, adaptive = e_measures(counts)
        return {"curve": curve, "adaptive": np.array(adaptive)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """E_max, E_mean and E_adaptive; the curve."""
        return summary_of_curves(measurements, "E", "e_measure", weights)
