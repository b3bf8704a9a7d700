"""Average precision of instances by the LVIS protocol, for truth that names only some categories of each image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

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
from boundary_bench.metrics.instance.average_precision import AT
from boundary_bench.metrics.instance.detections import Detections, Tables, add_share, mean_of_known, summarise_tables
from boundary_bench.metrics.instance.object_counts import object_counts
from boundary_bench.metrics.structures.segmentation import InstanceSet, Task

Frequency = Literal["r", "c", "f"]


class LvisAP:
    """AP and AR as lvis-api computes them, with the same bits.

    The matching and the means are those of the COCO protocol. The best `max_detections` of an image count, of all
    classes together. Empty detections are left out, as are those of a class that is neither present in the image nor
    known to be absent; detections that match nothing do not count where the class was not exhaustively annotated.
    Crowd does not count and is matched like any object (lvis-api's `ignore`).

    Args:
        classes: number of classes K.
        frequencies: K of `r` (rare), `c` (common), `f` (frequent), for AP_r, AP_c and AP_f.
        iou: `mask`, or `boundary`, whose values are named `boundary_AP_lvis` ...
        band_ratio: width of the band of boundary IoU as a ratio of the diagonal.
        band_px: width in whole pixels; replaces the ratio.
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
        max_detections: int = 300,
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
        self._ranges = area_ranges(COCO_AREAS)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "average precision of instances, LVIS protocol",
            **self.iou.definition(),
            "iou_thresholds": "0.50 to 0.95 by 0.05",
            "interpolation": "highest precision at a recall or beyond, at 101 recalls",
            "averaging": "mean over recalls, IoU thresholds and defined classes at once; AP_r, AP_c, AP_f over rare, "
            "common and frequent classes",
            "max_detections": f"{self.max_detections} per image over all classes",
            "areas_px": {name: list(bounds) for name, bounds in COCO_AREAS.items()},
            "federated": "detections of classes neither present nor known to be absent are left out; unmatched ones of "
            "classes that are not exhaustively annotated do not count",
            "undefined": "classes without a true object (in the range of areas)",
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
        looked_for = truth.federated.negative.union(truth.categories.tolist())
        counts = _among(prediction.categories, looked_for) & (prediction.areas > 0)
        measured = match_image(
            prediction,
            truth,
            scores=scores,
            order=order[counts[order]],
            iou=self.iou.of(prediction, truth),
            areas=self._ranges,
            lenient=_among(prediction.categories, truth.federated.not_exhaustive),
            crowd_rule=False,
        )
        return {**measured, **self.iou.saturation(truth)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """AP, AP50, AP75, AP90, AP by area and by frequency; AR and AR by area; AP and AP50 by class; all `_lvis`."""
        detections = Detections(measurements, classes=self.classes, limits=())
        summary = summarise_tables(len(measurements), weights, lambda row: self._tables(detections, row), mean_of_known)
        if self.iou.kind == "boundary":
            add_share(summary, "saturated_share", detections, ("saturated", "banded"), weights)
        if weights is None:
            summary.curves["objects"] = object_counts(measurements, self.classes, COCO_AREAS)
        return summary

    def _tables(self, detections: Detections, weights: NDArray[np.float64]) -> tuple[Tables, Tables]:
        curves = detections.curves(weights)
        precision, recall = curves.precision, curves.recall
        tables = {"AP": precision[0], **{name: precision[0, t] for name, t in AT.items()}}
        tables |= {f"AP_{name}": precision[a] for a, name in enumerate(COCO_AREAS, start=1)}
        tables |= {f"AP_{f}": precision[0][..., np.array(self.frequencies) == f] for f in "rcf"}
        tables |= {"AR": recall[0], **{f"AR_{name}": recall[a] for a, name in enumerate(COCO_AREAS, start=1)}}
        named = {f"{self.iou.prefix}{name}_lvis": table for name, table in tables.items()}
        return named, {name: named[name] for name in named if name.endswith(("AP_lvis", "AP50_lvis"))}


def _among(categories: NDArray[np.int64], chosen: frozenset[int]) -> NDArray[np.bool_]:
    return np.isin(categories, np.array(sorted(chosen), np.int64))
