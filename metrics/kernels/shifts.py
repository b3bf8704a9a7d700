"""The shift of one mask that makes it share most pixels with another, exactly, over all shifts of whole pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def column_runs(mask: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Runs of a mask (H, W) down its columns: int64 (R, 2), top and bottom (exclusive); where each column's begin."""
    height, width = mask.shape
    runs, first = np.empty(((height + 1) // 2 * width, 2), np.int64), np.zeros(width + 1, np.int64)
    found = 0
    for x in range(width):
        inside = False
        for y in range(height):
            if mask[y, x] != inside:
                inside = not inside
                if inside:
                    runs[found, 0] = y
                else:
                    runs[found, 1] = y
                    found += 1
        if inside:
            runs[found, 1] = height
            found += 1
        first[x + 1] = found
    return runs[:found].copy(), first


@njit(cache=True, nogil=True)
def best_shift(mask: Any, other: Any) -> tuple[int, int]:
    """(dy, dx) by which `mask` must be moved to share most pixels with `other`, both bool (H, W).

    Of equal shifts the shortest, then the one further up, then further left. Pixels may leave the frame. (0, 0) where
    no shift shares more than none does.
    """
    height, width = mask.shape
    runs, first = column_runs(mask)
    others, other_first = column_runs(other)
    own, theirs = _lengths(runs, first), _lengths(others, other_first)
    most, best = np.int64(-1), (0, 0)
    bends = np.zeros(2 * height + 3, np.int64)
    for step in range(2 * width - 1):
        dx = (step + 1) // 2 if step % 2 else -(step // 2)
        bound = np.int64(0)
        for x in range(max(0, -dx), min(width, width - dx)):
            bound += min(own[x], theirs[x + dx])
        # All of this column's shifts are at least as long as dx.
        if bound < most or (bound == most and dx * dx > best[0] ** 2 + best[1] ** 2):
            continue
        _bend(runs, first, others, other_first, dx, bends)
        slope, shared = np.int64(0), np.int64(0)
        for place in range(len(bends)):
            dy = place - height
            if shared > most or (shared == most and _before((dy, dx), best)):
                most, best = shared, (dy, dx)
            slope += bends[place]
            shared += slope
    return best


@njit(cache=True, nogil=True)
def _bend(runs: Any, first: Any, others: Any, other_first: Any, dx: int, bends: Any) -> None:
    """Second differences of the pixels shared at a shift dx, along dy = -H .. H + 2.

    What two runs share rises by one a step from the shift at which they touch, stays at the shorter one's length, and
    falls again.
    """
    bends[:] = 0
    width = len(first) - 1
    height = (len(bends) - 3) // 2
    for x in range(max(0, -dx), min(width, width - dx)):
        for i in range(first[x], first[x + 1]):
            for j in range(other_first[x + dx], other_first[x + dx + 1]):
                touch = others[j, 0] - runs[i, 1] + height
                length, other_length = runs[i, 1] - runs[i, 0], others[j, 1] - others[j, 0]
                bends[touch] += 1
                bends[touch + length] -= 1
                bends[touch + other_length] -= 1
                bends[touch + length + other_length] += 1


@njit(cache=True, nogil=True)
def _lengths(runs: Any, first: Any) -> NDArray[np.int64]:
    out = np.zeros(len(first) - 1, np.int64)
    for x in range(len(out)):
        for i in range(first[x], first[x + 1]):
            out[x] += runs[i, 1] - runs[i, 0]
    return out


@njit(cache=True, nogil=True)
def _before(shift: Any, other: Any) -> bool:
    length, other_length = shift[0] ** 2 + shift[1] ** 2, other[0] ** 2 + other[1] ** 2
    return bool(length < other_length or (length == other_length and shift < other))
