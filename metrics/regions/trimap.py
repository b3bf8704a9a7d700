"""Trimaps: IoU and accuracy inside a band around the true boundary, by the width of the band."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.distance_curve import differing, true_bins
from boundary_bench.metrics.functional.geometry import distance_bins
from boundary_bench.metrics.functional.label_codes import label_codes, void_where_true_void
from boundary_bench.metrics.functional.masks.regions import FOUND_IOU, OBJECT, Region, object_regions
from boundary_bench.metrics.functional.overlap import Overlap, intersection_over_union, require_same_size
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    stacked,
    weighted_sum,
)
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap, Task

SHOWN_PX = (1, 5, 10)
"""Widths whose numbers have names; the curve has all."""


class Trimap:
    """IoU and accuracy of the pixels within a distance of the true boundary, one distance after the other.

    The band of width w holds the pixels, on both sides, whose Euclidean distance to the nearest pixel of another true
    label is at most w: 1 px is the two rows of pixels that touch. Void is another label of label maps and background of
    masks; the image border is no boundary. Of objects, the bands lie
    around each true one that a prediction found, and all are counted together by class.

    Args:
        classes: number of classes K of label maps.
        max_px: the last width of the curve, 10 to 126.

    Raises:
        ValueError: max_px out of range.
    """

    tasks: frozenset[Task] = frozenset({"binary", "semantic", "instance"})

    def __init__(self, classes: int, max_px: int = 30) -> None:
        if not SHOWN_PX[-1] <= max_px <= 126:
            raise ValueError(f"max_px is {max_px}; allowed: {SHOWN_PX[-1]} to 126")
        self.classes, self.max_px = classes, max_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "IoU and pixel accuracy in trimaps, bands around the true boundary",
            "max_px": self.max_px,
            "band": "pixels on both sides whose Euclidean distance to the nearest pixel of another true label is at "
            "most the width",
            "averaging": "pixels counted over all images; trimap_IoU is that of the object of binary masks, "
            f"trimap_mIoU the mean over the defined classes of label maps, or of objects found at mask IoU {FOUND_IOU}",
            "void": "not counted; for the distance another label of label maps, so the band lies around it too, and "
            "background of masks; predicted void is wrong",
            "undefined": "classes without a true or predicted pixel in the band; everything where no band has a pixel",
            "source": "Kohli et al., IJCV 2009, Section 6; Krähenbühl and Koltun, NIPS 2011, Section 5; Chen et al., "
            "DeepLab, PAMI 2018, Section 4.3",
        }

    def measure(
        self, *, prediction: BinaryMask | SemanticMap | InstanceSet, truth: BinaryMask | SemanticMap | InstanceSet
    ) -> Measurement:
        """int64 (K, max_px): pixels of each class at each distance in both maps, the truth, the prediction; int64
        (max_px,): those of them that are right, and all.

        K is 2 of binary masks, which `binary` says: int64 (), 0 or 1.

        Raises:
            ValueError: sizes that differ, or objects without scores.
        """
        if isinstance(truth, InstanceSet):
            assert isinstance(prediction, InstanceSet)
            return self._of_objects(prediction, truth)
        assert not isinstance(prediction, InstanceSet)
        return self._of_maps(prediction, truth)

    def _of_maps(self, prediction: BinaryMask | SemanticMap, truth: BinaryMask | SemanticMap) -> Measurement:
        binary = isinstance(truth, BinaryMask)
        classes = 2 if binary else self.classes
        require_same_size(prediction.labels, truth.labels)
        bins, true = true_bins(truth, classes=classes, max_px=self.max_px)
        codes = label_codes(truth.labels, classes=classes)
        found = void_where_true_void(label_codes(prediction.labels, classes=classes), codes)
        shape = (classes, self.max_px + 1)
        both = true - differing(codes, found, bins, shape)
        predicted = both + differing(found, codes, bins, shape)
        counts = {"both": both, "true": true, "predicted": predicted, "binary": np.array(binary, np.int64)}
        counts |= {name: each[:, 1:] for name, each in counts.items() if each.ndim}
        return {**counts, "right": counts["both"].sum(axis=0), "pixels": counts["true"].sum(axis=0)}

    def _of_objects(self, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        shape = (self.classes, self.max_px + 1)
        counts = {name: np.zeros(shape, np.int64) for name in Overlap._fields}
        right, pixels = np.zeros(self.max_px + 1, np.int64), np.zeros(self.max_px + 1, np.int64)
        for region in object_regions(prediction, truth, classes=self.classes, margin_px=self.max_px + 1):
            if not region.prediction.any():
                continue
            bins = distance_bins(region.truth.view(np.uint8), max_px=self.max_px)
            for name, mask in zip(Overlap._fields, _overlap(region), strict=True):
                counts[name][region.category] += np.bincount(bins[mask], minlength=shape[1])
            right += np.bincount(bins[region.truth == region.prediction], minlength=shape[1])
            pixels += np.bincount(bins.ravel(), minlength=shape[1])
        found = {name: each[:, 1:] for name, each in counts.items()}
        return {**found, "binary": np.array(0, np.int64), "right": right[1:], "pixels": pixels[1:]}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """trimap_mIoU, or trimap_IoU of an object, and trimap_accuracy at some widths; curves over all widths."""
        sums = (weighted_sum(measurements, name, weights) for name in Overlap._fields)
        within = Overlap(*(np.cumsum(each, axis=-1) for each in sums))
        by_class = intersection_over_union(within)
        right, pixels = (np.cumsum(weighted_sum(measurements, name, weights), axis=-1) for name in ("right", "pixels"))
        accuracy = divide(right, pixels)
        binary = bool(stacked(measurements, "binary").any())
        iou = by_class[..., OBJECT, :] if binary else mean_of_defined(np.moveaxis(by_class, -2, -1))
        name = "trimap_IoU" if binary else "trimap_mIoU"
        values, per_class, scored, undefined = {}, {}, {}, {}
        for width in SHOWN_PX:
            at = by_class[..., width - 1]
            per_class[f"trimap_IoU@{width}px"] = at
            counts = _images(measurements, width) if binary else (count_defined(~np.isnan(at)), at.shape[-1])
            for each, curve in ((name, iou), ("trimap_accuracy", accuracy)):
                key = f"{each}@{width}px"
                values[key] = np.asarray(curve[..., width - 1])
                scored[key], undefined[key] = counts[0], counts[1] - counts[0]
        widths = np.arange(1, self.max_px + 1, dtype=np.float64)
        curves = {"width_px": widths, "IoU": iou, "accuracy": accuracy, "pixels": pixels}
        return Summary(values, per_class, curves={"trimap": curves}, scored=scored, undefined=undefined)


def _overlap(region: Region) -> Overlap:
    """Where the true object is, the predicted one, and both: masks in the place of counts."""
    masks = {"true": region.truth, "predicted": region.prediction, "both": region.truth & region.prediction}
    return Overlap(**masks)


def _images(measurements: Sequence[Measurement], width_px: int) -> tuple[int, int]:
    """How many images have a pixel in the band, of how many."""
    pixels = stacked(measurements, "true")[..., :width_px].sum(axis=(1, 2))
    return int((pixels > 0).sum()), len(pixels)
