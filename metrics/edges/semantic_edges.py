"""Semantic edge detection: precision and recall of edges paired one to one, their best F, and the area of the curve."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.correspondence import matching_pairs, matching_sizes
from boundary_bench.metrics.functional.geometry import diagonal_px, thin
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    weighted_sum,
)
from boundary_bench.metrics.kernels.edge_scores import areas, best_points
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task

COUNTS = ("predicted", "predicted_matched", "true", "true_matched")
THRESHOLDS = tuple(k / 100 for k in range(1, 100))
"""Those of the BSDS benchmark."""


class SemanticEdges:
    """MF(ODS), OIS and AP of probable edges against true ones, class by class.

    An edge map is cut at each threshold, thinned where asked, and paired with each annotator's true pixels:
    as many pairs as possible within a distance, no pixel twice. Precision is the share of predicted pixels with a
    partner (in any annotator's map), recall that of true pixels. With several annotators it matters which pixels have
    one, so pairs are then the nearest possible (`boundary_bench.metrics.functional.correspondence.matching_pairs`).

    Boundary detection without classes is the case of one class.

    Args:
        classes: number of classes K.
        max_distance_ratio: largest distance of a pair as a ratio of the image diagonal. SBD 0.0075, its first release
            0.02, Cityscapes 0.0035.
        thresholds: what an edge pixel reaches at least, rising, in (0, 1], at most 255. float32 maps are compared in
            float32.
        thin_prediction: thin each cut map to lines, as BSDS and SBD do.
        margins_px: pixels not looked at along the top, bottom, left and right. The diagonal is that of the whole image.

    Raises:
        ValueError: a parameter out of range.
    """

    tasks: frozenset[Task] = frozenset({"edges"})

    def __init__(
        self,
        classes: int,
        max_distance_ratio: float = 0.0075,
        thresholds: Sequence[float] = THRESHOLDS,
        thin_prediction: bool = True,
        margins_px: Sequence[int] = (0, 0, 0, 0),
    ) -> None:
        if classes < 1:
            raise ValueError(f"classes is {classes}; allowed: 1 or more")
        if not 0 <= max_distance_ratio < 1:
            raise ValueError(f"max_distance_ratio is {max_distance_ratio}; allowed: 0 <= ratio < 1")
        if len(margins_px) != 4 or any(margin < 0 or margin != int(margin) for margin in margins_px):
            raise ValueError(f"margins_px are {list(margins_px)}; allowed: four whole numbers >= 0")
        self.classes = classes
        self.max_distance_ratio = max_distance_ratio
        self.thresholds = _checked_thresholds(thresholds)
        self.thin_prediction = thin_prediction
        self.margins_px = tuple(int(margin) for margin in margins_px)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "semantic edge detection",
            "max_distance_ratio": self.max_distance_ratio,
            "thresholds": self.thresholds.tolist(),
            "thin_prediction": self.thin_prediction,
            "margins_px": dict(zip(("top", "bottom", "left", "right"), self.margins_px, strict=True)),
            "matching": "one to one, as many pairs as possible within the distance (Euclidean, inclusive), exact; with "
            "several annotators at the least total distance, a predicted pixel counts once if any annotator's has it",
            "MF_ODS": "largest F of counts added up over images, precision and recall read at 100 points on straight "
            "lines between thresholds",
            "MF_OIS": "F of counts added up over images, each at the threshold where its own F is largest, of equal "
            "ones where the fewest pixels are predicted; MF_ODS where that is higher",
            "edge_AP": "area under precision over recall: 0.01 times the sum of the precision at recalls 0, 0.01 to 1, "
            "on straight lines between recalls, 0 beyond the smallest and largest; the lowest of thresholds of equal "
            "recall",
            "averaging": "over classes",
            "empty": "precision is 0 where nothing is predicted",
            "undefined": "classes without a true edge pixel in the set",
            "source": "Martin et al., PAMI 2004; Arbelaez et al., PAMI 2011 (BSDS500); Hariharan et al., ICCV 2011 "
            "(SBD); Yu et al., ECCV 2018 (SEAL); STEAL, CVPR 2019, Section 4.1",
        }

    def measure(self, *, prediction: EdgeMaps, truth: EdgeMaps) -> Measurement:
        """Pixels of one image with a partner and all of them, summed over annotators on the true side.

        Args:
            prediction: probabilities.
            truth: bool maps of one annotator or several.

        Returns:
            int64 `predicted`, `predicted_matched`, `true`, `true_matched`, all (K, T).

        Raises:
            ValueError: prediction and truth swapped, other numbers of classes, two sizes, or margins that leave no
                pixel.
        """
        self._check(prediction, truth)
        max_distance_px = self.max_distance_ratio * diagonal_px(truth.size)
        inside = self._inside(truth.size)
        out = {name: np.zeros((self.classes, len(self.thresholds)), np.int64) for name in COUNTS}
        for k in range(self.classes):
            levels = _levels(prediction.maps[k][inside], self.thresholds)
            annotations = np.ascontiguousarray(truth.maps[:, k][(slice(None), *inside)], np.bool_)
            counts = self._class_counts(levels, annotations, max_distance_px)
            for name in COUNTS[:2] + COUNTS[3:]:
                out[name][k] = counts[name]
            out["true"][k] = np.count_nonzero(annotations)
        return out

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """MF(ODS), OIS and AP by class and their means; by class also where the best F lies; the curves."""
        totals = [weighted_sum(measurements, name, weights) for name in COUNTS]
        precision, recall = _precision_recall(*totals)
        defined = totals[2][..., 0] > 0
        rows = [np.ascontiguousarray(side.reshape(-1, side.shape[-1])) for side in (precision, recall)]
        best = best_points(self.thresholds, *rows).reshape(*defined.shape, 4)
        per_class = {
            "MF_ODS": best[..., 3],
            # One threshold for all is a choice for each image too; without this, OIS can fall behind by interpolation.
            "MF_OIS": np.maximum(best[..., 3], _best_image_scale(measurements, weights)),
            "edge_AP": areas(*rows).reshape(defined.shape),
            "ODS_threshold": best[..., 0],
            "ODS_precision": best[..., 1],
            "ODS_recall": best[..., 2],
        }
        per_class = {name: np.where(defined, scores, np.nan) for name, scores in per_class.items()}
        values = {name: mean_of_defined(per_class[name]) for name in ("MF_ODS", "MF_OIS", "edge_AP")}
        scored = count_defined(defined)
        return Summary(
            values=values,
            per_class=per_class,
            curves={"edges": {"threshold": self.thresholds, "precision": precision, "recall": recall}},
            scored=dict.fromkeys(values, scored),
            undefined=dict.fromkeys(values, self.classes - scored),
        )

    def _class_counts(
        self, levels: NDArray[np.uint8], annotations: NDArray[np.bool_], max_distance_px: float
    ) -> dict[str, Any]:
        """Counts of one class, each (T,), from a map of how many thresholds each pixel reaches."""
        count = len(self.thresholds)
        if len(annotations) == 1 and not self.thin_prediction:
            # Without thinning, maps only grow as the threshold falls, so one matching grows with them.
            predicted, matched = matching_sizes(levels, annotations[0], count=count, max_distance_px=max_distance_px)
            return {"predicted": predicted, "predicted_matched": matched, "true_matched": matched}
        counts = np.zeros((3, count), np.int64)
        occurring = np.bincount(levels.reshape(-1), minlength=count + 1) > 0
        for level in range(count, 0, -1):
            if not occurring[level]:  # The map of the next higher threshold.
                counts[:, level - 1] = counts[:, level] if level < count else 0
                continue
            mask = levels >= level
            counts[:, level - 1] = _map_counts(
                thin(mask) if self.thin_prediction else mask, annotations, max_distance_px
            )
        return dict(zip(("predicted", "predicted_matched", "true_matched"), counts, strict=True))

    def _inside(self, size: tuple[int, int]) -> tuple[slice, slice]:
        top, bottom, left, right = self.margins_px
        height, width = size
        if top + bottom >= height or left + right >= width:
            raise ValueError(
                f"margins_px are {list(self.margins_px)}; allowed: such that some of {height} x {width} is left"
            )
        return slice(top, height - bottom), slice(left, width - right)

    def _check(self, prediction: EdgeMaps, truth: EdgeMaps) -> None:
        if prediction.maps.dtype == np.bool_ or truth.maps.dtype != np.bool_:
            found = f"the prediction is {prediction.maps.dtype}, the truth {truth.maps.dtype}"
            raise ValueError(f"{found}; allowed: probabilities and bool; prediction and truth may be swapped")
        for name, maps in (("prediction", prediction), ("truth", truth)):
            if maps.classes != self.classes:
                raise ValueError(f"the {name} has {maps.classes} classes; allowed: {self.classes}")
        if prediction.size != truth.size:
            raise ValueError(f"the prediction is {prediction.size}; allowed: the size of the truth, {truth.size}")


def _map_counts(
    mask: NDArray[np.bool_], annotations: NDArray[np.bool_], max_distance_px: float
) -> tuple[int, int, int]:
    """Predicted pixels, those with a partner in any annotator's map, and true pixels with one, added up."""
    if len(annotations) == 1:
        predicted, matched = matching_sizes(
            mask.view(np.uint8), annotations[0], count=1, max_distance_px=max_distance_px
        )
        return int(predicted[0]), int(matched[0]), int(matched[0])
    found, true_matched = np.zeros_like(mask), 0
    for annotation in annotations:
        pairs = matching_pairs(mask, annotation, max_distance_px=max_distance_px)
        found[tuple(pairs[:, 0].T)] = True
        true_matched += len(pairs)
    return int(np.count_nonzero(mask)), int(np.count_nonzero(found)), true_matched


def _levels(probabilities: NDArray[Any], thresholds: NDArray[np.float64]) -> NDArray[np.uint8]:
    """How many thresholds each pixel reaches: uint8 (H, W)."""
    if probabilities.dtype == np.uint8:
        table = np.searchsorted(thresholds, np.arange(256) / 255, side="right").astype(np.uint8)
        return np.asarray(table[probabilities])
    narrow = thresholds.astype(np.float32)
    levels = np.zeros(probabilities.shape, np.uint8)
    reached = probabilities >= narrow[0]
    levels[reached] = np.searchsorted(narrow, probabilities[reached], side="right")
    return levels


def _precision_recall(
    predicted: NDArray[Any], predicted_matched: NDArray[Any], true: NDArray[Any], true_matched: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    precision = divide(np.asarray(predicted_matched, np.float64), np.asarray(predicted, np.float64))
    recall = divide(np.asarray(true_matched, np.float64), np.asarray(true, np.float64))
    return np.nan_to_num(precision, nan=0.0), np.nan_to_num(recall, nan=0.0)


def _best_image_scale(measurements: Sequence[Measurement], weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    chosen = [_at_best_threshold(measurement) for measurement in measurements]
    return _f(*_precision_recall(*(weighted_sum(chosen, name, weights) for name in COUNTS)))


def _at_best_threshold(counts: Measurement) -> Measurement:
    """Counts (K,) of one image at each class's best threshold."""
    f = _f(*_precision_recall(*(counts[name] for name in COUNTS)))
    fewest = np.where(f == f.max(axis=-1, keepdims=True), counts["predicted"], np.inf)
    best = fewest.argmin(axis=-1)[:, None]
    return {name: np.take_along_axis(counts[name], best, axis=-1)[:, 0] for name in COUNTS}


def _f(precision: NDArray[np.float64], recall: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nan_to_num(divide(2 * precision * recall, precision + recall), nan=0.0)


def _checked_thresholds(thresholds: Sequence[float]) -> NDArray[np.float64]:
    rising = np.asarray(thresholds, np.float64)
    # Written so that NaN fails too.
    inside = rising.ndim == 1 and 1 <= len(rising) <= 255 and bool(rising[0] > 0 and rising[-1] <= 1)
    if not inside or not bool(np.all(np.diff(rising) > 0)):
        raise ValueError(f"thresholds are {list(thresholds)}; allowed: 1 to 255 in (0, 1], rising, none twice")
    return rising
