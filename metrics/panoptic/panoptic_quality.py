"""Panoptic quality: how well segments are found and how well they fit, by mask IoU or by boundary IoU."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    weighted_sum,
)
from boundary_bench.metrics.kernels.erosion import bands
from boundary_bench.metrics.kernels.segments import encode, joint_counts
from boundary_bench.metrics.structures.segmentation import PanopticMap, Task

IoU = Literal["mask", "boundary"]

MOST_SEGMENTS = 65533
"""Segments of one map that 16-bit codes tell apart, beside void and what lies deeper than a band."""


class PanopticQuality:
    """PQ, SQ and RQ overall, of things and of stuff, from sums over all images.

    A predicted and a true segment of one category match where their IoU is above 0.5; true void is left out of the
    union, so that no segment has two matches. Predicted segments without a match are not counted where more than half
    of their pixels are true void or crowd of their category, true segments that are crowds never. A true segment that
    others cover wholly is missed.

    Args:
        classes: number of classes K.
        things: classes that are things; the others are stuff.
        iou: `mask`, or `boundary` for the smaller one of mask IoU and the IoU of the inner bands.
        band_ratio: width of the band as a ratio of the diagonal, rounded to whole pixels, at least 1.
        band_px: width in whole pixels; replaces the ratio.

    Raises:
        ValueError: things that are no classes, an unknown IoU, a width below 1 px, or a ratio that is not in (0, 1).
    """

    tasks: frozenset[Task] = frozenset({"panoptic"})

    def __init__(
        self,
        classes: int,
        things: Sequence[int],
        *,
        iou: IoU = "mask",
        band_ratio: float = 0.02,
        band_px: int | None = None,
    ) -> None:
        if not set(things) <= set(range(classes)):
            raise ValueError(f"things are {sorted(things)}; allowed: classes, 0 to {classes - 1}")
        if iou not in ("mask", "boundary"):
            raise ValueError(f"iou is {iou!r}; allowed: 'mask' or 'boundary'")
        if band_px is not None and band_px < 1:
            raise ValueError(f"band_px is {band_px}; allowed: whole pixels >= 1")
        if not 0 < band_ratio < 1:
            raise ValueError(f"band_ratio is {band_ratio}; allowed: 0 < ratio < 1")
        self.classes = classes
        self.things = sorted(set(things))
        self.iou: IoU = iou
        self.band_ratio = band_ratio
        self.band_px = band_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        common = {
            "metric": "panoptic quality",
            "things": self.things,
            "iou": self.iou,
            "matching": "same category and IoU > 0.5",
            "void": "true void is left out of the union with a predicted segment; predicted void is no segment",
            "ignored": "unmatched predictions with more than half of their pixels in true void or in the crowd segment "
            "of their category (of several, the last in the file's order); crowds are never missed",
            "hidden": "true segments that the file lists and others cover wholly are missed",
            "averaging": "counts over all images, then the mean over classes; SQ of a class without a match is 0",
            "undefined": "classes without a counted segment in truth and prediction",
            "source": "Kirillov et al., Panoptic Segmentation, CVPR 2019; panopticapi",
        }
        if self.iou == "mask":
            return common
        width = {"band_ratio": self.band_ratio} if self.band_px is None else {"band_px": self.band_px}
        boundary = {
            "band": "inside each segment, chessboard distance; the image border is an edge",
            "boundary_iou": "min(mask IoU, IoU of the bands); true void is left out of both unions; masks decide which "
            "predictions are ignored",
            "ids": "any numbering gives the same; boundary-iou-api's mark of bands may be a segment's id",
            "saturated": "share of true segments, crowds left out, that their band fills",
            "source": "Cheng et al., Boundary IoU, CVPR 2021, Section 6; boundary-iou-api",
        }
        return common | width | boundary

    def measure(self, *, prediction: PanopticMap, truth: PanopticMap) -> Measurement:
        """(K,): float64 sum of the IoU of matches; int64 true positives, false positives and false negatives.

        With boundary IoU also int64 (K,): true segments, and those that their band fills.

        Raises:
            ValueError: maps of two sizes, categories that are no classes, more than 65533 segments in a map, or hidden
                ones in the prediction.
        """
        if prediction.size != truth.size:
            raise ValueError(f"the prediction is {prediction.size}, the truth {truth.size}; allowed: one size")
        if prediction.hidden.any():
            raise ValueError("the prediction has hidden segments; allowed: segments with pixels")
        for segments in (prediction, truth):
            _require_classes(segments, self.classes)
        together = _joint_counts(_codes(truth), _codes(prediction), truth, prediction)
        iou, saturation = _pairwise_iou(together), {}
        if self.iou == "boundary":
            width = self.band_px or band_width_px(self.band_ratio, truth.size)
            true_bands, swallowed = _true_bands(truth, width_px=width)
            predicted_bands, _ = bands(_codes(prediction), width, len(prediction.segments) + 1)
            iou = np.minimum(iou, _pairwise_iou(_joint_counts(true_bands, predicted_bands, truth, prediction)))
            saturation = {
                "segments": self._by_class(truth, ~truth.crowd & ~truth.hidden),
                "saturated": self._by_class(truth, ~truth.crowd & ~truth.hidden & swallowed),
            }
        return self._match(iou, together, prediction, truth) | saturation

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """PQ, SQ and RQ of all, of things (`_th`), of stuff (`_st`) and by class; `boundary_PQ` ... for that IoU."""
        keys = ("iou_sum", "tp", "fp", "fn")
        iou_sum, tp, fp, fn = (weighted_sum(measurements, key, weights) for key in keys)
        counted = tp + fp / 2 + fn / 2
        present = counted > 0
        found = np.where(present, divide(iou_sum, np.where(tp > 0, tp, 1.0)), np.nan)
        by_class = {"PQ": divide(iou_sum, counted), "SQ": found, "RQ": divide(tp, counted)}
        groups = {"": list(range(self.classes)), "_th": self.things, "_st": self._stuff()}
        prefix = "boundary_" if self.iou == "boundary" else ""
        summary = Summary(values={}, per_class={prefix + name: scores for name, scores in by_class.items()})
        for name, scores in by_class.items():
            for suffix, members in groups.items():
                self._add(summary, f"{prefix}{name}{suffix}", mean_of_defined(scores[..., members]), present, members)
        if self.iou == "boundary":
            self._add_saturation(summary, measurements, weights)
        return summary

    def _stuff(self) -> list[int]:
        return sorted(set(range(self.classes)) - set(self.things))

    def _add_saturation(
        self, summary: Summary, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None
    ) -> None:
        segments, saturated = (weighted_sum(measurements, key, weights) for key in ("segments", "saturated"))
        share = divide(np.asarray(saturated.sum(axis=-1)), np.asarray(segments.sum(axis=-1)))
        self._add(summary, "saturated_share", share, segments > 0, list(range(self.classes)))
        summary.per_class["saturated_share"] = divide(saturated, segments)

    @staticmethod
    def _add(
        summary: Summary, name: str, value: NDArray[np.float64], present: NDArray[np.bool_], members: list[int]
    ) -> None:
        """A value, and how many of the member classes are behind it."""
        summary.values[name] = value
        summary.scored[name] = count_defined(present[..., members])
        summary.undefined[name] = len(members) - summary.scored[name]

    def _match(
        self, iou: NDArray[np.float64], together: NDArray[np.int64], prediction: PanopticMap, truth: PanopticMap
    ) -> dict[str, NDArray[Any]]:
        same = truth.categories[:, None] == prediction.categories[None, :]
        matches = same & (iou > 0.5) & ~truth.crowd[:, None]
        matched = np.where(matches, iou, 0.0).sum(axis=1)
        false = ~matches.any(axis=0) & ~_excused(together, prediction, truth)
        return {
            "iou_sum": np.bincount(truth.categories, matched, self.classes),
            "tp": self._by_class(truth, matches.any(axis=1)),
            "fp": self._by_class(prediction, false),
            "fn": self._by_class(truth, ~matches.any(axis=1) & ~truth.crowd),
        }

    def _by_class(self, segmentation: PanopticMap, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        counts = np.bincount(segmentation.categories[chosen], minlength=self.classes)
        return counts.astype(np.int64)


def _require_classes(segmentation: PanopticMap, classes: int) -> None:
    if len(segmentation.segments) > MOST_SEGMENTS:
        raise ValueError(f"a map has {len(segmentation.segments)} segments; allowed: at most {MOST_SEGMENTS}")
    outside = segmentation.categories[(segmentation.categories < 0) | (segmentation.categories >= classes)]
    if len(outside):
        raise ValueError(f"a segment has category {outside[0]}; allowed: 0 to {classes - 1}")


@remembered
def _codes(segmentation: PanopticMap) -> NDArray[np.uint16]:
    return encode(segmentation.ids, segmentation.segments)


@remembered
def _true_bands(truth: PanopticMap, *, width_px: int) -> tuple[NDArray[np.uint16], NDArray[np.bool_]]:
    """Codes within the bands, void as it was, and which segments have nothing deeper."""
    codes = _codes(truth)
    inside, deeper = bands(codes, width_px, len(truth.segments) + 1)
    inside[codes == 0] = 0
    return inside, deeper[1 : len(truth.segments) + 1] == 0


def _joint_counts(
    true_codes: NDArray[np.uint16], predicted_codes: NDArray[np.uint16], truth: PanopticMap, prediction: PanopticMap
) -> NDArray[np.int64]:
    """Pixels by code: void, the segments in their order, what lies deeper than a band."""
    return joint_counts(true_codes, predicted_codes, (len(truth.segments) + 2, len(prediction.segments) + 2))


def _pairwise_iou(together: NDArray[np.int64]) -> NDArray[np.float64]:
    """IoU of each true with each predicted segment, of joint counts; true void is left out of the union."""
    both = together[1:-1, 1:-1].astype(np.float64)
    true, predicted = together.sum(axis=1)[1:-1], together.sum(axis=0)[1:-1]
    void = together[0, 1:-1]
    return divide(both, true[:, None] + predicted[None, :] - both - void[None, :])


def _excused(together: NDArray[np.int64], prediction: PanopticMap, truth: PanopticMap) -> NDArray[np.bool_]:
    """Which predicted segments lie for more than half in true void or in the crowd of their category."""
    pixels = together[:, 1:-1].sum(axis=0)
    ignored = together[0, 1:-1].copy()
    crowds = {int(truth.categories[place]): place for place in np.flatnonzero(truth.crowd)}
    for place, category in enumerate(prediction.categories):
        if int(category) in crowds:
            ignored[place] += together[crowds[int(category)] + 1, place + 1]
    excused: NDArray[np.bool_] = ignored > pixels / 2
    return excused
