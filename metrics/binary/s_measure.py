"""S-measure of soft masks: likeness of structure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import AS_BACKGROUND, LEVELS_NOTE, shape_levels
from boundary_bench.metrics.functional.masks.means import summary_of_images
from boundary_bench.metrics.functional.masks.structure import s_measure
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class SMeasure:
    """Likeness of structure: of object and background as wholes, and of the four parts around the object's centre.

    Where the truth is empty it is 1 - mean of the map; where it fills the image, the mean. Where the object's centre,
    rounded, lies in the last row or column of the image, some parts have no pixels; the usual code then gives no
    number, and the image is undefined here. That depends on the truth alone.

    Args:
        alpha: weight of the wholes against the parts, 0 to 1.
        normalise: whether the least level of each map becomes 0 and the greatest 1, as in the code that published
            numbers come from; a map of one level stays.

    Raises:
        ValueError: alpha outside of 0 to 1.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, alpha: float = 0.5, normalise: bool = True) -> None:
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha is {alpha}; allowed: 0 to 1")
        self.alpha, self.normalise = alpha, normalise

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "structure measure",
            "alpha": self.alpha,
            "normalise": self.normalise,
            "levels": LEVELS_NOTE,
            "averaging": "mean over images; an image without a true pixel counts 1 - mean of the map",
            "void": AS_BACKGROUND,
            "undefined": "for images in which the true object's centre, rounded, lies in the last row or column",
            "source": "Fan et al., ICCV 2017; pysodmetrics 1.6",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 ().

        Raises:
            ValueError: sizes that differ.
        """
        levels, values = shape_levels(prediction, truth, normalise=self.normalise)
        score = s_measure(levels, values, np.ascontiguousarray(truth.mask), alpha=self.alpha)
        return {"S": np.array(score)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """S."""
        return summary_of_images(measurements, {"S": "S"}, weights)
