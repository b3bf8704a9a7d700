"""The truth as oracles use it: as one label map, and the true object that each prediction means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.segment_labels import as_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, Segmentation, SemanticMap
from boundary_bench.refiners.common.per_label import mask_within

NONE = -1
"""Place of a match that there is not."""


def labels_of_truth(truth: Segmentation) -> Labels:
    """The truth as one label map, uint8 or int32 (H, W), with a label for each class, segment or object.

    Void is what says nothing about where an object ends: void itself, and crowds. What is no object is a
    background with a label of its own. Where objects overlap, the smallest is seen.
    """
    if isinstance(truth, SemanticMap | BinaryMask):
        return truth.labels
    if isinstance(truth, PanopticMap):
        labels = as_labels(truth)
        labels[np.isin(labels, np.flatnonzero(truth.crowd))] = void_of(labels)
        return labels
    return _painted(truth)


def best_objects(prediction: InstanceSet, truth: InstanceSet) -> NDArray[np.int64]:
    """The place of the true object that each predicted one means: best mask IoU among those of its category.

    A true object may be meant by several. Crowds are meant by none. Of equal IoU the first object counts.

    Returns:
        int64 (N,); -1 where no object of the category shares a pixel.
    """
    return np.array([_best_object(prediction, index, truth) for index in range(len(prediction))], np.int64)


def owners(prediction: PanopticMap, truth: PanopticMap) -> NDArray[np.int64]:
    """The place of the predicted segment that stands for each true one.

    A predicted segment means the true one of its category with the best IoU, and of several that mean the same, the
    one of the best IoU stands for it. Pixels that say nothing in the truth (void and crowds) are left out. Of equal
    IoU the earlier segment counts.

    Returns:
        int64 (T,); -1 for a true segment that none stands for, and for crowds.
    """
    iou = iou_of_segments(prediction, truth)
    standing = np.full(len(truth.segments), NONE, np.int64)
    if iou.size == 0:
        return standing
    meant = iou.argmax(axis=1)[:, None] == np.arange(iou.shape[1])
    candidates = np.where(meant, iou, 0.0)
    found = candidates.max(axis=0) > 0
    standing[found] = candidates.argmax(axis=0)[found]
    return standing


def _painted(truth: InstanceSet) -> NDArray[np.int32]:
    """Crowds and void first, then objects from the largest to the smallest."""
    labels = np.zeros(truth.size, np.int32)
    void = void_of(labels)
    own = np.where(truth.crowd, void, np.arange(1, len(truth) + 1))
    if truth.void is not None:
        for index in range(len(truth.void)):
            labels[truth.void.dense(index)] = void
    for index in np.lexsort((-truth.masks.areas, ~truth.crowd)).tolist():
        top, left, bottom, right = truth.masks.boxes[index].tolist()
        labels[top:bottom, left:right][truth.masks.window(index)] = own[index]
    return labels


def _best_object(prediction: InstanceSet, index: int, truth: InstanceSet) -> int:
    best, place = 0.0, NONE
    if prediction.masks.areas[index] == 0:
        return place
    box = top, left, bottom, right = prediction.masks.boxes[index].tolist()
    mask = prediction.masks.window(index)
    boxes = truth.masks.boxes
    meet = (boxes[:, 0] < bottom) & (top < boxes[:, 2]) & (boxes[:, 1] < right) & (left < boxes[:, 3])
    alike = (truth.categories == prediction.categories[index]) & ~truth.crowd
    for candidate in np.flatnonzero(meet & alike).tolist():
        shared = np.count_nonzero(mask & mask_within(truth, candidate, box))
        union = prediction.masks.areas[index] + truth.masks.areas[candidate] - shared
        if shared / union > best:
            best, place = shared / union, candidate
    return place


def iou_of_segments(prediction: PanopticMap, truth: PanopticMap) -> NDArray[np.float64]:
    """IoU (S, T) over pixels of which the truth says something; 0 for two categories."""
    mine, true = as_labels(prediction), labels_of_truth(truth)
    # Rows of the predicted segments, that of void first; columns of the true ones.
    height, width = len(prediction.segments) + 1, len(truth.segments)
    known = true != void_of(true)
    pairs = (mine[known] + 1).astype(np.int64) * width + true[known]
    joint = np.bincount(pairs, minlength=height * width).reshape(height, width)
    shared = joint[1:].astype(np.float64)
    union = joint[1:].sum(axis=1)[:, None] + joint.sum(axis=0) - shared
    same = prediction.categories[:, None] == truth.categories
    return np.where(same & (union > 0), shared / np.maximum(union, 1), 0.0)


def require_equal_sizes(prediction: Segmentation, truth: Segmentation) -> None:
    """Raise ValueError where two segmentations differ in size."""
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
