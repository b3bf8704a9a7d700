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
        rows, columns: int32 (N,), by row and ascending.
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
    most = min(most_rows, height)
    # Points come by rows and columns, so that in each row around theirs the place of the nearest only moves on.
    places, valid = np.zeros(2 * most + 1, np.int64), np.full(2 * most + 1, -1)
    beyond = ((most + 1) * down) ** 2
    for i in range(len(rows)):
        best = np.inf
        row, column = rows[i], columns[i]
        for off in range(most + 1):
            vertical = (off * down) ** 2
            if vertical >= best:
                break
            for y in (row - off, row + off):
                if y < 0 or y >= height or starts[y + 1] == starts[y] or (off == 0 and best < np.inf):
                    continue
                way = y - row + most
                if valid[way] != row:
                    places[way], valid[way] = starts[y], row
                place = places[way]
                while place < starts[y + 1] and others[place] < column:
                    place += 1
                places[way] = place
                gap = across * _gap(others, starts[y], starts[y + 1], place, column)
                best = min(best, vertical + gap * gap)
        # Rows that were not looked at may hold a nearer one.
        out[i] = best if best <= beyond or most >= height else np.inf


@njit(cache=True, nogil=True, inline="always")
def _gap(columns: Any, start: int, end: int, place: int, at: int) -> int:
    """Columns between one and the nearest of a row, of which `place` is the first that is not before it."""
    gap = 1 << 30
    if place < end:
        gap = columns[place] - at
    if place > start:
        gap = min(gap, at - columns[place - 1])
    return gap
