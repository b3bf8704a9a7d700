"""What is predicted outside a mask, weighted by a function of the exact distance to it.

The distance transform is separable: a pass over columns finds how far the mask is within each, a pass over rows takes
the smallest `column² + dx²`. In it, blocks of a row look at groups of columns from near to far, skip those that cannot
come nearer than what they have, and stop at the first that no group beyond can.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 32
GROUP = 16
FAR = 1 << 29


def column_distance(mask: NDArray[np.bool_], cap: int) -> NDArray[np.uint8]:
    """Pixels to the nearest of the mask in the same column, at most `cap` <= 254: uint8 (H, W), 0 in the mask."""
    out = np.empty(mask.shape, np.uint8)
    _columns(mask.view(np.uint8), np.uint8(cap), out)
    return out


@njit(cache=True, nogil=True)
def _columns(mask: Any, cap: Any, out: Any) -> None:
    one, zero = np.uint8(1), np.uint8(0)
    out[0] = cap
    for y in range(len(mask)):
        above = out[max(y - 1, 0)]
        for x in range(len(above)):
            grown = min(np.uint8(above[x] + one), cap)
            out[y, x] = zero if mask[y, x] else grown
    for y in range(len(mask) - 2, -1, -1):
        for x in range(out.shape[1]):
            out[y, x] = min(np.uint8(out[y + 1, x] + one), out[y, x])


def weighted_background(
    levels: NDArray[np.uint8],
    values: NDArray[np.float64],
    columns: NDArray[np.uint8],
    weights: NDArray[np.float64],
) -> float:
    """Sum over pixels outside of a level's worth times the weight of the squared distance.

    Args:
        levels: uint8 (H, W), C-contiguous.
        values: float64 (256,).
        columns: of `column_distance`, with the same cap.
        weights: float64 (cap² + 1,); the last one is for whatever is further too.
    """
    cap = int(np.sqrt(len(weights) - 1))
    beside = np.arange(-cap - 2 * BLOCK, cap + 2 * BLOCK + 1, dtype=np.int32) ** 2
    return float(_background(levels, values, columns, weights, cap, beside))


@njit(cache=True, nogil=True)
def _background(levels: Any, values: Any, columns: Any, weights: Any, cap: int, beside: Any) -> float:
    height, width = levels.shape
    blocks = (width + BLOCK - 1) // BLOCK
    squares = np.full(blocks * BLOCK, FAR, np.int32)
    nearest = np.empty(blocks * BLOCK // GROUP, np.int32)
    best = np.empty(BLOCK, np.int32)
    total = 0.0
    for y in range(height):
        _square(columns[y], cap, squares, nearest)
        in_row = 0.0
        for block in range(blocks):
            start = block * BLOCK
            count = min(BLOCK, width - start)
            best[:] = 0
            largest = np.int32(0)
            for i in range(count):
                if values[levels[y, start + i]] > 0:
                    best[i] = squares[start + i]
                    largest = max(largest, best[i])
            if largest == 0:
                continue
            _search(start, squares, nearest, beside, best, largest, cap)
            for i in range(count):
                if best[i] > 0:
                    in_row += values[levels[y, start + i]] * weights[min(best[i], len(weights) - 1)]
        total += in_row
    return total


@njit(cache=True, nogil=True)
def _square(columns: Any, cap: int, squares: Any, nearest: Any) -> None:
    """Squares of a row of distances within columns, and the smallest of each group; FAR from `cap` on."""
    far, limit = np.int32(FAR), np.int32(cap)
    for x in range(len(columns)):
        distance = np.int32(columns[x])
        squares[x] = distance * distance if distance < limit else far
    for group in range(len(nearest)):
        least = far
        for x in range(group * GROUP, (group + 1) * GROUP):
            least = min(least, squares[x])
        nearest[group] = least


@njit(cache=True, nogil=True)
def _search(start: int, squares: Any, nearest: Any, beside: Any, best: Any, largest: Any, cap: int) -> None:
    """Lower the squared distances of a block, of which `largest` is the largest."""
    first, last = start // GROUP, (start + BLOCK) // GROUP - 1
    for group in range(first, last + 1):
        if nearest[group] < largest:
            largest = _lower(group, start, squares, beside, best, largest)
    for ring in range(cap // GROUP + 1):
        gap = ring * GROUP + 1
        if gap * gap >= largest:
            return
        for group in (first - 1 - ring, last + 1 + ring):
            if 0 <= group < len(nearest) and nearest[group] + gap * gap < largest:
                largest = _lower(group, start, squares, beside, best, largest)


@njit(cache=True, nogil=True)
def _lower(group: int, start: int, squares: Any, beside: Any, best: Any, largest: Any) -> Any:
    """Compare a block with all columns of a group; return what its largest is then."""
    middle = len(beside) // 2
    for x in range(group * GROUP, (group + 1) * GROUP):
        gap = max(max(start - x, x - start - BLOCK + 1), 0)
        if squares[x] + gap * gap >= largest:
            continue
        square, row = squares[x], beside[middle + start - x : middle + start - x + BLOCK]
        for i in range(BLOCK):
            best[i] = min(best[i], np.int32(square + row[i]))
    largest = np.int32(0)
    for i in range(BLOCK):
        largest = max(largest, best[i])
    return largest
