"""Box erosion of all labels of a map in one pass, at a cost that does not depend on the box."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

NOTHING, BREAK, CHANGE = np.uint8(0), np.uint8(1), np.uint8(2)
ALL_BREAK = np.uint64(0x0101010101010101)


def bands(labels: NDArray[Any], width_px: int, outside: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Each label's inner band, and how many pixels of each label lie deeper, of uint8 or uint16 labels (H, W).

    A pixel lies deeper than the band where the square of side 2 * width_px + 1 around it holds one label only and
    stays inside the image.

    Returns:
        As labels, (H, W): the label within its band, `outside` elsewhere; int64 (256,) or (65536,): pixels deeper than
        the band.
    """
    out = labels.copy()
    interior = np.zeros(np.iinfo(labels.dtype).max + 1, np.int64)
    _erode(labels, width_px, labels.dtype.type(outside), out, interior)
    return out, interior


@njit(cache=True, nogil=True)
def _erode(labels: Any, width_px: int, outside: Any, out: Any, interior: Any) -> None:
    height, width = labels.shape
    side = np.int32(2 * width_px + 1)
    equal_above = np.ones(width, np.int32)
    marks = np.zeros((width + 7) // 8 * 8, np.uint8)
    for y in range(height):
        row = labels[y]
        if y > 0:
            above = labels[y - 1]
            for x in range(width):
                equal_above[x] = equal_above[x] + np.int32(1) if row[x] == above[x] else np.int32(1)
        if y < side - 1:
            continue
        _mark(row, equal_above, side, marks)
        _clear_runs(row, marks, width_px, outside, out[y - width_px], interior)


@njit(cache=True, nogil=True)
def _mark(row: Any, equal_above: Any, side: Any, marks: Any) -> None:
    """`BREAK` where the column above holds another label within the square, `CHANGE` where the left neighbour does."""
    for x in range(len(row)):
        marks[x] = BREAK if equal_above[x] < side else NOTHING
    for x in range(1, len(row)):
        marks[x] |= CHANGE if row[x] != row[x - 1] else NOTHING


@njit(cache=True, nogil=True)
def _clear_runs(row: Any, marks: Any, width_px: int, outside: Any, target: Any, interior: Any) -> None:
    """Write `outside` into the middle of every run of one label without breaks, `width_px` short of its ends."""
    start = 0
    words = marks.view(np.uint64)
    for word in range(len(words)):
        first = 8 * word
        if words[word] == 0:
            continue
        if start == first and words[word] & ALL_BREAK == ALL_BREAK:
            start = first + 8
            continue
        for x in range(first, first + 8):
            if marks[x]:
                _clear(row, start, x, width_px, outside, target, interior)
                start = x + 1 if marks[x] & BREAK else x
    _clear(row, start, len(row), width_px, outside, target, interior)


@njit(cache=True, nogil=True)
def _clear(row: Any, start: int, stop: int, width_px: int, outside: Any, target: Any, interior: Any) -> None:
    first, last = start + width_px, stop - width_px
    if last > first:
        target[first:last] = outside
        interior[row[start]] += last - first
