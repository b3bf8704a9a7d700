"""F-measure, E-measure and errors of soft masks, from the counts of their levels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.levels import LevelCounts

EPS = float(np.spacing(1))


def f_measures(counts: LevelCounts, *, beta_squared: float) -> tuple[NDArray[np.float64], float]:
    """F at or above each threshold of 0..255, float64 (256,), and at the adaptive one; 0 where no pixel is right.

    Args:
        counts: of one image.
        beta_squared: weight of recall against precision.

    Returns:
        NaN where no pixel counts.
    """
    if counts.pixels == 0:
        return np.full(256, np.nan), np.nan
    true = int(counts.inside.sum())
    curve = _f(*counts.above(), true, beta_squared)
    return curve, float(_f(*counts.above_adaptive(), true, beta_squared)[0])


def _f(wrong: NDArray[np.int64], right: NDArray[np.int64], true: int, beta_squared: float) -> NDArray[np.float64]:
    precision, recall = right / np.maximum(wrong + right, 1), right / max(true, 1)
    weighted = beta_squared * precision + recall
    return np.asarray((1 + beta_squared) * precision * recall / np.where(right == 0, 1, weighted))


def e_measures(counts: LevelCounts) -> tuple[NDArray[np.float64], float]:
    """E at or above each threshold of 0..255, float64 (256,), and at the adaptive one.

    Up to n / (n - 1) for n pixels, which is how the measure is defined. Where the truth is empty or fills the image, it
    is the share of pixels that are right, by n - 1.

    Returns:
        NaN for images of one pixel.
    """
    if counts.pixels < 2:
        return np.full(256, np.nan), np.nan
    true = int(counts.inside.sum())
    curve = _e(*counts.above(), true, counts.pixels)
    return curve, float(_e(*counts.above_adaptive(), true, counts.pixels)[0])


def _e(wrong: NDArray[np.int64], right: NDArray[np.int64], true: int, pixels: int) -> NDArray[np.float64]:
    found = wrong + right
    if true == 0:
        return np.asarray((pixels - found) / (pixels - 1))
    if true == pixels:
        return np.asarray(found / (pixels - 1))
    # Pixels of four kinds, and what prediction and truth are there less their means.
    found_mean, true_mean = found / pixels, true / pixels
    missed = true - right
    kinds = (
        (right, 1 - found_mean, 1 - true_mean),
        (wrong, 1 - found_mean, -true_mean),
        (missed, -found_mean, 1 - true_mean),
        (pixels - found - missed, -found_mean, -true_mean),
    )
    total = sum(number * (2 * a * b / (a**2 + b**2 + EPS) + 1) ** 2 / 4 for number, a, b in kinds)
    return np.asarray(total / (pixels - 1))


def mean_errors(counts: LevelCounts) -> tuple[float, float]:
    """Mean absolute and mean squared difference of prediction and truth, 0..1; NaN where no pixel counts."""
    if counts.pixels == 0:
        return np.nan, np.nan
    off, missing = counts.values, 1 - counts.values
    absolute = counts.outside @ off + counts.inside @ missing
    squared = counts.outside @ off**2 + counts.inside @ missing**2
    return float(absolute / counts.pixels), float(squared / counts.pixels)
