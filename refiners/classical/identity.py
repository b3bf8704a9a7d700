"""The refiner that refines nothing: the baseline's own row of every table."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import EdgeMaps, InstanceSet, PanopticMap, SemanticMap, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS

AnyMap = TypeVar("AnyMap", SemanticMap, InstanceSet, PanopticMap, BinaryMask, EdgeMaps)


class Identity:
    """Returns the prediction as it is, probabilities included."""

    tasks: frozenset[Task] = ALL_KINDS | {"edges"}

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:  # noqa: ARG002
        """The prediction itself.

        Args:
            image: RGB, uint8 (H, W, 3); not looked at.
            prediction: of any kind.
        """
        return prediction
