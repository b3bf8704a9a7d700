"""Boundary IoU of binary masks: the overlap of their inner bands, of hard masks and over thresholds of soft ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.functional.masks.both_empty import BothEmpty, checked, filled
from boundary_bench.metrics.functional.masks.levels import shape_levels
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    divide,
    mean_over_images,
    stacked,
    weighted_total,
)
from boundary_bench.metrics.kernels.counting import joint_counts
from boundary_bench.metrics.kernels.erosion import bands
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task

LEVELS = 256


class MaskBoundaryIoU:
    """IoU of the bands inside true and predicted mask: pooled, as the mean over images, and over thresholds.

    The band of a mask holds its pixels within a width (chessboard distance) of its outside, that of the image included.
    Of a soft map the band at a threshold holds the pixels that exceed the least level within the width by it, which is
    the band of the mask where the map is hard.

    Args:
        width_ratio: width as a ratio of the diagonal, rounded to whole pixels, at least 1.
        width_px: width in whole pixels; replaces the ratio.
        both_empty: what an image without a pixel of the object in truth and prediction has in means over images: none,
            1, or 0 as BiRefNet's code gives.
        normalise: whether the least level of a soft map becomes 0 and the greatest 1 first; a map of one level stays.

    Raises:
        ValueError: a width below 1 px, a ratio that is not in (0, 1), or another rule for empty masks.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(
        self,
        width_ratio: float = 0.02,
        width_px: int | None = None,
        both_empty: BothEmpty = "undefined",
        normalise: bool = True,
    ) -> None:
        if width_px is not None and width_px < 1:
            raise ValueError(f"width_px is {width_px}; allowed: whole pixels >= 1")
        if not 0 < width_ratio < 1:
            raise ValueError(f"width_ratio is {width_ratio}; allowed: 0 < ratio < 1")
        self.width_ratio, self.width_px = width_ratio, width_px
        self.both_empty, self.normalise = checked(both_empty), normalise

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        width = {"width_ratio": self.width_ratio} if self.width_px is None else {"width_px": self.width_px}
        return {
            "metric": "boundary IoU of binary masks",
            **width,
            "band": "inside the mask, chessboard distance; the image border is an edge",
            "averaging": "boundary_IoU counts band pixels of all images; image_boundary_IoU is the mean over images; "
            "boundary_IoU_max and boundary_IoU_mean are of the curve of IoU over 256 thresholds, itself a mean over "
            "images",
            "thresholds": "on the level less the least level within the width, both in 255ths; a hard mask has 0 and 1",
            "normalise": self.normalise,
            "both_empty": self.both_empty,
            "void": "pixels void in the truth are background in truth and prediction, so edges along them have bands; "
            "their levels are not looked at where levels are normalised",
            "undefined": "in means over images those with neither true nor predicted object, unless both_empty says "
            "otherwise",
            "source": "Cheng et al., Boundary IoU, CVPR 2021, Section 4; HQ-SAM (NeurIPS 2023) for the mean over "
            "images; BiRefNet's released code for thresholds",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """Pixels of the true band, the predicted band and both, int64 (); IoU by threshold, float64 (256,).

        NaN at all thresholds where neither mask has a pixel.

        Raises:
            ValueError: sizes that differ.
        """
        if prediction.size != truth.size:
            raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
        width = self.width_px or band_width_px(self.width_ratio, truth.size)
        true_band, found = _true_band(truth, width_px=width), prediction.mask
        predicted_band = _band(found if truth.void is None else found & ~truth.void, width)
        true, predicted = (int(np.count_nonzero(band)) for band in (true_band, predicted_band))
        both = int(np.count_nonzero(true_band & predicted_band))
        if true + predicted == 0:
            curve = np.full(LEVELS, np.nan)
        elif prediction.probabilities is None:
            curve = np.full(LEVELS, both / (max(true, 1) + predicted - both))
            curve[0] = true / (max(true, 1) + truth.mask.size - true)
        else:
            levels, worth = shape_levels(prediction, truth, normalise=self.normalise)
            curve = _by_threshold(_rises((worth * 255).astype(np.uint8)[levels], width), true_band)
        counts = {name: np.array(n, np.int64) for name, n in (("true", true), ("predicted", predicted), ("both", both))}
        return {**counts, "curve": curve}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """boundary_IoU, image_boundary_IoU, and the greatest and mean value of the curve over thresholds."""
        images = {name: stacked(measurements, name) for name in ("true", "predicted", "both", "curve")}
        both, true, predicted = (
            np.asarray(weighted_total(images[name], weights)) for name in ("both", "true", "predicted")
        )
        own = divide(
            images["both"].astype(float), (images["true"] + images["predicted"] - images["both"]).astype(float)
        )
        own, curves = (filled(each, self.both_empty) for each in (own, images["curve"]))
        curve = mean_over_images(curves, weights)
        values = {
            "boundary_IoU": divide(both, np.asarray(true + predicted - both)),
            "image_boundary_IoU": mean_over_images(own, weights),
            "boundary_IoU_max": np.asarray(curve.max(axis=-1)),
            "boundary_IoU_mean": np.asarray(curve.mean(axis=-1)),
        }
        empty = int(np.isnan(own).sum())
        undefined = dict.fromkeys(values, empty) | {"boundary_IoU": 0}
        return Summary(
            values,
            scored={name: len(own) - count for name, count in undefined.items()},
            undefined=undefined,
        )


@remembered
def _true_band(truth: BinaryMask, *, width_px: int) -> NDArray[np.uint8]:
    return _band(truth.mask, width_px)


def _band(mask: NDArray[np.bool_], width_px: int) -> NDArray[np.uint8]:
    """uint8 (H, W), 1 in the inner band of a mask, else 0."""
    band, _ = bands(np.ascontiguousarray(mask).view(np.uint8), width_px, 0)
    return band


def _rises(levels: NDArray[np.uint8], width_px: int) -> NDArray[np.uint8]:
    """How far each level lies above the least within the square around it; beyond the image it is 0."""
    square = np.ones((2 * width_px + 1, 2 * width_px + 1), np.uint8)
    least = cv2.erode(levels, square, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    return np.asarray(levels - least)


def _by_threshold(rises: NDArray[np.uint8], true_band: NDArray[np.uint8]) -> NDArray[np.float64]:
    """IoU with the true band of the pixels at or above each threshold, float64 (256,)."""
    counts = joint_counts(rises, true_band, (LEVELS - 1, 2))
    outside, inside = (counts[::-1, side].cumsum()[::-1] for side in (0, 1))
    return np.asarray(inside / (max(int(inside[0]), 1) + outside))
