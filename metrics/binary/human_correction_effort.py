"""Human correction effort of masks: the clicks it takes to make them right."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.correction_effort import correction_effort
from boundary_bench.metrics.functional.masks.levels import AS_BACKGROUND, shape_levels
from boundary_bench.metrics.functional.masks.means import summary_of_images
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class HumanCorrectionEffort:
    """Corners of polygons around wrong regions, and wrong regions that lie apart, by image (`HCE`); lower is better.

    The mask is where the map is above 0.5. Errors thinner than the relaxation allows are forgiven, unless they break
    the skeleton of the truth. An image in which nothing is wrong has 0, empty ones too.

    Args:
        relax_px: steps of a cross of 3 x 3 pixels that errors are eroded by.
        epsilon_px: how far outlines may be from their polygons.
        normalise: whether the least level of each map becomes 0 and the greatest 1 first, as in the code that published
            numbers come from; a map of one level stays.

    Raises:
        ValueError: values below 0.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, relax_px: int = 5, epsilon_px: float = 2.0, normalise: bool = True) -> None:
        if relax_px < 0:
            raise ValueError(f"relax_px is {relax_px}; allowed: whole pixels >= 0")
        if not 0 <= epsilon_px < math.inf:
            raise ValueError(f"epsilon_px is {epsilon_px}; allowed: >= 0")
        self.relax_px, self.epsilon_px, self.normalise = relax_px, epsilon_px, normalise

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "human correction effort: points and regions to click, of each image",
            "relax_px": self.relax_px,
            "epsilon_px": self.epsilon_px,
            "normalise": self.normalise,
            "threshold": "above 0.5 of the normalised map",
            "averaging": "mean over images",
            "void": AS_BACKGROUND,
            "undefined": "nowhere",
            "source": "Qin et al., ECCV 2022; pysodmetrics 1.6",
        }

    def value_range(self, name: str) -> tuple[float, float]:  # noqa: ARG002 - there is one number
        """A number of clicks."""
        return 0.0, math.inf

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 ().

        Raises:
            ValueError: sizes that differ.
        """
        levels, values = shape_levels(prediction, truth, normalise=self.normalise)
        mask, true = (values > 0.5)[levels], np.ascontiguousarray(truth.mask)
        effort = correction_effort(mask, true, relax_px=self.relax_px, epsilon_px=self.epsilon_px)
        return {"HCE": np.array(float(effort))}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """HCE."""
        return summary_of_images(measurements, {"HCE": "HCE"}, weights)
