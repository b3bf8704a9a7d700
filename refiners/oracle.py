"""Refiners that are handed the truth: how much could be gained near boundaries at best.

Void (255) in the truth says nothing: those pixels keep what the prediction has there.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from metrics.geometry import band
from metrics.segmentation import VOID, SemanticMap
from refiners.segfix.directions import Directions, offset_vectors
from refiners.segfix.offsets import targets_to_offsets
from refiners.segfix.refiner import SEMANTIC, Legacy, Shift
from refiners.segfix.targets import Variant, require_definition, targets_of_labels

FARTHEST_PX = 16000


class OracleReplace:
    """Gives pixels near the predicted boundary their true label (BPR, Table 1).

    Near means within `distance_px` (Euclidean) of a pixel with another predicted label; the image border is
    no boundary. A prediction of a single label has none and stays as it is, unless the distance is infinite.

    Args:
        distance_px: up to which distance labels are replaced; infinity (or "inf") replaces all, in the
            interior too.

    Raises:
        ValueError: a distance that is not above 0, or finite above 16000.
    """

    def __init__(self, distance_px: float | str = 1.0) -> None:
        self.tasks = SEMANTIC
        self.distance_px = _distance(distance_px)

    def refine_with_truth(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002
        prediction: SemanticMap,
        truth: SemanticMap,
    ) -> SemanticMap:
        """The prediction with true labels near its boundaries and without probabilities.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        _require_equal_sizes(prediction, truth)
        known = truth.labels != VOID
        if not math.isinf(self.distance_px):
            known &= band(prediction.labels, width_px=self.distance_px)
        return SemanticMap(np.where(known, truth.labels, prediction.labels))


class OracleOffset:
    """Moves predicted labels along SegFix's ground-truth offsets (SegFix, Table 1 and Section 3.3).

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
        self.tasks = SEMANTIC
        self.directions, self.scale, self.targets = directions, scale, targets
        self.width_px = float(width_px)
        self.shift = Shift(1, until_interior, legacy)
        require_definition(self.width_px, targets)

    def refine_with_truth(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002
        prediction: SemanticMap,
        truth: SemanticMap,
    ) -> SemanticMap:
        """Moved labels, without probabilities.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        _require_equal_sizes(prediction, truth)
        targets = targets_of_labels(truth.labels, width_px=self.width_px, variant=self.targets)
        offsets = targets_to_offsets(targets, self.directions, self.scale)
        return SemanticMap(self.shift.apply(prediction.labels, offsets, targets.boundary))


def _distance(value: float | str) -> float:
    distance = float(value)
    if not (0 < distance <= FARTHEST_PX or distance == math.inf):
        raise ValueError(f"distance_px is {value}; allowed: above 0 up to {FARTHEST_PX}, or inf")
    return distance


def _require_equal_sizes(prediction: SemanticMap, truth: SemanticMap) -> None:
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
