"""Average precision of instances by the COCO protocol, over mask IoU or boundary IoU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional import detection_settings as given
from boundary_bench.metrics.functional.mask_iou import Iou, IouKind
from boundary_bench.metrics.functional.matching import (
    COCO_AREAS,
    by_score,
    match_image,
    require_detections,
    without_categories,
)
from boundary_bench.metrics.functional.object_sizes import DESCRIPTIONS, SizeSource
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.instance.detections import Detections
from boundary_bench.metrics.instance.object_counts import object_counts
from boundary_bench.metrics.instance.precision_means import Mean, add_share, summarise_means
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task


class AveragePrecision:
    """AP and AR as pycocotools computes them, with the same bits.

    Precision is interpolated at 101 recalls and averaged over the IoU thresholds 0.50, 0.55 .. 0.95 and over classes.
    Unlike there, values go by the `max_detections` set, and an object whose id is 0 can be matched.

    Args:
        classes: number of classes K.
        iou: `mask`, or `boundary`, whose values are named `boundary_AP`, `boundary_AP50` ...
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal; the default is the authors' for COCO
            (0.005 is theirs for Cityscapes).
        band_px: width in whole pixels; replaces the ratio.
        iou_thresholds: T rising numbers in (0, 1]; None for COCO's ten. AP50, AP75 and AP90 are undefined where their
            threshold is none of them.
        max_detections: how many detections of an image and class count, the best first. Several rising numbers give
            the recall at each, as `AR1`, `AR10` .., and the last, which counts for all else, as `AR`; one number n
            stands for 1, 10 and n.
        area_ranges: names -> least and largest area in pixels, both included, for `AP_<name>` and `AR_<name>`; None
            for no limit.
        areas: which areas these are, see `boundary_bench.metrics.functional.object_sizes`.
        class_agnostic: detections of any category match objects of any category, as if there were one class, and
            there are no numbers by class (pycocotools' `useCats = 0`). Limits are those of an image then.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = frozenset({"instance"})

    def __init__(
        self,
        classes: int,
        *,
        iou: IouKind = "mask",
        band_ratio: float = 0.02,
        band_px: int | None = None,
        iou_thresholds: Sequence[float] | None = None,
        max_detections: int | Sequence[int] = 100,
        area_ranges: Mapping[str, Sequence[given.Bound]] = COCO_AREAS,
        areas: SizeSource = "annotated",
        class_agnostic: bool = False,
    ) -> None:
        self.classes = classes
        self.iou = Iou(iou, band_ratio=band_ratio, band_px=band_px)
        self.iou_thresholds = given.iou_thresholds(iou_thresholds)
        self.limits = given.detection_limits(max_detections)
        self.area_ranges = given.area_ranges(area_ranges)
        self.areas = given.size_source(areas)
        self.class_agnostic = class_agnostic

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "average precision of instances, COCO protocol",
            **self.iou.definition(),
            "iou_thresholds": given.described(self.iou_thresholds),
            "interpolation": "highest precision at a recall or beyond, at 101 recalls",
            "averaging": "detections of all images by score (ties: order of images); mean over recalls, IoU thresholds "
            "and defined classes at once",
            "max_detections": self.limits[-1],
            "areas_px": given.as_data(self.area_ranges),
            "areas": DESCRIPTIONS[self.areas],
            **self._categories(),
            "crowd": "not to be found; detections matched to it do not count; any number may match",
            "undefined": "classes without a true object (in the range of areas); values named after an IoU threshold "
            "that is none of these",
            "AR": f"recall with at most {self._limits_in_words()} detections per image and class, mean over IoU "
            "thresholds and classes",
            "source": "Lin et al., Microsoft COCO, ECCV 2014; pycocotools COCOeval"
            + ("; Cheng et al., Boundary IoU, CVPR 2021, Section 5" if self.iou.kind == "boundary" else ""),
        }

    def measure(self, *, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        """One image; see `boundary_bench.metrics.functional.matching.match_image`.

        With boundary IoU also `banded` bool (G,), true objects that are neither crowd nor empty, and `saturated`
        bool (G,), those of them whose band is the whole mask.

        Raises:
            ValueError: two sizes, no scores, or a category that is no class.
        """
        if self.class_agnostic:
            return self._measure_any_category(prediction, truth)
        scores = require_detections(prediction, truth, self.classes)
        return self._matched(prediction, truth, scores, by_score(scores))

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AP, AP50, AP75, AP90, AP by area; AR, AR1, AR10, AR by area; AP, AP50, AP by area and AR by class.

        Curve `objects`: how many true objects each class has, of all areas and of each range.
        """
        classes = 1 if self.class_agnostic else self.classes
        detections = Detections(measurements, classes=classes, limits=self.limits[:-1])
        prefix = self.iou.prefix
        means = {prefix + name: mean for name, mean in self._means().items()}
        summary = summarise_means(detections, weights, means, [prefix + name for name in self._by_class()])
        if self.iou.kind == "boundary":
            keys = ("saturated", "banded")
            add_share(summary, "saturated_share", detections, keys, weights, by_class=not self.class_agnostic)
        if weights is None:
            summary.curves["objects"] = object_counts(measurements, classes, self.area_ranges)
        return summary

    def _measure_any_category(self, prediction: InstanceSet, truth: InstanceSet) -> Measurement:
        categories = prediction.categories
        prediction, of_truth, truth = without_categories(prediction), truth.categories, without_categories(truth)
        scores = require_detections(prediction, truth, 1)
        # Ties go by category, as they do in pycocotools, which joins the categories one after another.
        return self._matched(prediction, truth, scores, np.lexsort((categories, -scores)), of_truth)

    def _matched(
        self,
        prediction: InstanceSet,
        truth: InstanceSet,
        scores: NDArray[np.float64],
        order: NDArray[np.int64],
        precedence: NDArray[np.int64] | None = None,
    ) -> Measurement:
        measured = match_image(
            prediction,
            truth,
            scores=scores,
            order=order,
            iou=self.iou.of(prediction, truth, crowd=truth.crowd),
            areas=given.as_array(self.area_ranges),
            thresholds=self.iou_thresholds,
            sizes=self.areas,
            max_detections=self.limits[-1],
            precedence=precedence,
        )
        return {**measured, **self.iou.saturation(truth)}

    def _means(self) -> dict[str, Mean]:
        means = {"AP": Mean("precision")}
        for name, threshold in given.NAMED.items():
            means[name] = Mean("precision", threshold=given.place_of(threshold, self.iou_thresholds))
        means |= {f"AP_{name}": Mean("precision", area) for area, name in enumerate(self.area_ranges, start=1)}
        means |= {"AR": Mean("recall")}
        means |= {f"AR{limit}": Mean("first", limit=place) for place, limit in enumerate(self.limits[:-1])}
        return means | {f"AR_{name}": Mean("recall", area) for area, name in enumerate(self.area_ranges, start=1)}

    def _by_class(self) -> list[str]:
        by_size = [f"AP_{name}" for name in self.area_ranges] if self.iou.kind == "mask" else []
        return [] if self.class_agnostic else ["AP", "AP50", *by_size, "AR"]

    def _categories(self) -> dict[str, str]:
        if not self.class_agnostic:
            return {}
        return {"categories": "not looked at; all objects are of one class; detections of equal scores by category"}

    def _limits_in_words(self) -> str:
        names = [f"{limit} (AR{limit})" for limit in self.limits[:-1]]
        last = f"{self.limits[-1]} (AR)"
        return f"{', '.join(names)} and {last}" if names else last
