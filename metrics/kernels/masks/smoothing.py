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
BLOCK = 64
REACH = 4
"""How far the nearest pixel of the mask can be in a row or column where the window holds one."""


def smoothed_errors(
    levels: NDArray[np.uint8],
    errors: NDArray[np.float64],
    mask: NDArray[np.bool_],
    columns: NDArray[np.uint16],
    window: NDArray[np.float64],
) -> float:
    """Sum over the mask of a pixel's error, or of the mean of the errors around it where that is smaller.

    Args:
        levels: uint8 (H, W).
        errors: of each level inside the mask, float64 (256,), >= 0.
        mask: bool (H, W).
        columns: uint16 (H, W), pixels to the mask in the same column.
        window: float64 (7,); the weights of the mean are products of it.
    """
    return float(_smoothed(levels, errors, mask.view(np.uint8), columns, window))


@njit(cache=True, nogil=True)
def _smoothed(levels: Any, errors: Any, mask: Any, columns: Any, window: Any) -> float:
    """The rows around the present one are kept, with a margin of zeros; those beyond the image are zeros."""
    height, width = levels.shape
    size = 2 * RADIUS + 1
    rows = np.zeros((size, width + 2 * RADIUS))
    line, means = np.empty(BLOCK + 2 * RADIUS), np.empty(BLOCK)
    close = np.empty(width, np.uint8)
    near = np.zeros((width + 7) // 8 * 8, np.uint8)
    total = 0.0
    for below in range(height + RADIUS):
        rows[below % size] = 0
        if below < height and _mark_near(columns[below], close, near[:width]):
            _nearest_errors(levels, errors, mask, columns, below, near, rows[below % size])
        y = below - RADIUS
        if y >= 0:
            total += _row(mask[y], rows, y, window, line, means)
    return total


@njit(cache=True, nogil=True)
def _mark_near(columns: Any, close: Any, near: Any) -> bool:
    """1 where a pixel of the row has the mask in its window; whether any has."""
    found = np.uint8(0)
    for x in range(len(columns)):
        close[x] = columns[x] <= RADIUS
        found |= close[x]
    if found == 0:
        return False
    near[:] = close
    for shift in range(1, min(RADIUS + 1, len(close))):
        _join(near[shift:], close)
        _join(near[:-shift], close[shift:])
    return True


@njit(cache=True, nogil=True)
def _join(out: Any, row: Any) -> None:
    for x in range(len(out)):
        out[x] |= row[x]


@njit(cache=True, nogil=True)
def _nearest_errors(levels: Any, errors: Any, mask: Any, columns: Any, y: int, near: Any, out: Any) -> None:
    width = levels.shape[1]
    words = near.view(np.uint64)
    for word in range(len(words)):
        if words[word] == 0:
            continue
        for x in range(8 * word, min(8 * word + 8, width)):
            if mask[y, x]:
                out[x + RADIUS] = errors[levels[y, x]]
            elif near[x]:
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
def _row(mask: Any, rows: Any, y: int, window: Any, line: Any, means: Any) -> float:
    """Sum of the smaller one of error and mean over the mask in a row, by blocks of it that have errors."""
    size = len(window)
    total = 0.0
    for start in range(0, len(mask), BLOCK):
        end = min(start + BLOCK, len(mask))
        here = rows[y % size][start + RADIUS : end + RADIUS]
        if not _any_error(mask[start:end], here):
            continue
        columns = line[: end - start + 2 * RADIUS]
        columns[:] = 0
        for k in range(RADIUS):
            above = rows[(y + k + size - RADIUS) % size][start:]
            _add(columns, window[k], above, rows[(y - k + RADIUS) % size][start:])
        _add(columns, window[RADIUS] / 2, rows[y % size][start:], rows[y % size][start:])
        part = means[: end - start]
        part[:] = 0
        for k in range(RADIUS):
            _add(part, window[k], columns[k:], columns[2 * RADIUS - k :])
        _add(part, window[RADIUS] / 2, columns[RADIUS:], columns[RADIUS:])
        for x in range(len(part)):
            part[x] = min(here[x], part[x]) * mask[start + x]
        total += part.sum()
    return total


@njit(cache=True, nogil=True)
def _any_error(mask: Any, errors: Any) -> bool:
    found = False
    for x in range(len(mask)):
        found |= mask[x] != 0 and errors[x] > 0
    return found


@njit(cache=True, nogil=True)
def _add(out: Any, weight: float, row: Any, other: Any) -> None:
    """Add two rows that have the same weight."""
    for x in range(len(out)):
        out[x] += weight * (row[x] + other[x])
