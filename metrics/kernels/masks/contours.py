"""Contours cut into the stretches on which a condition holds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def stretches(points: Any, ends: Any, condition: Any) -> Any:
    """The stretches of contours on whose pixels a condition holds, no pixel twice.

    Where the first and the last stretch of a contour meet, they become one; the first follows reversed, as in the usual
    code of human correction effort.

    Args:
        points: int32 (P, 2), columns and rows of the pixels of one contour after the other.
        ends: int64 (C,), behind the last point of each contour.
        condition: uint8 (H, W), not 0 where it holds.

    Returns:
        Points of the stretches, int32 (Q, 2); int64 (S, 2), from where to before where each lies in them; and bool
        (C,), whether the condition holds anywhere on each contour.
    """
    visited = np.zeros(condition.shape, np.bool_)
    kept = np.empty((2 * len(points) + 1, 2), np.int32)
    bounds = np.empty((len(points) + 1, 2), np.int64)
    held = np.zeros(len(ends), np.bool_)
    size, count, start = 0, 0, 0
    for contour in range(len(ends)):
        first, running = count, False
        for at in range(start, ends[contour]):
            x, y = points[at]
            if condition[y, x] == 0 or visited[y, x]:
                running = False
                continue
            if not running:
                bounds[count, 0] = size
                count, running = count + 1, True
            visited[y, x], held[contour] = True, True
            kept[size] = points[at]
            size += 1
            bounds[count - 1, 1] = size
        start = ends[contour]
        if count - first > 1 and _meet(kept[bounds[first, 0]], kept[size - 1]):
            for at in range(bounds[first, 1] - 1, bounds[first, 0] - 1, -1):
                kept[size] = kept[at]
                size += 1
            bounds[count - 1, 1] = size
            bounds[first] = bounds[count - 1]
            count -= 1
    return kept[:size], bounds[:count], held


@njit(cache=True, nogil=True)
def _meet(one: Any, other: Any) -> Any:
    """Whether two pixels are neighbours, across corners too, and not the same."""
    return max(abs(one[0] - other[0]), abs(one[1] - other[1])) == 1
