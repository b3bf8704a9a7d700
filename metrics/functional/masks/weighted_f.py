"""Weighted F-measure of a soft mask: errors near others count less, those far from the object more."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.masks.background import LONGEST_PX, column_distance, weighted_background
from boundary_bench.metrics.kernels.masks.smoothing import RADIUS, smoothed_errors

EPS = float(np.spacing(1))
SIGMA_PX = 5.0
"""Of the Gaussian window of 7 x 7 pixels."""
HALVED_PX = 5.0
"""Distance in which the weight of an error outside, from 1 at the object to 2 far away, comes half as near to 2."""
FAR_PX = 220
"""From here on the weight is 2, less 6e-14."""


def weighted_f(levels: NDArray[np.uint8], values: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Weighted F-measure of one image, precision and recall alike.

    Args:
        levels: of the prediction, uint8 (H, W), C-contiguous.
        values: what they are worth, float64 (256,), 0..1.
        truth: bool (H, W), C-contiguous.

    Returns:
        0..1; 0 where the truth is empty.

    Raises:
        ValueError: a side of LONGEST_PX or more.
    """
    if max(truth.shape) >= LONGEST_PX:
        raise ValueError(f"a mask has sides of {truth.shape} pixels; allowed: below {LONGEST_PX}")
    true = int(np.count_nonzero(truth))
    if true == 0:
        return 0.0
    columns = column_distance(truth)
    missed = smoothed_errors(levels, 1 - values, truth, columns, _window())
    wrong = weighted_background(levels, values, columns, _weights())
    found = true - missed
    recall, precision = 1 - missed / true, found / (found + wrong + EPS)
    return 2 * recall * precision / (recall + precision + EPS)


def _window() -> NDArray[np.float64]:
    """float64 (7,): products of its numbers sum up to 1."""
    weights = np.exp(-(np.arange(-RADIUS, RADIUS + 1) ** 2) / (2 * SIGMA_PX**2))
    return np.asarray(weights / weights.sum())


def _weights() -> NDArray[np.float64]:
    """By squared distance, up to the square of FAR_PX."""
    distance = np.sqrt(np.arange(FAR_PX**2 + 1))
    return np.asarray(2 - np.exp(math.log(0.5) / HALVED_PX * distance))
