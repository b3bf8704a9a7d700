"""Which predicted object found which true one: COCO's greedy matching, kept as pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import Iou, pairs_of
from boundary_bench.metrics.functional.matching import by_score, require_detections, without_categories
from boundary_bench.metrics.kernels.matching.detections import ranks
from boundary_bench.metrics.kernels.matching.pairing import pair_up
from boundary_bench.metrics.structures.segmentation import InstanceSet

MASK_IOU = Iou("mask", band_ratio=0.02, band_px=None)


def true_positives(
    *,
    prediction: InstanceSet,
    truth: InstanceSet,
    classes: int,
    thresholds: NDArray[np.float64] | Sequence[float],
    max_detections: int,
) -> NDArray[np.int64]:
    """The predicted object that each true one is matched to at each threshold of mask IoU.

    Predictions of a category take, from the highest score down (equal scores in their order), the true object of
    highest IoU among those that are free and reach the threshold; of equal ones the last. Crowds are left out: a
    prediction that only a crowd excuses is no true positive.

    Args:
        prediction: with scores.
        truth: of the same image.
        classes: number of classes K.
        thresholds: T of them; an IoU of exactly the threshold is enough.
        max_detections: predictions of one category that are looked at, the best first.

    Returns:
        int64 (T, G): places of predictions, -1 where there is none.

    Raises:
        ValueError: images of two sizes, no scores, or a category that is no class.
    """
    order = best_first(prediction, truth, classes=classes, max_detections=max_detections)
    pairs, iou = pairs_of(prediction, truth), MASK_IOU.of(prediction, truth)
    real = ~truth.crowd[pairs.true]
    limits = np.asarray(thresholds, np.float64)
    return np.asarray(pair_up(order, pairs.predicted[real], pairs.true[real], iou[real], limits, len(truth)))


def best_first(prediction: InstanceSet, truth: InstanceSet, *, classes: int, max_detections: int) -> NDArray[np.int64]:
    """Places of the predictions that are looked at, by falling score, so many of each category: int64 (D,).

    Raises:
        ValueError: no scores, or a category of either side that is no class.
    """
    order = by_score(require_detections(prediction, truth, classes))
    first: NDArray[np.int64] = order[ranks(order, prediction.categories) < max_detections]
    return first


def in_a_crowd(prediction: InstanceSet, truth: InstanceSet, *, threshold: float) -> NDArray[np.bool_]:
    """Predictions of which a crowd of their category holds at least a share `threshold`: bool (N,)."""
    pairs = pairs_of(prediction, truth)
    held = truth.crowd[pairs.true] & (MASK_IOU.of(prediction, truth, crowd=truth.crowd) >= threshold)
    excused = np.zeros(len(prediction), np.bool_)
    excused[pairs.predicted[held]] = True
    return excused


def best_iou(prediction: InstanceSet, truth: InstanceSet) -> NDArray[np.float64]:
    """Highest mask IoU of each prediction with a true object of its category, no crowd: float64 (N,), 0 if none."""
    pairs, iou = pairs_of(prediction, truth), MASK_IOU.of(prediction, truth)
    best = np.zeros(len(prediction))
    np.maximum.at(best, pairs.predicted, np.where(truth.crowd[pairs.true], 0.0, iou))
    return best


def loose_pairs(
    *, prediction: InstanceSet, truth: InstanceSet, order: NDArray[np.int64], found: float, met: float
) -> NDArray[np.int64]:
    """The prediction that each true object is matched to, or would be if it fitted better.

    In turn, each time by COCO's greedy matching of what is still free: predictions of an object's category from IoU
    `found` on; those from IoU `met` on; predictions of other categories from IoU `found` on. Crowds are left out, and
    from the second turn on predictions that a crowd of their category holds to a share of `found`.

    Args:
        prediction, truth: of one image.
        order: int64 (D,), places of predictions by falling score.

    Returns:
        int64 (G,): places of predictions, -1 where there is none.
    """
    excused = in_a_crowd(prediction, truth, threshold=found)
    matched = np.full(len(truth), -1)
    turns = (
        (prediction, truth, found),
        (prediction, truth, met),
        (without_categories(prediction), without_categories(truth), found),
    )
    for turn, (predicted, true, threshold) in enumerate(turns):
        pairs, iou = pairs_of(predicted, true), MASK_IOU.of(predicted, true)
        used = np.isin(pairs.predicted, matched) | (excused[pairs.predicted] & (turn > 0))
        free = ~used & ~truth.crowd[pairs.true] & (matched[pairs.true] < 0)
        columns = (column[free] for column in (pairs.predicted, pairs.true, iou))
        (now,) = pair_up(order, *columns, np.array([threshold]), len(truth))
        matched = np.maximum(matched, now)
    return matched
