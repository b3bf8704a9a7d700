"""Regions of an image one by one: what the truth says of each, and what was predicted for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.label_codes import label_codes, no_class, void_where_true_void
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap

OBJECT = 1
"""Class of the foreground of a binary mask."""
FOUND_IOU = 0.5
"""Mask IoU from which on a prediction has found an object."""
MOST_DETECTIONS = 100
"""Predictions of one class and image that are looked at, the best first."""


class Region(NamedTuple):
    """One region.

    Attributes:
        category: its class.
        truth, prediction: bool (H, W), C-contiguous; pixels that are void in the truth are in neither.
    """

    category: int
    truth: NDArray[np.bool_]
    prediction: NDArray[np.bool_]


def regions(prediction: BinaryMask | SemanticMap, truth: BinaryMask | SemanticMap, *, classes: int) -> Iterator[Region]:
    """The foreground of a binary mask, empty or not, or each class that truth or prediction have, in their order.

    Args:
        prediction, truth: of one kind and size.
        classes: number of classes K of label maps.

    Raises:
        ValueError: sizes that differ.
    """
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
    if isinstance(truth, BinaryMask):
        assert isinstance(prediction, BinaryMask)
        found = prediction.mask if truth.void is None else prediction.mask & ~truth.void
        yield Region(OBJECT, np.ascontiguousarray(truth.mask), np.ascontiguousarray(found))
        return
    assert isinstance(prediction, SemanticMap)
    true = label_codes(truth.labels, classes=classes)
    predicted = void_where_true_void(label_codes(prediction.labels, classes=classes), true)
    present = np.union1d(np.unique(true), np.unique(predicted))
    for category in present[present != no_class(true)].tolist():
        yield Region(category, true == category, predicted == category)


def object_regions(
    prediction: InstanceSet,
    truth: InstanceSet,
    *,
    classes: int,
    margin_px: int = 0,
    iou_threshold: float = FOUND_IOU,
    max_detections: int = MOST_DETECTIONS,
) -> Iterator[Region]:
    """Each true object that is no crowd, with the prediction that found it, in a window that holds both.

    Matching is COCO's at one mask IoU. An object that nothing found has an empty prediction.

    Args:
        prediction, truth: of one image, the prediction with scores.
        classes: number of classes K.
        margin_px: from the objects' box to the border of the window; cut off at the image border.
        iou_threshold: mask IoU from which on a prediction has found an object.
        max_detections: predictions of one class that are looked at, the best first.

    Raises:
        ValueError: images of two sizes, no scores, or a category that is no class.
    """
    settings: dict[str, Any] = {"thresholds": [iou_threshold], "max_detections": max_detections}
    (found,) = true_positives(prediction=prediction, truth=truth, classes=classes, **settings)
    for index in np.flatnonzero(~truth.crowd).tolist():
        masks = pair_window(prediction.masks, int(found[index]), truth.masks, index, margin_px=margin_px)
        yield Region(int(truth.categories[index]), masks[1], masks[0])


def pair_window(
    predicted: Masks, place: int, true: Masks, index: int, *, margin_px: int = 0
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """A predicted and a true mask in a window that holds both, each bool (h, w).

    Args:
        predicted, true: masks of one image.
        place, index: which of them; a place below 0 stands for an empty mask.
        margin_px: from the masks' boxes to the border of the window; cut off at the image border.
    """
    box = true.boxes[index]
    if place >= 0:
        other = predicted.boxes[place]
        box = np.concatenate([np.minimum(box[:2], other[:2]), np.maximum(box[2:], other[2:])])
    top, left, bottom, right = box.tolist()
    window = (
        max(top - margin_px, 0),
        max(left - margin_px, 0),
        min(max(bottom, top + 1) + margin_px, true.size[0]),
        min(max(right, left + 1) + margin_px, true.size[1]),
    )
    truth = true.window(index, window)
    return (np.zeros_like(truth) if place < 0 else predicted.window(place, window)), truth
