"""Average precision of instances by the COCO protocol, over mask IoU or boundary IoU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.mask_iou import Iou, IouKind
from boundary_bench.metrics.functional.matching import (
    COCO_AREAS,
    area_ranges,
    by_score,
    match_image,
    require_detections,
)
from boundary_bench.metrics.functional.statistics import Measurement, Summary
from boundary_bench.metrics.instance.detections import Detections, Tables, add_share, mean_of_known, summarise_tables
from boundary_bench.metrics.instance.object_counts import object_counts
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

AT = {"AP50": 0, "AP75": 5, "AP90": 8}
"""Which of the ten IoU thresholds a name means."""


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
        max_detections: how many detections of an image and class count, the best first.
        areas: names -> least and largest area in pixels, both included, for `AP_<name>` and `AR_<name>`. They go by
            the annotated area of a truth and the mask area of a prediction.

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
        max_detections: int = 100,
        areas: Mapping[str, Sequence[float]] = COCO_AREAS,
    ) -> None:
        if max_detections < 1:
            raise ValueError(f"max_detections is {max_detections}; allowed: whole numbers >= 1")
        self.classes = classes
        self.iou = Iou(iou, band_ratio=band_ratio, band_px=band_px)
        self.max_detections = max_detections
        self.areas = {name: tuple(bounds) for name, bounds in areas.items()}
        self._ranges = area_ranges(areas)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "average precision of instances, COCO protocol",
            **self.iou.definition(),
            "iou_thresholds": "0.50 to 0.95 by 0.05",
            "interpolation": "highest precision at a recall or beyond, at 101 recalls",
            "averaging": "detections of all images by score (ties: order of images); mean over recalls, IoU thresholds "
            "and defined classes at once",
            "max_detections": self.max_detections,
            "areas_px": {name: list(bounds) for name, bounds in self.areas.items()},
            "crowd": "not to be found; detections matched to it do not count; any number may match",
            "undefined": "classes without a true object (in the range of areas)",
            "AR": f"recall with at most 1 (AR1), 10 (AR10) and {self.max_detections} (AR) detections per image and "
            "class, mean over IoU thresholds and classes",
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
        scores = require_detections(prediction, truth, self.classes)
        measured = match_image(
            prediction,
            truth,
            scores=scores,
            order=by_score(scores),
            iou=self.iou.of(prediction, truth, crowd=truth.crowd),
            areas=self._ranges,
            max_detections=self.max_detections,
        )
        return {**measured, **self.iou.saturation(truth)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AP, AP50, AP75, AP90, AP by area; AR, AR1, AR10, AR by area; AP, AP50, AP by area and AR by class.

        Curve `objects`: how many true objects each class has, of all areas and of each range.
        """
        detections = Detections(measurements, classes=self.classes, limits=(1, 10))
        summary = summarise_tables(len(measurements), weights, lambda row: self._tables(detections, row), mean_of_known)
        if self.iou.kind == "boundary":
            add_share(summary, "saturated_share", detections, ("saturated", "banded"), weights)
        if weights is None:
            summary.curves["objects"] = object_counts(measurements, self.classes, self.areas)
        return summary

    def _tables(self, detections: Detections, weights: NDArray[np.float64]) -> tuple[Tables, Tables]:
        curves = detections.curves(weights)
        precision, recall = curves.precision, curves.recall
        tables = {"AP": precision[0], **{name: precision[0, t] for name, t in AT.items()}}
        tables |= {f"AP_{name}": precision[a] for a, name in enumerate(self.areas, start=1)}
        tables |= {"AR": recall[0], "AR1": curves.recall_at[0], "AR10": curves.recall_at[1]}
        tables |= {f"AR_{name}": recall[a] for a, name in enumerate(self.areas, start=1)}
        named = {self.iou.prefix + name: table for name, table in tables.items()}
        by_size = [f"AP_{name}" for name in self.areas] if self.iou.kind == "mask" else []
        by_class = {self.iou.prefix + name: tables[name] for name in ("AP", "AP50", *by_size, "AR")}
        return named, by_class
