"""Box erosion of all labels of a map in one pass, at a cost that does not depend on the box."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 64

Labels = TypeVar("Labels", NDArray[np.uint8], NDArray[np.uint16])


def bands(labels: Labels, width_px: int, outside: int) -> tuple[Labels, NDArray[np.int64]]:
    """Each label's inner band, and how many pixels of each label lie deeper.

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
    breaks = np.empty(width, np.bool_)
    for y in range(height):
        row = labels[y]
        if y > 0:
            above = labels[y - 1]
            for x in range(width):
                equal_above[x] = equal_above[x] + np.int32(1) if row[x] == above[x] else np.int32(1)
        if y < side - 1:
            continue
        for x in range(width):
            breaks[x] = equal_above[x] < side
        _clear_runs(row, breaks, width_px, outside, out[y - width_px], interior)


@njit(cache=True, nogil=True)
def _clear_runs(row: Any, breaks: Any, width_px: int, outside: Any, target: Any, interior: Any) -> None:
    """Write `outside` into the middle of every run of one label without breaks, `width_px` short of its ends."""
    width = len(row)
    start = 0
    for block in range(0, width, BLOCK):
        stop = min(block + BLOCK, width)
        if block > start and _goes_on(row, breaks, block, stop):
            continue
        for x in range(block, stop):
            if breaks[x] or (x > start and row[x] != row[x - 1]):
                _clear(row, start, x, width_px, outside, target, interior)
                start = x + 1 if breaks[x] else x
    _clear(row, start, width, width_px, outside, target, interior)


@njit(cache=True, nogil=True)
def _goes_on(row: Any, breaks: Any, start: int, stop: int) -> bool:
    """Whether a block only continues the run to its left."""
    differing = row.dtype.type(0)
    for i in range(start, stop):
        differing |= (row[i] ^ row[start - 1]) | row.dtype.type(breaks[i])
    return bool(differing == 0)


@njit(cache=True, nogil=True)
def _clear(row: Any, start: int, stop: int, width_px: int, outside: Any, target: Any, interior: Any) -> None:
    first, last = start + width_px, stop - width_px
    if last > first:
        target[first:last] = outside
        interior[row[start]] += last - first
