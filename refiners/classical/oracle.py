"""Refiners that are handed the truth: how much could be gained near boundaries at best.

Where the truth says nothing (void; crowds in a panoptic truth) pixels keep what the prediction has there.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap, grown_box, mask_within, with_masks
from boundary_bench.refiners.common.truth import NONE, best_objects, labels_of_truth, owners, require_equal_sizes

FARTHEST_PX = 16000


class OracleReplace:
    """Gives pixels near the predicted boundary their true label (BPR, Table 1).

    Near means within `distance_px` (Euclidean) of a pixel with another predicted label; the image border is
    no boundary. A prediction of a single label has none and stays as it is, unless the distance is infinite.

    Objects: near each predicted mask's boundary, on both sides of it, pixels are in the mask where they are in
    the true object that it means: the one of its category with the best mask IoU, which several masks may mean
    (BPR leaves the matching open). A mask that overlaps no object of its category stays. Errors of detection and of
    category remain, as in BPR.

    Binary masks are one object against its background, which the true mask means whether they overlap or not.

    Panoptic maps: near boundaries between segments, a pixel goes to the predicted segment that stands for the
    true one there. A predicted segment means the true one of its category with the best IoU; of several that
    mean the same, the one of the best IoU stands for it. Where none stands for the true segment (it was missed,
    or has another category), the pixel stays: no segment is invented, and each pixel keeps one. Segments that
    lose all their pixels vanish. (BPR has no such experiment.)

    Args:
        distance_px: up to which distance labels are replaced; infinity (or "inf") replaces all, in the
            interior too.

    Raises:
        ValueError: a distance that is not above 0, or finite above 16000.
    """

    def __init__(self, distance_px: float | str = 1.0) -> None:
        self.tasks = ALL_KINDS
        self.distance_px = _distance(distance_px)

    def refine_with_truth(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002
        prediction: AnyMap,
        truth: AnyMap,
    ) -> AnyMap:
        """The prediction with true labels near its boundaries and without probabilities.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        require_equal_sizes(prediction, truth)
        if isinstance(prediction, InstanceSet):
            meant = best_objects(prediction, truth).tolist()
            masks = (self._mask(prediction, index, truth, place) for index, place in enumerate(meant))
            return with_masks(prediction, masks)
        if isinstance(prediction, PanopticMap):
            return with_labels(prediction, self._segments(prediction, truth))
        if isinstance(prediction, BinaryMask):
            near = self._near(prediction.mask.view(np.uint8))
            known = near if truth.void is None else near & ~truth.void
            return BinaryMask(np.where(known, truth.mask, prediction.mask))
        known = (truth.labels != truth.void) & self._near(prediction.labels)
        return SemanticMap(_given(prediction.labels, truth.labels, known))

    def _near(self, labels: Labels) -> NDArray[np.bool_]:
        if math.isinf(self.distance_px):
            return np.ones(labels.shape, np.bool_)
        return band(labels, width_px=self.distance_px)

    def _mask(
        self, prediction: InstanceSet, index: int, truth: InstanceSet, place: int
    ) -> tuple[NDArray[np.bool_], int, int]:
        if place == NONE or math.isinf(self.distance_px):
            source, kept = (prediction, index) if place == NONE else (truth, place)
            top, left, _, _ = source.masks.boxes[kept].tolist()
            return source.masks.window(kept), top, left
        # Further off nothing is near, and what decides the distance inside a mask touches its box.
        box = grown_box(prediction, index, math.ceil(self.distance_px))
        mask = prediction.masks.window(index, box)
        return np.where(self._near(mask.view(np.uint8)), mask_within(truth, place, box), mask), box[0], box[1]

    def _segments(self, prediction: PanopticMap, truth: PanopticMap) -> Labels:
        labels, true = as_labels(prediction), labels_of_truth(truth)
        standing = owners(prediction, truth)
        # Void of the truth, -1, takes the last entry.
        right = np.append(standing, NONE).astype(np.int32)[true]
        return np.where((right != NONE) & self._near(prediction.ids), right, labels)


def _given(labels: Labels, true: Labels, known: NDArray[np.bool_]) -> Labels:
    """True labels where they are known, in the dtype of the others; in that of the truth where it has wider ids."""
    void, too_wide = void_of(labels), labels.dtype == np.uint8 and true[known].max(initial=0) >= void_of(labels)
    result = cast(Labels, labels.astype(true.dtype) if too_wide else labels.copy())
    result[labels == void] = void_of(result)
    result[known] = true[known]
    return result


def _distance(value: float | str) -> float:
    distance = float(value)
    if not (0 < distance <= FARTHEST_PX or distance == math.inf):
        raise ValueError(f"distance_px is {value}; allowed: above 0 up to {FARTHEST_PX}, or inf")
    return distance
