"""The refiner that refines nothing: the baseline's own row of every table."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from metrics.segmentation import SemanticMap, Task


class Identity:
    """Returns the prediction as it is, probabilities included."""

    tasks: frozenset[Task] = frozenset({"semantic"})

    def refine(self, image: NDArray[np.uint8], prediction: SemanticMap) -> SemanticMap:  # noqa: ARG002
        """The prediction itself.

        Args:
            image: RGB, uint8 (H, W, 3); not looked at.
            prediction: any map.
        """
        return prediction
