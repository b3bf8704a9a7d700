"""Errors inside a mask, averaged with those around them; outside, the error is that of the nearest pixel inside.

Of the pixels of the mask that are equally near to one outside, the leftmost counts, and of those the upper one: so do
the indices of SciPy's distance transform.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

RADIUS = 3
"""Of the window, 7 x 7."""
REACH = 4
"""How far the nearest pixel of the mask can be in a row or column where the window holds one."""


def smoothed_errors(
    levels: NDArray[np.uint8],
    errors: NDArray[np.float64],
    mask: NDArray[np.bool_],
    columns: NDArray[np.uint8],
    window: NDArray[np.float64],
) -> float:
    """Sum over the mask of a pixel's error, or of the mean of the errors around it where that is smaller.

    Args:
        levels: uint8 (H, W).
        errors: of each level inside the mask, float64 (256,), >= 0.
        mask: bool (H, W).
        columns: uint8 (H, W), pixels to the mask in the same column.
        window: float64 (7,); the weights of the mean are products of it.
    """
    return float(_smoothed(levels, errors, mask.view(np.uint8), columns, window))


@njit(cache=True, nogil=True)
def _smoothed(levels: Any, errors: Any, mask: Any, columns: Any, window: Any) -> float:
    """The rows around the present one are kept, with a margin of zeros; those beyond the image are zeros."""
    height, width = levels.shape
    size = 2 * RADIUS + 1
    rows = np.zeros((size, width + 2 * RADIUS))
    line = np.zeros(width + 2 * RADIUS)
    total = 0.0
    for below in range(height + RADIUS):
        if below < height:
            _nearest_errors(levels, errors, mask, columns, below, rows[below % size])
        else:
            rows[below % size] = 0
        y = below - RADIUS
        if y >= 0:
            total += _row(levels[y], errors, mask[y], rows, y, window, line)
    return total


@njit(cache=True, nogil=True)
def _nearest_errors(levels: Any, errors: Any, mask: Any, columns: Any, y: int, out: Any) -> None:
    """Write a row of errors, 0 where the window of no pixel of the mask comes."""
    width = levels.shape[1]
    out[:] = 0
    near = 0
    for x in range(min(RADIUS, width)):
        near += columns[y, x] <= RADIUS
    for x in range(width):
        if x + RADIUS < width:
            near += columns[y, x + RADIUS] <= RADIUS
        if x > RADIUS:
            near -= columns[y, x - RADIUS - 1] <= RADIUS
        if mask[y, x]:
            out[x + RADIUS] = errors[levels[y, x]]
        elif near > 0:
            out[x + RADIUS] = errors[_nearest_level(levels, mask, columns, y, x)]


@njit(cache=True, nogil=True)
def _nearest_level(levels: Any, mask: Any, columns: Any, y: int, x: int) -> Any:
    nearest, at, away = 2 * REACH * REACH + 1, 0, 0
    for other in range(max(x - REACH, 0), min(x + REACH + 1, levels.shape[1])):
        distance = np.int64(columns[y, other])
        squared = distance * distance + (other - x) * (other - x)
        if squared < nearest:
            nearest, at, away = squared, other, distance
    above = y - away
    return levels[above, at] if above >= 0 and mask[above, at] else levels[y + away, at]


@njit(cache=True, nogil=True)
def _row(levels: Any, errors: Any, mask: Any, rows: Any, y: int, window: Any, line: Any) -> float:
    first, last = len(mask), 0
    for x in range(len(mask)):
        if mask[x] and errors[levels[x]] > 0:
            first, last = min(first, x), x + 1
    if last == 0:
        return 0.0
    size = len(window)
    line[first : last + 2 * RADIUS] = 0
    for k in range(size):
        row, weight = rows[(y - RADIUS + k) % size], window[k]
        for x in range(first, last + 2 * RADIUS):
            line[x] += weight * row[x]
    total = 0.0
    for x in range(first, last):
        if mask[x]:
            error = errors[levels[x]]
            mean = 0.0
            for k in range(size):
                mean += window[k] * line[x + k]
            total += min(error, mean)
    return total
