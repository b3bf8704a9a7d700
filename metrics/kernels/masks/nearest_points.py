"""How far each of some pixels is from the nearest of others, where both are lines: row by row, outwards.

Surfaces of masks have few pixels for their length, and mostly lie near each other: looking for the nearest one around
each pixel costs far less than a distance map of the image.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


def bits_of(words: NDArray[np.uint64]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
    """Places of the bits of a packed mask, in the order of rows and columns.

    Args:
        words: uint64 (H, ceil(W / 64)), see `boundary_bench.metrics.kernels.thinning.pack`.

    Returns:
        Rows and columns, int32 (N,); int64 (H + 1,), where each row begins among them.
    """
    starts = np.zeros(len(words) + 1, np.int64)
    np.cumsum(np.bitwise_count(words).sum(axis=1, dtype=np.int64), out=starts[1:])
    rows, columns = np.empty(starts[-1], np.int32), np.empty(starts[-1], np.int32)
    _fill(words, starts, rows, columns)
    return rows, columns, starts


def squared_to_nearest(
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
    other_columns: NDArray[np.int32],
    other_starts: NDArray[np.int64],
    *,
    spacing: tuple[float, float],
    most_rows: int,
) -> NDArray[np.float64]:
    """Squared distance of pixels to the nearest of others.

    Args:
        rows, columns: int32 (N,).
        other_columns: int32 (M,), of the others, by row and ascending; `other_starts`: int64 (H + 1,), where each row
            of theirs begins.
        spacing: of rows and of columns.
        most_rows: how many rows off are looked at.

    Returns:
        float64 (N,); infinite where no other lies so near that none further off could be nearer.
    """
    out = np.empty(len(rows))
    _nearest(rows, columns, other_columns, other_starts, spacing[0], spacing[1], most_rows, out)
    return out


@njit(cache=True, nogil=True)
def _fill(words: Any, starts: Any, rows: Any, columns: Any) -> None:
    one, none = np.uint64(1), np.uint64(0)
    for y in range(len(words)):
        place = starts[y]
        for i in range(words.shape[1]):
            left, column = words[y, i], 64 * i
            while left != none:
                while left & np.uint64(0xFF) == none:
                    left >>= np.uint64(8)
                    column += 8
                if left & one:
                    rows[place] = y
                    columns[place] = column
                    place += 1
                left >>= one
                column += 1


@njit(cache=True, nogil=True)
def _nearest(
    rows: Any, columns: Any, others: Any, starts: Any, down: float, across: float, most_rows: int, out: Any
) -> None:
    height = len(starts) - 1
    for i in range(len(rows)):
        best = np.inf
        for off in range(min(most_rows, height) + 1):
            vertical = (off * down) ** 2
            if vertical >= best:
                break
            for side in (-1, 1):
                y = rows[i] + side * off
                if 0 <= y < height and starts[y + 1] > starts[y] and not (off == 0 and side == 1):
                    gap = across * _gap(others, starts[y], starts[y + 1], columns[i])
                    best = min(best, vertical + gap * gap)
        # Rows that were not looked at may hold a nearer one.
        beyond = ((min(most_rows, height) + 1) * down) ** 2
        out[i] = best if best <= beyond or most_rows >= height else np.inf


@njit(cache=True, nogil=True, inline="always")
def _gap(columns: Any, start: int, end: int, at: int) -> int:
    """Columns between one and the nearest of a row."""
    low, high = start, end
    while low < high:
        middle = (low + high) // 2
        if columns[middle] < at:
            low = middle + 1
        else:
            high = middle
    gap = 1 << 30
    if low < end:
        gap = columns[low] - at
    if low > start:
        gap = min(gap, at - columns[low - 1])
    return gap
