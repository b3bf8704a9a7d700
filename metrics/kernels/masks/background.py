"""What is predicted outside a mask, weighted by a function of the exact distance to it.

The distance transform is separable: a pass over columns finds how far the mask is within each, a pass over rows takes
the smallest `column² + dx²`. The column that has it moves to the right, if at all, from one pixel of a row to the next.
So those at the ends of blocks are found by halving, each between the two around it and no further away than the row
above allows, and the pixels of a block look at the few columns that are left. Blocks that count nothing are skipped.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 32
FAR = 1 << 30
"""Squared distance within a column that the mask does not reach."""
LONGEST_PX = 32767
"""Of a side: squared distances are int32."""


def column_distance(mask: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Pixels to the nearest of the mask in the same column, uint16 (H, W): 0 in the mask, LONGEST_PX without any."""
    out = np.empty(mask.shape, np.uint16)
    _columns(mask.view(np.uint8), np.uint16(LONGEST_PX), out)
    return out


@njit(cache=True, nogil=True)
def _columns(mask: Any, most: Any, out: Any) -> None:
    one, zero = np.uint16(1), np.uint16(0)
    out[0] = most
    for y in range(len(mask)):
        above = out[max(y - 1, 0)]
        for x in range(len(above)):
            grown = min(np.uint16(above[x] + one), most)
            out[y, x] = zero if mask[y, x] else grown
    for y in range(len(mask) - 2, -1, -1):
        for x in range(out.shape[1]):
            out[y, x] = min(np.uint16(out[y + 1, x] + one), out[y, x])


def weighted_background(
    levels: NDArray[np.uint8],
    values: NDArray[np.float64],
    columns: NDArray[np.uint16],
    weights: NDArray[np.float64],
) -> float:
    """Sum over pixels outside of a level's worth times the weight of the squared distance.

    Args:
        levels: uint8 (H, W), C-contiguous.
        values: float64 (256,).
        columns: of `column_distance`, of a mask that has pixels.
        weights: float64 (D,), by squared distance; the last one is for whatever is further too.
    """
    beside = np.arange(-levels.shape[1] - BLOCK, levels.shape[1] + BLOCK, dtype=np.int32) ** 2
    outside = weights.copy()
    outside[0] = 0
    return float(_background(levels, values, columns, outside, beside))


@njit(cache=True, nogil=True)
def _background(levels: Any, values: Any, columns: Any, weights: Any, beside: Any) -> float:
    height, width = levels.shape
    blocks = (width - 1) // BLOCK + 1
    squares = np.empty(width, np.int32)
    counts = np.zeros(blocks, np.bool_)
    places = np.empty(blocks + 1, np.int32)
    reach = np.full(blocks + 1, width, np.int32)
    ends = np.empty(blocks + 1, np.int32)
    best = np.empty(BLOCK, np.int32)
    counted = values > 0
    total = 0.0
    for y in range(height):
        if _choose(levels[y], columns[y], counted, counts):
            _square(columns[y], squares)
            _place(squares, _ends(counts, ends), places, reach)
            in_row = 0.0
            for block in range(blocks):
                if counts[block]:
                    start = block * BLOCK
                    _lower(start, squares, places[block], places[block + 1], beside, best)
                    in_row += _weigh(levels[y, start : start + BLOCK], values, best, weights)
            total += in_row
        for at in range(len(reach)):
            reach[at] += 1
    return total


@njit(cache=True, nogil=True)
def _choose(levels: Any, columns: Any, counted: Any, counts: Any) -> bool:
    """Mark the blocks of a row that have a pixel outside with something predicted; whether there are any."""
    found = False
    for block in range(len(counts)):
        counts[block] = False
        for x in range(block * BLOCK, min((block + 1) * BLOCK, len(levels))):
            if counted[levels[x]] and columns[x] > 0:
                counts[block] = found = True
                break
    return found


@njit(cache=True, nogil=True)
def _ends(counts: Any, ends: Any) -> Any:
    """Numbers of the blocks that begin or end a block that counts."""
    size = 0
    for block in range(len(counts) + 1):
        if (block > 0 and counts[block - 1]) or (block < len(counts) and counts[block]):
            ends[size] = block
            size += 1
    return ends[:size]


@njit(cache=True, nogil=True)
def _weigh(levels: Any, values: Any, squared: Any, weights: Any) -> float:
    last = np.int32(len(weights) - 1)
    total = 0.0
    for x in range(len(levels)):
        total += values[levels[x]] * weights[min(squared[x], last)]
    return total


@njit(cache=True, nogil=True)
def _square(columns: Any, squares: Any) -> None:
    for x in range(len(columns)):
        distance = np.int32(columns[x])
        squares[x] = distance * distance if distance < LONGEST_PX else np.int32(FAR)


@njit(cache=True, nogil=True)
def _place(squares: Any, ends: Any, places: Any, reach: Any) -> None:
    """The nearest column, of equally near ones the leftmost, of the first pixels of some blocks.

    `reach` is how far it can be, and becomes how far it is.
    """
    last, count = len(squares) - 1, len(ends)
    step = 1
    while step < count:
        step *= 2
    while step >= 1:
        # Each stands between two that were found with longer steps, or at an end.
        for at in range(step - 1, count, 2 * step):
            block = ends[at]
            x = min(block * BLOCK, last)
            first, end = max(x - reach[block], 0), min(x + reach[block], last)
            if at >= step:
                first = max(first, places[ends[at - step]])
            if at + step < count:
                end = min(end, places[ends[at + step]])
            places[block], reach[block] = _nearest(x, first, end, squares)
        step //= 2


@njit(cache=True, nogil=True)
def _nearest(x: int, first: Any, last: Any, squares: Any) -> Any:
    """The leftmost of the nearest columns between two, and how far it is, rounded up."""
    least, where = np.int32(2147483647), np.int32(first)
    away = np.int32(first - x)
    # Unsigned, for the compiler to know that no index counts from the end.
    for column in range(np.uintp(first), np.uintp(last + 1)):
        squared = np.int32(squares[column] + away * away)
        away += np.int32(1)
        if squared < least:
            least, where = squared, np.int32(column)
    return where, np.int32(math.ceil(math.sqrt(least)))


@njit(cache=True, nogil=True)
def _lower(start: int, squares: Any, first: Any, last: Any, beside: Any, best: Any) -> None:
    """Squared distances of a block, each the smallest over the columns between two."""
    best[:] = 2147483647
    middle = len(beside) // 2 + start
    for column in range(first, last + 1):
        square, row = squares[column], beside[middle - column : middle - column + BLOCK]
        # Over len(row): were the number known, the loop would be unrolled to one pixel at a time, ten times as slow.
        for i in range(len(row)):
            best[i] = min(best[i], np.int32(square + row[i]))
