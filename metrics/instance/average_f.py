"""AF: the boundary F-score of objects that were found, one object at a time (BPR, Section 4.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.boundary_matching import f_score, match_classes
from boundary_bench.metrics.functional.class_statistics import PRESENT, class_sums
from boundary_bench.metrics.functional.detection_settings import detection_limits
from boundary_bench.metrics.functional.matching import IOU_THRESHOLDS
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
)
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task


def mask_boundary_f(
    *, prediction: Masks, predicted_index: int, truth: Masks, true_index: int, tolerance_px: int
) -> float:
    """Boundary F-score of one mask against another.

    Boundaries follow `boundary_bench.metrics.functional.geometry.class_boundaries`; a boundary pixel is matched
    where the other boundary has a
    pixel at dy² + dx² <= tolerance_px². Two masks that both fill the image have no boundary and score 1.
    """
    boxes = np.stack([prediction.boxes[predicted_index], truth.boxes[true_index]])
    # One pixel more, so that edges of the masks are not taken for the border of the image.
    box = grown_box(boxes, 1, truth.size)
    predicted, true = prediction.window(predicted_index, box), truth.window(true_index, box)
    tolerances = np.array([tolerance_px])
    counts = match_classes(predicted.view(np.uint8), true.view(np.uint8), np.array([1]), tolerances, "gscnn")
    return float(f_score(*(count.reshape(-1) for count in counts))[0][0])


def grown_box(boxes: NDArray[np.int64], margin_px: int, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The box (top, left, bottom, right) around boxes (n, 4), with a margin, inside the image."""
    top, left = np.maximum(boxes[:, :2].min(axis=0) - margin_px, 0)
    bottom, right = np.minimum(boxes[:, 2:].max(axis=0) + margin_px, size)
    return int(top), int(left), int(bottom), int(right)


class AverageF:
    """AF: boundary F of true positives, averaged over them, then over IoU thresholds, then over classes.

    AF alone does not see objects that were missed. It is reported together with the share of true objects that were
    found and with the same mean over all true objects, in which a missed one counts 0.

    Args:
        classes: number of classes K.
        tolerance_px: radius within which boundary pixels match, whole pixels.
        max_detections: predictions of one category and image that are looked at, by score; of several limits, the last.

    Raises:
        ValueError: a negative tolerance or no detections.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(self, classes: int, *, tolerance_px: int = 1, max_detections: int | Sequence[int] = 100) -> None:
        if tolerance_px < 0:
            raise ValueError(f"tolerance_px is {tolerance_px}; allowed: whole pixels >= 0")
        self.classes = classes
        self.tolerance_px = tolerance_px
        self.max_detections = detection_limits(max_detections)[-1]

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "instance-wise boundary F-score of true positives",
            "tolerance_px": self.tolerance_px,
            "iou_thresholds": [round(threshold, 2) for threshold in IOU_THRESHOLDS],
            "max_detections": self.max_detections,
            "matching": "objects: COCO's greedy matching by mask IoU, same category, from the highest score down; "
            "boundary pixels: disk of the tolerance, Euclidean, inclusive, not one to one",
            "boundary": "of the whole mask, holes included; half a pixel towards the origin; the image border is none",
            "crowd": "neither a true positive nor missed",
            "averaging": "over the true positives of all images, then over thresholds, then over classes; a class with "
            "true objects but without a true positive at a threshold scores 0 there",
            "AF_all_objects": "as AF, but over all true objects; a missed one counts 0",
            "AF_found_share": "true objects that have a true positive, averaged over thresholds and classes",
            "undefined": "classes without a true object",
            "choices": "the paper gives tolerance, thresholds and that F is taken by instance, and its code was not "
            "released: matching, boundaries, order of averaging and empty thresholds are decided here",
            "source": "Tang et al., BPR, IJCV 2022, Section 4.1",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """Of the classes P that are in the truth: float64 (P, T) sum of F, int64 (P, T) true positives, int64 (P,) true
        objects.

        Raises:
            ValueError: images of two sizes, no scores, or a category that is no class.
        """
        found = true_positives(
            prediction=prediction,
            truth=truth,
            classes=self.classes,
            thresholds=IOU_THRESHOLDS,
            max_detections=self.max_detections,
        )
        scores = self._scores(found, prediction, truth)
        present, place = np.unique(truth.categories, return_inverse=True)
        sums = np.zeros((len(present), len(IOU_THRESHOLDS)))
        matched = np.zeros(sums.shape, np.int64)
        for row in range(len(present)):
            sums[row] = scores[:, place == row].sum(axis=1)
            matched[row] = (found[:, place == row] >= 0).sum(axis=1)
        objects = np.bincount(place[~truth.crowd], minlength=len(present)).astype(np.int64)
        return {PRESENT: present, "f_sum": sums, "true_positives": matched, "objects": objects}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AF, AF_all_objects and AF_found_share, also by class."""
        sums, matched, objects = (
            class_sums(measurements, key, classes=self.classes, weights=weights)
            for key in ("f_sum", "true_positives", "objects")
        )
        present = objects > 0
        of_found = np.where(matched > 0, divide(sums, matched), 0.0).mean(axis=-1)
        per_class = {
            "AF": np.where(present, of_found, np.nan),
            "AF_all_objects": divide(sums.mean(axis=-1), objects),
            "AF_found_share": divide(matched.mean(axis=-1), objects),
        }
        defined = count_defined(present)
        return Summary(
            values={name: mean_of_defined(scores) for name, scores in per_class.items()},
            per_class=per_class,
            scored=dict.fromkeys(per_class, defined),
            undefined=dict.fromkeys(per_class, self.classes - defined),
        )

    def _scores(self, found: NDArray[np.int64], prediction: InstanceSet, truth: InstanceSet) -> NDArray[np.float64]:
        """F of the matched pairs (T, G), 0 where there is none; each pair is measured once."""
        scores = np.zeros(found.shape)
        for true_index in np.flatnonzero((found >= 0).any(axis=0)):
            column = found[:, true_index]
            for predicted_index in np.unique(column[column >= 0]):
                scores[column == predicted_index, true_index] = mask_boundary_f(
                    prediction=prediction.masks,
                    predicted_index=int(predicted_index),
                    truth=truth.masks,
                    true_index=int(true_index),
                    tolerance_px=self.tolerance_px,
                )
        return scores
