"""What became of each object: the prediction that found it and how well it fits, and predictions that found nothing.

Columns of `ObjectScores.measure`, the arrays of one image.

Of its G true objects, in the order of the file:

=================  =======  ==========================================================================================
`true_id`          int64    id of the annotation
`true_category`    int64    training id, 0..K-1
`true_area`        int64    px of the mask
`crowd`            bool     stands for many objects: neither found nor missed
`thinness`         float64  `boundary_bench.metrics.instance.mask_shape.thinness_of`: 1 for a square, more for thinner
                            masks; NaN for an empty one
`band_share`       float64  share of the mask that lies in its inner band, the one of `boundary_iou`; 1 where boundary
                            IoU says no more than mask IoU (saturated); NaN for an empty one
`found`            int64    place (0..N-1) of the prediction matched to it in the image's prediction, -1 where none is
`result_id`        int64    that prediction's id (where it stood in its file), -1 where there is none
`score`            float64  its score, NaN where there is none
`iou`              float64  mask IoU, NaN where there is none
`boundary_iou`     float64  the smaller one of mask IoU and the IoU of the inner bands, NaN where there is none
`boundary_f`       float64  boundary F-score at the tolerance, NaN where there is none
`hd95_px`          float64  95th percentile of the distances of surfaces, the larger of both directions, NaN where there
                            is none
`assd_px`          float64  mean distance of both surfaces to each other, NaN where there is none
=================  =======  ==========================================================================================

Of the U predictions that were looked at and matched no true object, best score first:

====================  =======  =======================================================================================
`unmatched`           int64    place (0..N-1) in the image's prediction
`unmatched_id`        int64    id (where it stood in its file)
`unmatched_category`  int64    training id
`unmatched_score`     float64
`unmatched_area`      int64    px of the mask
`unmatched_iou`       float64  highest mask IoU with a true object of its category, crowd left out; else 0
`unmatched_any_iou`   float64  highest mask IoU with a true object of any category, crowd left out
`unmatched_excused`   bool     a crowd of its category holds it, so that it is no false positive
====================  =======  =======================================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.class_statistics import class_totals
from boundary_bench.metrics.functional.mask_iou import Iou, bands_of, pairs_of
from boundary_bench.metrics.functional.masks.regions import pair_window
from boundary_bench.metrics.functional.masks.surface_scores import hd95_and_assd
from boundary_bench.metrics.functional.matching import without_categories
from boundary_bench.metrics.functional.pairing import (
    MASK_IOU,
    best_first,
    best_iou,
    in_a_crowd,
    true_positives,
)
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
)
from boundary_bench.metrics.instance.average_f import mask_boundary_f
from boundary_bench.metrics.instance.detections import images_of, joined
from boundary_bench.metrics.instance.mask_shape import thinness_of
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task


class ObjectScores:
    """Each true object with the prediction that found it, and their means, in which a missed object counts 0.

    The columns are listed in the module's docstring.

    Args:
        classes: number of classes K.
        iou_threshold: mask IoU from which on a prediction has found an object, above 0, at most 1.
        tolerance_px: radius within which boundary pixels match, whole pixels.
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal.
        band_px: width in whole pixels; replaces the ratio.
        max_detections: predictions of one category and image that are looked at, by score.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(
        self,
        classes: int,
        *,
        iou_threshold: float = 0.5,
        tolerance_px: int = 1,
        band_ratio: float = 0.02,
        band_px: int | None = None,
        max_detections: int = 100,
    ) -> None:
        if not 0 < iou_threshold <= 1:
            raise ValueError(f"iou_threshold is {iou_threshold}; allowed: 0 < threshold <= 1")
        if tolerance_px < 0 or tolerance_px != int(tolerance_px):
            raise ValueError(f"tolerance_px is {tolerance_px}; allowed: whole pixels >= 0")
        if max_detections < 1:
            raise ValueError(f"max_detections is {max_detections}; allowed: whole numbers >= 1")
        self.classes = classes
        self.iou_threshold = float(iou_threshold)
        self.tolerance_px = int(tolerance_px)
        self.max_detections = max_detections
        self._boundary_iou = Iou("boundary", band_ratio=band_ratio, band_px=band_px)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        band = self._boundary_iou.definition()
        return {
            "metric": "scores of single objects",
            "iou_threshold": self.iou_threshold,
            "max_detections": self.max_detections,
            "matching": "COCO's greedy matching by mask IoU at the one threshold, same category, from the highest "
            "score down",
            "crowd": "neither found nor missed; a prediction that matched nothing and of which a crowd of its category "
            "holds a share of the threshold is no false positive",
            "object_iou": "mask IoU of each true object and the prediction matched to it; a missed object counts 0",
            "object_boundary_iou": f"the same with boundary IoU: {band.pop('iou')}",
            **{name: value for name, value in band.items() if name != "saturated"},
            "object_boundary_f": "the same with the boundary F-score of the two masks, as in AF",
            "tolerance_px": self.tolerance_px,
            "recall": "share of the true objects that were found",
            "precision": "share of the predictions looked at, less those that a crowd excuses, that found an object",
            "thinness": "a quarter of the perimeter, in sides of pixels, by the root of the area: 1 for a square",
            "averaging": "over the true objects (predictions) of all images, each once, whatever its class",
            "undefined": "classes without a true object; of precision, without a prediction",
            "source": "Lin et al., Microsoft COCO, ECCV 2014 (matching); Cheng et al., Boundary IoU, CVPR 2021; "
            "Tang et al., BPR, IJCV 2022, Section 4.1 (boundary F of objects)",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """The columns of one image; see the module's docstring.

        Raises:
            ValueError: images of two sizes, no scores, or a category that is no class.
        """
        (found,) = true_positives(
            prediction=prediction,
            truth=truth,
            classes=self.classes,
            thresholds=[self.iou_threshold],
            max_detections=self.max_detections,
        )
        looked_at = best_first(prediction, truth, classes=self.classes, max_detections=self.max_detections)
        unmatched = looked_at[~np.isin(looked_at, found)]
        return {**self._of_truth(prediction, truth, found), **self._of_unmatched(prediction, truth, unmatched)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """object_iou, object_boundary_iou, object_boundary_f, recall and precision, also by class."""
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        real, found = ~joined(measurements, "crowd"), joined(measurements, "found") >= 0
        scores = [np.where(found, joined(measurements, key), 0.0) for key in ("iou", "boundary_iou", "boundary_f")]
        of_truth = self._totals(measurements, "true_category", [real, *scores, found], weights)
        false = ~joined(measurements, "unmatched_excused")
        (wrong,) = self._totals(measurements, "unmatched_category", [false], weights)
        objects, *sums, right = of_truth
        names = ("object_iou", "object_boundary_iou", "object_boundary_f", "recall")
        quotients = {name: (total, objects) for name, total in zip(names, (*sums, right), strict=True)}
        quotients["precision"] = (right, right + wrong)
        defined = {name: count_defined(whole > 0) for name, (_, whole) in quotients.items()}
        return Summary(
            values={name: divide(part.sum(axis=-1), whole.sum(axis=-1)) for name, (part, whole) in quotients.items()},
            per_class={name: divide(part, whole) for name, (part, whole) in quotients.items()},
            scored=defined,
            undefined={name: self.classes - count for name, count in defined.items()},
        )

    def _totals(
        self,
        measurements: Sequence[Measurement],
        category: str,
        columns: Sequence[NDArray[Any]],
        weights: NDArray[np.float64] | None,
    ) -> list[NDArray[np.float64]]:
        image, classes = images_of(measurements, category), joined(measurements, category)
        of_image = (image, len(measurements))
        return [class_totals(column, classes, of_image, self.classes, weights) for column in columns]

    def _of_truth(self, prediction: InstanceSet, truth: InstanceSet, found: NDArray[np.int64]) -> Measurement:
        areas, matched = truth.masks.areas, found >= 0
        width = self._boundary_iou.width_px(truth.size)
        bands = bands_of(truth.masks, width_px=width).areas
        pairs = pairs_of(prediction, truth)
        scores = prediction.scores if prediction.scores is not None else np.zeros(0)
        columns = {
            "true_id": truth.ids,
            "true_category": truth.categories,
            "true_area": areas,
            "crowd": truth.crowd,
            "thinness": thinness_of(truth.masks),
            "band_share": divide(bands.astype(np.float64), areas.astype(np.float64)),
            "found": found,
            "result_id": np.full(len(truth), -1),
            "score": np.full(len(truth), np.nan),
            "iou": np.full(len(truth), np.nan),
            "boundary_iou": np.full(len(truth), np.nan),
            "boundary_f": np.full(len(truth), np.nan),
            "hd95_px": np.full(len(truth), np.nan),
            "assd_px": np.full(len(truth), np.nan),
        }
        columns["result_id"][matched] = prediction.ids[found[matched]]
        columns["score"][matched] = scores[found[matched]]
        of_match = found[pairs.true] == pairs.predicted
        for name, iou in (("iou", MASK_IOU), ("boundary_iou", self._boundary_iou)):
            columns[name][pairs.true[of_match]] = iou.of(prediction, truth)[of_match]
        columns["boundary_f"][matched] = [
            self._boundary_f(prediction, truth, found, int(g)) for g in np.flatnonzero(matched)
        ]
        for g in np.flatnonzero(matched & ~truth.crowd).tolist():
            pair = pair_window(prediction.masks, int(found[g]), truth.masks, g)
            columns["hd95_px"][g], columns["assd_px"][g] = hd95_and_assd(*pair)
        return columns

    def _boundary_f(self, prediction: InstanceSet, truth: InstanceSet, found: NDArray[np.int64], place: int) -> float:
        return mask_boundary_f(
            prediction=prediction.masks,
            predicted_index=int(found[place]),
            truth=truth.masks,
            true_index=place,
            tolerance_px=self.tolerance_px,
        )

    def _of_unmatched(self, prediction: InstanceSet, truth: InstanceSet, unmatched: NDArray[np.int64]) -> Measurement:
        scores = prediction.scores if prediction.scores is not None else np.zeros(0)
        columns = {
            "unmatched": np.arange(len(prediction)),
            "unmatched_id": prediction.ids,
            "unmatched_category": prediction.categories,
            "unmatched_score": scores,
            "unmatched_area": prediction.masks.areas,
            "unmatched_iou": best_iou(prediction, truth),
            "unmatched_any_iou": best_iou(without_categories(prediction), without_categories(truth)),
            "unmatched_excused": in_a_crowd(prediction, truth, threshold=self.iou_threshold),
        }
        return {name: column[unmatched] for name, column in columns.items()}
