"""Where the errors of objects are: wrong pixels by their distance to the true object's boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.class_statistics import PRESENT, class_sums
from boundary_bench.metrics.functional.detection_settings import detection_limits
from boundary_bench.metrics.functional.distance_curve import SHARE_WIDTHS_PX, distance_curve
from boundary_bench.metrics.functional.geometry import distance_bins
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.functional.statistics import Measurement, Summary, count_defined, divide
from boundary_bench.metrics.instance.average_f import grown_box
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task


class InstanceErrorDistance:
    """Histogram of wrong pixels of found objects over the distance to the true mask's boundary; boundary-pixel shares.

    A true object and the prediction matched to it differ in the pixels of one mask only; these are the errors. All
    pixels are those within `max_px` of the true boundary on either side, and beyond that those of either mask.
    Distances are Euclidean to the nearest pixel on the other side of the boundary, rounded up, so that the first bin
    holds the pixels that touch it; the image border is no boundary.

    Args:
        classes: number of classes K.
        max_px: the last distance with a bin of its own, 5 to 126.
        max_detections: predictions of one category and image that are looked at, by score; of several limits, the last.

    Raises:
        ValueError: max_px out of range or no detections.
    """

    tasks: frozenset[Task] = frozenset({"instance"})
    IOU_THRESHOLD = 0.5

    def __init__(self, classes: int, max_px: int = 30, *, max_detections: int | Sequence[int] = 100) -> None:
        if not SHARE_WIDTHS_PX[-1] <= max_px <= 126:
            raise ValueError(f"max_px is {max_px}; allowed: {SHARE_WIDTHS_PX[-1]} to 126")
        self.classes = classes
        self.max_px = max_px
        self.max_detections = detection_limits(max_detections)[-1]

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "wrong pixels of objects by distance to the true boundary; boundary-pixel shares",
            "max_px": self.max_px,
            "max_detections": self.max_detections,
            "distance": "Euclidean, to the nearest pixel on the other side of the true mask's boundary, rounded up; "
            "the image border is no boundary",
            "matching": f"COCO's greedy matching at mask IoU {self.IOU_THRESHOLD}, same category; crowds left out",
            "pixels": "of each found object those within max_px of the true boundary on either side, and beyond those "
            "of either mask",
            "missed": "objects without a match have no errors to place; found_share tells how many have one",
            "error_rate": "errors per pixel of either mask, over the found objects: 1 - IoU of all their pixels",
            "boundary_pixel_share": "pixels of the true masks, found or not, within w px of their boundary",
            "averaging": "pixels counted over all images",
            "undefined": "classes without a true object; of errors, without a found object or without an error",
            "source": "SegFix, ECCV 2020, Fig. 2 and Table 12, for objects",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """Of the classes P that are in the truth, int64 (P, max_px + 1): errors, pixels, and pixels of true masks
        (`own`); column 0 is 'further than max_px'.

        Also int64 (P,): true objects, those found, and the pixels of these and their predictions together (`union`).

        Raises:
            ValueError: images of two sizes, no scores, or a category that is no class.
        """
        (matches,) = true_positives(
            prediction=prediction,
            truth=truth,
            classes=self.classes,
            thresholds=[self.IOU_THRESHOLD],
            max_detections=self.max_detections,
        )
        present, place = np.unique(truth.categories, return_inverse=True)
        errors, pixels, own = (np.zeros((len(present), self.max_px + 1), np.int64) for _ in range(3))
        union = np.zeros(len(present), np.int64)
        np.add.at(own, place, _own_bins(truth, max_px=self.max_px))
        for true_index in np.flatnonzero(matches >= 0):
            wrong, near, either = self._compare(prediction, int(matches[true_index]), truth, int(true_index))
            errors[place[true_index]] += wrong
            pixels[place[true_index]] += near
            union[place[true_index]] += either
        objects, found = (
            np.bincount(place[chosen], minlength=len(present)).astype(np.int64)
            for chosen in (~truth.crowd, matches >= 0)
        )
        return {
            PRESENT: present,
            "errors": errors,
            "pixels": pixels,
            "own": own,
            "union": union,
            "objects": objects,
            "found": found,
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """Error rate, shares of errors and of true pixels near boundaries, share of objects found, the histogram."""
        keys = ("errors", "pixels", "own", "union", "objects", "found")
        errors, pixels, own, union, objects, found = (
            class_sums(measurements, key, classes=self.classes, weights=weights) for key in keys
        )
        summary = Summary(values={}, per_class={}, curves={"error_distance": distance_curve(errors, pixels)})
        self._add(summary, "found_share", found, objects)
        self._add(summary, "error_rate", errors.sum(axis=-1), union)
        for width in SHARE_WIDTHS_PX:
            for name, counts in (("boundary_pixel_share", own), ("boundary_error_share", errors)):
                self._add(summary, f"{name}@{width}px", counts[..., 1 : width + 1].sum(axis=-1), counts.sum(axis=-1))
        return summary

    def _add(self, summary: Summary, name: str, part: NDArray[np.float64], whole: NDArray[np.float64]) -> None:
        """A share over all classes and by class; defined are the classes that have a whole."""
        summary.values[name] = divide(np.asarray(part.sum(axis=-1)), np.asarray(whole.sum(axis=-1)))
        summary.per_class[name] = divide(part, whole)
        summary.scored[name] = count_defined(whole > 0)
        summary.undefined[name] = self.classes - summary.scored[name]

    def _compare(
        self, prediction: InstanceSet, predicted_index: int, truth: InstanceSet, true_index: int
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Errors and pixels by bin of one matched pair, and the pixels of either mask."""
        near = grown_box(truth.masks.boxes[true_index, None], self.max_px, truth.size)
        box = grown_box(np.stack([near, prediction.masks.boxes[predicted_index]]), 0, truth.size)
        true, predicted = truth.masks.window(true_index, box), prediction.masks.window(predicted_index, box)
        bins = distance_bins(true.view(np.uint8), max_px=self.max_px)
        errors = np.bincount(bins[true != predicted], minlength=self.max_px + 1)
        pixels = np.bincount(bins.reshape(-1), minlength=self.max_px + 1)
        either = true | predicted
        pixels[0] = (either & (bins == 0)).sum()
        return errors, pixels, int(either.sum())


@remembered
def _own_bins(truth: InstanceSet, *, max_px: int) -> NDArray[np.int64]:
    """Pixels of each true mask by bin, (G, max_px + 1); zeros for crowds."""
    counts = np.zeros((len(truth), max_px + 1), np.int64)
    for index in np.flatnonzero(~truth.crowd & (truth.masks.areas > 0)):
        # One pixel around the mask is enough: from inside, the nearest pixel outside is there.
        mask = truth.masks.window(int(index), grown_box(truth.masks.boxes[index, None], 1, truth.size))
        counts[index] = np.bincount(distance_bins(mask.view(np.uint8), max_px=max_px)[mask], minlength=max_px + 1)
    return counts
