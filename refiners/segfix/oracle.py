"""SegFix's ground-truth offsets: how much its network could gain at best."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import (
    SemanticMap,
)
from boundary_bench.refiners.common.per_label import AnyMap
from boundary_bench.refiners.common.truth import labels_of_truth, require_equal_sizes
from boundary_bench.refiners.segfix.directions import Directions, offset_vectors
from boundary_bench.refiners.segfix.offset_files import Legacy, Shift, tasks_of
from boundary_bench.refiners.segfix.offsets import targets_to_offsets
from boundary_bench.refiners.segfix.targets import SMALLEST_CLASS_PX, Variant, require_definition, targets_of_labels


class OracleOffset:
    """Moves predicted labels along SegFix's ground-truth offsets (SegFix, Table 1 and Section 3.3).

    Objects (Section 7.4): each true object has its own distance map, and so has the background; merged, they give
    one offset map for the image, along which each predicted mask moves by itself. Panoptic maps: likewise with each
    true segment, and segment ids move. As in the authors' code for instances, objects and segments of fewer than
    100 px count too. Likewise a binary mask, of object and background. Where true objects overlap, the smallest is
    seen. Crowds and void have no offsets.

    Args:
        directions: m, how many directions there are: 4, 8, 16, 32, or "4_axis".
        scale: length of the offsets in px (the larger of |dy| and |dx|); 16 directions need a multiple of 2,
            32 of 4.
        width_px: gamma, how wide the boundary is; infinity (or "inf") moves every label.
        targets: how directions and boundary are computed: `released` or `paper`.
        until_interior: follow offsets to the first pixel off the boundary, see `segfix.refiner.Shift`.
        legacy: reproduce the released sampling of label numbers, see there.

    Raises:
        ValueError: parameters outside what is allowed.
    """

    def __init__(
        self,
        directions: Directions = 8,
        scale: int = 1,
        width_px: float | str = 5.0,
        *,
        targets: Variant = "released",
        until_interior: bool = False,
        legacy: Legacy | None = None,
    ) -> None:
        offset_vectors(directions, scale)
        self.tasks = tasks_of(legacy)
        self.directions, self.scale, self.targets = directions, scale, targets
        self.width_px = float(width_px)
        self.shift = Shift(1, until_interior, legacy)
        require_definition(self.width_px, targets)

    def refine_with_truth(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002
        prediction: AnyMap,
        truth: AnyMap,
    ) -> AnyMap:
        """Moved labels, without probabilities.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        require_equal_sizes(prediction, truth)
        smallest = SMALLEST_CLASS_PX if isinstance(truth, SemanticMap) else 1
        targets = targets_of_labels(
            labels_of_truth(truth), width_px=self.width_px, variant=self.targets, smallest_px=smallest
        )
        return self.shift.refined(prediction, targets_to_offsets(targets, self.directions, self.scale))
