"""Mask IoU and boundary IoU (Cheng et al., CVPR 2021) of predicted and true objects of one category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.functional.statistics import divide
from boundary_bench.metrics.kernels import span_bands, spans
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet

IouKind = Literal["mask", "boundary"]


@dataclass(frozen=True)
class Pairs:
    """Predicted and true objects of one category that share pixels, by the prediction, then by the truth.

    Attributes:
        predicted, true: int64 (P,), places in the two sets.
        pixels: int64 (P,), pixels shared.
    """

    predicted: NDArray[np.int64]
    true: NDArray[np.int64]
    pixels: NDArray[np.int64]


@dataclass(frozen=True)
class Spans:
    """Masks as spans of pixels down the columns, see `boundary_bench.metrics.kernels.spans`.

    Attributes:
        edges: int64 (E,), flat positions.
        starts: int64 (N + 1,), where each mask's begin.
        areas: int64 (N,), pixels.
    """

    edges: NDArray[np.int64]
    starts: NDArray[np.int64]
    areas: NDArray[np.int64]


@remembered
def spans_of(masks: Masks) -> Spans:
    """The masks as spans."""
    edges, starts = spans.span_edges(masks.counts, masks.starts)
    return Spans(edges, starts, masks.areas)


@remembered
def bands_of(masks: Masks, *, width_px: int) -> Spans:
    """The inner band of each mask: its pixels within `width_px` (chessboard distance) of a pixel outside of it.

    The outside of the image is outside of every mask. The band of a mask that holds no square of side
    2 * width_px + 1 is the mask.
    """
    whole = spans_of(masks)
    return Spans(*span_bands.bands(whole.edges, whole.starts, masks.boxes, masks.size[0], width_px))


@remembered
def pairs_of(prediction: InstanceSet, truth: InstanceSet) -> Pairs:
    """All pairs of one category that share pixels.

    Raises:
        ValueError: two sizes of image.
    """
    if prediction.size != truth.size:
        raise ValueError(f"the prediction is {prediction.size}, the truth {truth.size}; allowed: one size")
    first, second = spans.close_pairs(
        prediction.categories, prediction.masks.boxes, truth.categories, truth.masks.boxes
    )
    pixels = shared_pixels(spans_of(prediction.masks), spans_of(truth.masks), first, second)
    touching = pixels > 0
    return Pairs(first[touching], second[touching], pixels[touching])


@remembered
def band_pixels(prediction: InstanceSet, truth: InstanceSet, *, width_px: int) -> NDArray[np.int64]:
    """Pixels that the inner bands of each of `pairs_of` share: int64 (P,)."""
    pairs = pairs_of(prediction, truth)
    predicted, true = (bands_of(masks, width_px=width_px) for masks in (prediction.masks, truth.masks))
    return shared_pixels(predicted, true, pairs.predicted, pairs.true)


def shared_pixels(left: Spans, right: Spans, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pixels shared by mask first[i] of the left and mask second[i] of the right: int64 (P,)."""
    return np.asarray(spans.shared_by(first, second, left.edges, left.starts, right.edges, right.starts))


class Iou:
    """Which IoU objects are matched by.

    Args:
        kind: `mask`, or `boundary`: the smaller one of mask IoU and the IoU of the inner bands.
        band_ratio: width of the band as a ratio of the diagonal, rounded to whole pixels, at least 1.
        band_px: width in whole pixels; replaces the ratio.

    Raises:
        ValueError: an unknown kind, a width below 1 px, or a ratio that is not in (0, 1).
    """

    def __init__(self, kind: IouKind, *, band_ratio: float, band_px: int | None) -> None:
        if kind not in ("mask", "boundary"):
            raise ValueError(f"iou is {kind!r}; allowed: 'mask' or 'boundary'")
        if band_px is not None and (band_px < 1 or band_px != int(band_px)):
            raise ValueError(f"band_px is {band_px}; allowed: whole pixels >= 1")
        if not 0 < band_ratio < 1:
            raise ValueError(f"band_ratio is {band_ratio}; allowed: 0 < ratio < 1")
        self.kind = kind
        self.band_ratio = band_ratio
        self.band_px = None if band_px is None else int(band_px)

    @property
    def prefix(self) -> str:
        """Prefix of the names of values."""
        return "boundary_" if self.kind == "boundary" else ""

    def definition(self) -> dict[str, Any]:
        """The part of a metric's definition that is about the overlap."""
        if self.kind == "mask":
            return {"iou": "mask"}
        width = {"band_ratio": self.band_ratio} if self.band_px is None else {"band_px": self.band_px}
        return {
            "iou": "the smaller one of mask IoU and the IoU of the inner bands; crowd by mask alone",
            **width,
            "band": "inside each mask, chessboard distance; the image border is an edge",
            "saturated": "share of true objects whose band is the whole mask, so that boundary IoU is mask IoU there",
        }

    def width_px(self, size: tuple[int, int]) -> int:
        """Width of the band in an image of size (H, W)."""
        return self.band_px or band_width_px(self.band_ratio, size)

    def of(
        self, prediction: InstanceSet, truth: InstanceSet, *, crowd: NDArray[np.bool_] | None = None
    ) -> NDArray[np.float64]:
        """IoU of each of `pairs_of`, float64 (P,); for `crowd`, bool (G,), the share of the prediction inside of it."""
        pairs = pairs_of(prediction, truth)
        areas, true_areas = prediction.masks.areas[pairs.predicted], truth.masks.areas[pairs.true]
        whole = areas + true_areas - pairs.pixels
        inside = np.zeros(len(whole), np.bool_) if crowd is None else crowd[pairs.true]
        iou = _quotient(pairs.pixels, np.where(inside, areas, whole))
        if self.kind == "mask":
            return iou
        width = self.width_px(truth.size)
        both = band_pixels(prediction, truth, width_px=width)
        bands, true_bands = (bands_of(one.masks, width_px=width).areas for one in (prediction, truth))
        union = bands[pairs.predicted] + true_bands[pairs.true] - both
        return np.where(inside, iou, np.minimum(iou, _quotient(both, union)))

    def saturation(self, truth: InstanceSet) -> dict[str, NDArray[np.bool_]]:
        """For boundary IoU: `banded`, true objects that are neither crowd nor empty, and `saturated`, those of them
        whose band is the whole mask; bool (G,).
        """
        if self.kind == "mask":
            return {}
        areas = truth.masks.areas
        bands = bands_of(truth.masks, width_px=self.width_px(truth.size)).areas
        banded = (areas > 0) & ~truth.crowd
        return {"banded": banded, "saturated": banded & (bands == areas)}


def _quotient(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return divide(part.astype(np.float64), whole.astype(np.float64))
