"""Weighted F-measure of soft masks: what an error costs depends on where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import AS_BACKGROUND, LEVELS_NOTE, shape_levels
from boundary_bench.metrics.functional.masks.means import summary_of_images
from boundary_bench.metrics.functional.masks.weighted_f import weighted_f
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class WeightedF:
    """F of weighted precision and recall, both alike; mean over images.

    An error inside the object counts no more than the mean of the errors around it (Gaussian of sigma 5 in 7 x 7
    pixels, those outside having the error of the nearest pixel inside); one outside counts once at the object and twice
    far away. An image without a true pixel has 0.

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
            "metric": "weighted F-measure, beta 1",
            "normalise": self.normalise,
            "levels": LEVELS_NOTE,
            "averaging": "mean over images; an image without a true pixel counts 0",
            "void": AS_BACKGROUND,
            "undefined": "nowhere",
            "source": "Margolin et al., CVPR 2014; pysodmetrics 1.6",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 ().

        Raises:
            ValueError: sizes that differ, or sides longer than 32,766 pixels.
        """
        levels, values = shape_levels(prediction, truth, normalise=self.normalise)
        return {"weighted_F": np.array(weighted_f(levels, values, np.ascontiguousarray(truth.mask)))}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """weighted_F."""
        return summary_of_images(measurements, {"weighted_F": "weighted_F"}, weights)
