"""Matching of one image's detections to its true objects, as the COCO and LVIS protocols do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.mask_iou import pairs_of
from boundary_bench.metrics.functional.object_sizes import SizeSource, object_sizes
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.kernels.matching import detections
from boundary_bench.metrics.structures.segmentation import InstanceSet

IOU_THRESHOLDS = np.linspace(0.5, 0.95, 10)
ALL_AREAS = (0.0, 1e10)
COCO_AREAS: Mapping[str, tuple[float, float]] = {"S": (0, 32**2), "M": (32**2, 96**2), "L": (96**2, 1e10)}
"""Ranges of areas in pixels, both ends included."""


def require_detections(prediction: InstanceSet, truth: InstanceSet, classes: int) -> NDArray[np.float64]:
    """The prediction's scores.

    Raises:
        ValueError: there are none, or a category of either side is no class.
    """
    if prediction.scores is None:
        raise ValueError("the prediction has no scores; allowed: one score for each object")
    for name, one in (("prediction", prediction), ("truth", truth)):
        if len(one) and one.categories.max() >= classes:
            raise ValueError(f"the {name} has category {one.categories.max()}; allowed: 0 to {classes - 1}")
    return prediction.scores


def by_score(scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places in the order of falling scores; equal ones stay in their order."""
    return np.argsort(-scores, kind="stable")


def match_image(
    prediction: InstanceSet,
    truth: InstanceSet,
    *,
    scores: NDArray[np.float64],
    order: NDArray[np.int64],
    iou: NDArray[np.float64],
    areas: NDArray[np.float64],
    thresholds: NDArray[np.float64] = IOU_THRESHOLDS,
    sizes: SizeSource = "annotated",
    max_detections: int | None = None,
    lenient: NDArray[np.bool_] | None = None,
    crowd_rule: bool = True,
    precedence: NDArray[np.int64] | None = None,
) -> Measurement:
    """Match of each detection at every IoU threshold and in every area range.

    An object does not count where it is crowd or its area is out of range; a detection does not count where it is
    matched to such an object, or is unmatched and out of range itself or `lenient`.

    Args:
        prediction, truth: of one size.
        scores: float64 (N,).
        order: int64 (D,), places of detections by falling score.
        iou: float64 (P,), of each of `pairs_of`.
        areas: float64 (A, 2), both ends included.
        thresholds: float64 (T,), of IoU.
        sizes: which areas are ranged.
        max_detections: how many of each category count, the best first; None: all of them.
        lenient: bool (N,), detections that are not wrong where they match nothing.
        crowd_rule: whether crowd can be matched more than once.
        precedence: int64 (G,); of objects of equal IoU the one with the highest is taken, of equal ones the last.

    Returns:
        Of the detections in their order: `category` int64 (D,), `score` float64 (D,), `rank` int64 (D,) (how many of
        the category come before), `outcome` uint8 (A, T, D) (see
        `boundary_bench.metrics.kernels.matching.detections`). Of the true objects:
        `true_category` int64 (G,), `counted` bool (A, G).
    """
    rank = detections.ranks(order, prediction.categories)
    if max_detections is not None:
        order, rank = order[rank < max_detections], rank[rank < max_detections]
    pairs = pairs_of(prediction, truth)
    predicted, true = pairs.predicted, pairs.true
    if precedence is not None:
        by = np.lexsort((true, precedence[true], predicted))
        predicted, true, iou = predicted[by], true[by], iou[by]
    predicted_areas, true_areas = object_sizes(prediction, truth, sizes)
    excused = _outside(predicted_areas, areas)
    if lenient is not None:
        excused |= lenient
    ignored = truth.crowd | _outside(true_areas, areas)
    shareable = truth.crowd if crowd_rule else np.zeros_like(truth.crowd)
    outcome = detections.match(order, predicted, true, iou, thresholds, shareable, ignored, excused)
    return {
        "category": prediction.categories[order],
        "score": scores[order],
        "rank": rank,
        "outcome": outcome,
        "true_category": truth.categories,
        "counted": ~ignored,
    }


def _outside(values: NDArray[np.float64], areas: NDArray[np.float64]) -> NDArray[np.bool_]:
    outside: NDArray[np.bool_] = (values < areas[:, :1]) | (values > areas[:, 1:])
    return outside


@remembered
@remembered
def without_categories(objects: InstanceSet) -> InstanceSet:
    """The same objects, all of category 0."""
    return replace(objects, categories=np.zeros_like(objects.categories))
