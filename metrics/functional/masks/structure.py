"""S-measure of a soft mask: how alike prediction and truth are as objects, and in four parts of the image."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.masks.levels import count_levels, moments

EPS = float(np.spacing(1))
Values = NDArray[np.float64]
Part = tuple[tuple[int, int], tuple[int, int]]
"""From one row to before another, and the same of columns."""


def s_measure(levels: NDArray[np.uint8], values: Values, truth: NDArray[np.bool_], *, alpha: float) -> float:
    """S-measure of one image.

    Args:
        levels: of the prediction, uint8 (H, W), C-contiguous.
        values: what they are worth, float64 (256,), 0..1.
        truth: bool (H, W), C-contiguous.
        alpha: weight of the likeness of objects against that of the parts.

    Returns:
        0..1. Where the truth is empty, 1 - mean of the prediction; where it fills the image, the mean. NaN where the
        centre of the object lies in the last row or column, so that parts of the image have no pixels.
    """
    height, width = truth.shape
    pixels, rows, columns = moments(truth.view(np.uint8))
    if pixels in (0, truth.size):
        counts = count_levels(levels, truth, (0, height), (0, width))
        mean = float(counts.sum(axis=0) @ values) / truth.size
        return mean if pixels else 1 - mean
    y, x = (int(np.round(total / pixels)) + 1 for total in (rows, columns))
    if y == height or x == width:
        return math.nan
    parts = [(r, c) for r in ((0, y), (y, height)) for c in ((0, x), (x, width))]
    counted = np.stack([count_levels(levels, truth, *part) for part in parts])
    likeness = (_of_part(levels, values, *each) for each in zip(parts, counted, strict=True))
    region = sum(one * counts.sum() / truth.size for one, counts in zip(likeness, counted, strict=True))
    return max(0.0, alpha * _object(counted.sum(axis=0), values) + (1 - alpha) * float(region))


def _object(counts: NDArray[np.int64], values: Values) -> float:
    """How near to 1 the prediction is inside and to 0 outside, each weighted by its share of the pixels."""
    sides = zip(counts, (1 - values, values), strict=True)
    return float(sum(_constancy(number, value) * number.sum() for number, value in sides) / counts.sum())


def _constancy(counts: NDArray[np.int64], values: Values) -> float:
    pixels = counts.sum()
    mean = counts @ values / pixels
    deviation = math.sqrt(counts @ (values - mean) ** 2 / (pixels - 1)) if pixels > 1 else 0.0
    return float(2 * mean / (mean**2 + 1 + deviation + EPS))


def _of_part(levels: NDArray[np.uint8], values: Values, part: Part, counts: NDArray[np.int64]) -> float:
    """Structural similarity of a part that has pixels, from the counts of its levels."""
    outside, inside = counts
    pixels, true = counts.sum(), inside.sum()
    present = np.flatnonzero(outside + inside)
    if len(present) == 1 and true in (0, pixels):
        return _of_flat_part(levels, values, part, float(values[present[0]]))
    x, y = (outside + inside) @ values / pixels, true / pixels
    freedom = pixels - 1 + EPS
    from_mean = values - x
    of_x = (outside + inside) @ from_mean**2 / freedom
    of_y = (true * (1 - y) ** 2 + (pixels - true) * y**2) / freedom
    together = ((inside @ from_mean) * (1 - y) - (outside @ from_mean) * y) / freedom
    product, spread = 4 * x * y * together, (x**2 + y**2) * (of_x + of_y)
    if product == 0:
        return float(spread == 0)
    return float(product / (spread + EPS))


def _of_flat_part(levels: NDArray[np.uint8], values: Values, part: Part, value: float) -> float:
    """1 where neither prediction nor truth vary, whatever they are.

    The usual code compares variances with 0, so it gives 0 where the mean of equal values is not that value to the last
    bit. So does this one, for the numbers to agree.
    """
    if value in (0.0, 1.0):
        return 1.0
    (top, bottom), (left, right) = part
    return float(values[levels][top:bottom, left:right].mean() == value)
