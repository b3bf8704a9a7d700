"""Average precision of instances by the Cityscapes protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import Iou, IouKind, Spans, pairs_of, shared_pixels, spans_of
from boundary_bench.metrics.functional.matching import require_detections
from boundary_bench.metrics.functional.statistics import Measurement, Summary, as_rows
from boundary_bench.metrics.instance.detections import images_of, joined
from boundary_bench.metrics.kernels.matching import cityscapes as kernels
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

OVERLAPS = np.arange(0.5, 1.0, 0.05)


class CityscapesAP:
    """AP and AP50 as cityscapesScripts' `evalInstanceLevelSemanticLabeling` computes them, with the same bits.

    An object is found by predictions of its class whose IoU exceeds the threshold: the best of them is right, the
    others are wrong. A prediction that meets nothing is wrong, unless more than that share of it lies on void, groups
    (`InstanceSet.crowd`) and objects that are too small. Where all predictions of a class are excused so and nothing is
    found, AP is 0 (that tool stops there).

    Args:
        classes: number of classes K.
        iou: `mask`, or `boundary`, whose values are named `boundary_AP_cityscapes` ...
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal; the default is its authors' for
            Cityscapes.
        band_px: width in whole pixels; replaces the ratio.
        min_region_px: objects of fewer pixels need not be found.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(
        self,
        classes: int,
        *,
        iou: IouKind = "mask",
        band_ratio: float = 0.005,
        band_px: int | None = None,
        min_region_px: int = 100,
    ) -> None:
        if min_region_px < 0:
            raise ValueError(f"min_region_px is {min_region_px}; allowed: 0 and above")
        self.classes = classes
        self.iou = Iou(iou, band_ratio=band_ratio, band_px=band_px)
        self.min_region_px = min_region_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "average precision of instances, Cityscapes protocol",
            **self.iou.definition(),
            "iou_thresholds": "0.50 to 0.95 by 0.05, to be exceeded",
            "averaging": "area under the precision-recall steps, halfway between neighbours; mean over classes with "
            "objects and IoU thresholds",
            "min_region_px": self.min_region_px,
            "void": "a prediction with more than the threshold on void, groups and small objects is not counted",
            "undefined": "classes without an object to be found",
            "source": "Cordts et al., CVPR 2016, Section 4.2; cityscapesScripts evalInstanceLevelSemanticLabeling",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """One image.

        Returns:
            Of predictions with pixels: `category` int64 (D,), `score` float64 (D,), `right` and `wrong` uint8 (T, D),
            how often each counts as either at the ten thresholds. Of the true objects to be found: `true_category`
            int64 (G,), `found` bool (T, G).

        Raises:
            ValueError: two sizes, no scores, or a category that is no class.
        """
        scores = require_detections(prediction, truth, self.classes)
        pairs, areas = pairs_of(prediction, truth), prediction.masks.areas
        small = truth.masks.areas < self.min_region_px
        right, wrong, found = kernels.match(
            pairs.predicted,
            pairs.true,
            pairs.pixels,
            self.iou.of(prediction, truth),
            OVERLAPS,
            scores,
            np.maximum(areas, 1),
            _void_pixels(prediction, truth),
            truth.crowd,
            small,
        )
        real, wanted = areas > 0, ~(truth.crowd | small)
        return {
            "category": prediction.categories[real],
            "score": scores[real],
            "right": right[:, real],
            "wrong": wrong[:, real],
            "true_category": truth.categories[wanted],
            "found": found[:, wanted],
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AP_cityscapes and AP50_cityscapes, overall and by class."""
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        everything = _Examples.of(measurements)
        classes = [everything.of_class(k) for k in range(self.classes)]

        def tables(row: NDArray[np.float64]) -> tuple[_Tables, _Tables]:
            ap = np.array([examples.average_precision(row) for examples in classes]).T
            found = {f"{self.iou.prefix}AP_cityscapes": ap, f"{self.iou.prefix}AP50_cityscapes": ap[:1]}
            return found, found

        return _summarise(len(measurements), weights, tables, _mean)


@dataclass(frozen=True)
class _Examples:
    """Predictions (D,) by rising score and objects (G,) of all images, and the image that each is in."""

    category: NDArray[np.int64]
    score: NDArray[np.float64]
    image: NDArray[np.int64]
    right: NDArray[np.uint8]
    wrong: NDArray[np.uint8]
    true_category: NDArray[np.int64]
    true_image: NDArray[np.int64]
    found: NDArray[np.bool_]

    @classmethod
    def of(cls, measurements: Sequence[Measurement]) -> _Examples:
        order = np.argsort(joined(measurements, "score"), kind="stable")
        category, score, right, wrong = (
            joined(measurements, key)[..., order] for key in ("category", "score", "right", "wrong")
        )
        image, true_image = images_of(measurements, "category")[order], images_of(measurements, "true_category")
        true_category, found = joined(measurements, "true_category"), joined(measurements, "found")
        return cls(category, score, image, right, wrong, true_category, true_image, found)

    def of_class(self, category: int) -> _Examples:
        mine, wanted = self.category == category, self.true_category == category
        return _Examples(
            self.category[mine],
            self.score[mine],
            self.image[mine],
            self.right[:, mine],
            self.wrong[:, mine],
            self.true_category[wanted],
            self.true_image[wanted],
            self.found[:, wanted],
        )

    def average_precision(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """AP at each threshold, float64 (T,): NaN without objects, 0 without predictions."""
        of_object, of_prediction = weights[self.true_image], weights[self.image]
        if not of_object.any():
            return np.full(len(OVERLAPS), np.nan)
        if not of_prediction.any():
            return np.zeros(len(OVERLAPS))
        missed = (~self.found) @ of_object
        return np.array([self._at(t, of_prediction, missed[t]) for t in range(len(OVERLAPS))])

    def _at(self, t: int, weights: NDArray[np.float64], missed: float) -> float:
        precision, recall = np.empty((2, len(self.score) + 1))
        points = kernels.operating_points(self.score, weights, self.right[t], self.wrong[t], missed, precision, recall)
        precision, recall = precision[:points], recall[:points]
        # Each point stands for the recalls halfway to its neighbours; the last point has recall 0, and so have those
        # beyond; the first has itself before it.
        steps = np.convolve(np.concatenate([recall[:1], recall, [0.0]]), [-0.5, 0.0, 0.5], "valid")
        return float(np.dot(precision, steps))


def _mean(table: NDArray[np.float64]) -> float:
    # The official order of summation: by class, then by threshold, undefined classes as zeros.
    return float(np.nanmean(np.ascontiguousarray(table.T)))


def _void_pixels(prediction: InstanceSet, truth: InstanceSet) -> NDArray[np.int64]:
    count = len(prediction)
    if truth.void is None:
        return np.zeros(count, np.int64)
    void: Spans = spans_of(truth.void)
    return shared_pixels(spans_of(prediction.masks), void, np.arange(count), np.zeros(count, np.int64))


_Tables = Mapping[str, NDArray[np.float64]]
"""Metric name -> float64 (..., K'), NaN for undefined classes; the value is the mean over all that are defined."""


def _summarise(
    count: int,
    weights: NDArray[np.float64] | None,
    tables: Callable[[NDArray[np.float64]], tuple[_Tables, _Tables]],
    mean: Callable[[NDArray[np.float64]], float],
) -> Summary:
    """Means over classes, and what they are means over, for every weighting.

    Args:
        count: number of images N.
        weights: float64 (N,) or (R, N); None weighs every image 1.
        tables: from weights (N,) to the tables behind the values, and those (..., K) behind the numbers by class.
        mean: of the defined entries of a table; sums of floats depend in their last bits on the order of the terms.

    Raises:
        ValueError: weights that are not one per image.
    """
    rows = as_rows(count, weights)
    values: dict[str, list[float]] = {}
    per_class: dict[str, list[NDArray[np.float64]]] = {}
    defined: dict[str, NDArray[np.bool_]] = {}
    for row in rows:
        means, by_class = tables(row)
        for name, table in means.items():
            known = _defined(table)
            values.setdefault(name, []).append(mean(table) if known.any() else np.nan)
            defined[name] = defined.get(name, False) | known
        for name, table in by_class.items():
            per_class.setdefault(name, []).append(_class_means(table))
    shape = () if weights is None else weights.shape[:-1]
    return Summary(
        values={name: np.array(found).reshape(shape) for name, found in values.items()},
        per_class={name: np.array(found).reshape(*shape, -1) for name, found in per_class.items()},
        scored={name: int(known.sum()) for name, known in defined.items()},
        undefined={name: int((~known).sum()) for name, known in defined.items()},
    )


def _defined(table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Classes (K,) that are not NaN in a table (..., K)."""
    known: NDArray[np.bool_] = ~np.isnan(table[(0,) * (table.ndim - 1)])
    return known


def _class_means(table: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.ascontiguousarray(table.reshape(-1, table.shape[-1]).T)
    return np.asarray(rows.mean(axis=1))
