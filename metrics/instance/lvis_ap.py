"""Average precision of instances by the LVIS protocol, for truth that names only some categories of each image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional import detection_settings as given
from boundary_bench.metrics.functional.mask_iou import Iou, IouKind
from boundary_bench.metrics.functional.matching import COCO_AREAS, by_score, match_image, require_detections
from boundary_bench.metrics.functional.object_sizes import DESCRIPTIONS, SizeSource
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.instance.detections import Detections
from boundary_bench.metrics.instance.object_counts import object_counts
from boundary_bench.metrics.instance.precision_means import Mean, add_share, summarise_means
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

Frequency = Literal["r", "c", "f"]


class LvisAP:
    """AP and AR as lvis-api computes them, with the same bits.

    The matching and the means are those of the COCO protocol. The best `max_detections` of an image count, of all
    classes together. Empty objects and detections are left out, as are detections of a class that is neither present in
    the image nor known to be absent; those that match nothing do not count where the class was not exhaustively
    annotated.
    Crowd does not count and is matched like any object (lvis-api's `ignore`).

    Args:
        classes: number of classes K.
        frequencies: K of `r` (rare), `c` (common), `f` (frequent), for AP_r, AP_c and AP_f.
        iou: `mask`, or `boundary`, whose values are named `boundary_AP_lvis` ...
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal.
        band_px: width in whole pixels; replaces the ratio.
        iou_thresholds, area_ranges, areas: as of `boundary_bench.metrics.instance.average_precision.AveragePrecision`.
        max_detections: how many detections of an image count.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(
        self,
        classes: int,
        frequencies: Sequence[Frequency],
        *,
        iou: IouKind = "mask",
        band_ratio: float = 0.02,
        band_px: int | None = None,
        iou_thresholds: Sequence[float] | None = None,
        max_detections: int = 300,
        area_ranges: Mapping[str, Sequence[given.Bound]] = COCO_AREAS,
        areas: SizeSource = "annotated",
    ) -> None:
        if len(frequencies) != classes or set(frequencies) - set("rcf"):
            raise ValueError(
                f"frequencies are {''.join(frequencies)!r}; allowed: r, c or f for each of {classes} classes"
            )
        if max_detections < 1:
            raise ValueError(f"max_detections is {max_detections}; allowed: whole numbers >= 1")
        self.classes = classes
        self.frequencies = list(frequencies)
        self.iou = Iou(iou, band_ratio=band_ratio, band_px=band_px)
        self.max_detections = max_detections
        self.iou_thresholds = given.iou_thresholds(iou_thresholds)
        self.area_ranges = given.area_ranges(area_ranges)
        self.areas = given.size_source(areas)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "average precision of instances, LVIS protocol",
            **self.iou.definition(),
            "iou_thresholds": given.described(self.iou_thresholds),
            "interpolation": "highest precision at a recall or beyond, at 101 recalls",
            "averaging": "mean over recalls, IoU thresholds and defined classes at once; AP_r, AP_c, AP_f over rare, "
            "common and frequent classes",
            "max_detections": f"{self.max_detections} per image over all classes",
            "areas_px": given.as_data(self.area_ranges),
            "areas": DESCRIPTIONS[self.areas],
            "federated": "detections of classes neither present nor known to be absent are left out; unmatched ones of "
            "classes that are not exhaustively annotated do not count",
            "undefined": "classes without a true object (in the range of areas); values named after an IoU threshold "
            "that is none of these",
            "source": "Gupta et al., LVIS, CVPR 2019, Section 2; lvis-api LVISEval",
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """One image; see `boundary_bench.metrics.functional.matching.match_image`, and `AveragePrecision.measure`
        for boundary IoU.

        Raises:
            ValueError: two sizes, no scores, a category that is no class, or a truth that is not federated.
        """
        if truth.federated is None:
            raise ValueError("the truth does not say which categories were looked for; allowed: a federated truth")
        scores = require_detections(prediction, truth, self.classes)
        order = by_score(scores)[: self.max_detections]
        empty = truth.areas <= 0
        looked_for = truth.federated.negative.union(truth.categories[~empty].tolist())
        counts = _among(prediction.categories, looked_for) & (prediction.areas > 0)
        measured = match_image(
            prediction,
            replace(truth, crowd=truth.crowd | empty) if empty.any() else truth,
            scores=scores,
            order=order[counts[order]],
            iou=self.iou.of(prediction, truth),
            areas=given.as_array(self.area_ranges),
            thresholds=self.iou_thresholds,
            sizes=self.areas,
            lenient=_among(prediction.categories, truth.federated.not_exhaustive),
            crowd_rule=False,
        )
        return {**measured, **self.iou.saturation(truth)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AP, AP50, AP75, AP90, AP by area and by frequency; AR and AR by area; AP and AP50 by class; all `_lvis`."""
        detections = Detections(measurements, classes=self.classes, limits=())
        means = {f"{self.iou.prefix}{name}_lvis": mean for name, mean in self._means().items()}
        by_class = [f"{self.iou.prefix}{name}_lvis" for name in ("AP", "AP50")]
        summary = summarise_means(detections, weights, means, by_class)
        if self.iou.kind == "boundary":
            add_share(summary, "saturated_share", detections, ("saturated", "banded"), weights)
        if weights is None:
            summary.curves["objects"] = object_counts(measurements, self.classes, self.area_ranges)
        return summary

    def _means(self) -> dict[str, Mean]:
        means = {"AP": Mean("precision")}
        for name, threshold in given.NAMED.items():
            means[name] = Mean("precision", threshold=given.place_of(threshold, self.iou_thresholds))
        means |= {f"AP_{name}": Mean("precision", area) for area, name in enumerate(self.area_ranges, start=1)}
        means |= {f"AP_{f}": Mean("precision", classes=np.array(self.frequencies) == f) for f in "rcf"}
        means |= {"AR": Mean("recall")}
        return means | {f"AR_{name}": Mean("recall", area) for area, name in enumerate(self.area_ranges, start=1)}


def _among(categories: NDArray[np.int64], chosen: frozenset[int]) -> NDArray[np.bool_]:
    return np.isin(categories, np.array(sorted(chosen), np.int64))
