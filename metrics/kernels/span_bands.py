"""Inner bands of masks held as spans: box erosion at a cost that depends on neither its width nor the masks' area.

A pixel lies deeper than the band where the square of side 2 * width + 1 around it is inside the mask. Spans of each
column are shortened by the width at both ends, which erodes downwards; then every window of 2 * width + 1 columns is
intersected. Columns come in blocks of that many, so a window is the tail of one block and the head of the next, and
tails and heads grow by one column at a time (van Herk 1992, with sets of spans in the place of minima).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def bands(
    edges: Any, starts: Any, boxes: Any, height: int, width_px: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Each mask's inner band.

    Args:
        edges, starts: spans of the masks, see `boundary_bench.metrics.kernels.spans`.
        boxes: int64 (N, 4), (top, left, bottom, right) of each mask.
        height: rows of the image; pixels outside of the image are outside of every mask.
        width_px: >= 1.

    Returns:
        edges and starts of the bands; int64 (N,), their pixels.
    """
    out, found = np.empty(max(64, 4 * len(edges)), np.int64), 0
    out_starts, areas = np.zeros_like(starts), np.zeros(len(starts) - 1, np.int64)
    for mask in range(len(starts) - 1):
        one = edges[starts[mask] : starts[mask + 1]]
        top, left, bottom, right = boxes[mask]
        if min(bottom - top, right - left) > 2 * width_px:
            one = _band(one, left, right, bottom - top, height, width_px)
        while found + len(one) > len(out):
            out = np.concatenate((out, np.empty_like(out)))
        out[found : found + len(one)] = one
        found += len(one)
        out_starts[mask + 1] = found
        for i in range(0, len(one), 2):
            areas[mask] += one[i + 1] - one[i]
    return out[:found].copy(), out_starts, areas


@njit(cache=True, nogil=True)
def _band(edges: Any, left: int, right: int, rows: int, height: int, width_px: int) -> Any:
    columns, side = right - left, 2 * width_px + 1
    whole, whole_starts = _columns(edges, left, columns, height)
    eroded, eroded_starts = _shortened(whole, whole_starts, width_px)
    # Gaps between eroded spans are at least `side` - 1 long, which bounds how many there are in a column.
    most = 2 * (rows // side + 2)
    tails, tail_starts = np.empty(side * most, np.int64), np.zeros(side + 1, np.int64)
    head, grown, deep = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    out = np.empty(len(whole) + columns * most, np.int64)
    found = _copy(whole, whole_starts, 0, width_px, left * height, height, out, 0)
    for block in range(0, columns - side + 1, side):
        _grow_tails(eroded, eroded_starts, block, side, tails, tail_starts)
        length = -1
        for i in range(min(side, columns - side + 1 - block)):
            tail = tails[tail_starts[side - 1 - i] : tail_starts[side - i]]
            if i > 0:
                new = eroded[eroded_starts[block + side + i - 1] : eroded_starts[block + side + i]]
                length = _intersect(new, head[:length], grown) if length >= 0 else _intersect(new, new, grown)
                head, grown = grown, head
                found_deep = _intersect(tail, head[:length], deep)
            else:
                found_deep = _intersect(tail, tail, deep)
            column = block + i + width_px
            mask = whole[whole_starts[column] : whole_starts[column + 1]]
            found = _merge(mask, deep[:found_deep], (left + column) * height, out, found)
    first = columns - width_px
    found = _copy(whole, whole_starts, first, columns, (left + first) * height, height, out, found)
    return out[:found]


@njit(cache=True, nogil=True)
def _columns(edges: Any, left: int, columns: int, height: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Spans of each column, as rows."""
    out, starts = np.empty(len(edges) + 2 * columns, np.int64), np.zeros(columns + 1, np.int64)
    found, column = 0, 0
    for i in range(0, len(edges), 2):
        start, stop = edges[i] - left * height, edges[i + 1] - left * height
        while start < stop:
            while start >= (column + 1) * height:
                column += 1
                starts[column] = found
            out[found] = start - column * height
            start = min(stop, (column + 1) * height)
            out[found + 1] = start - column * height
            found += 2
    starts[column + 1 :] = found
    return out, starts


@njit(cache=True, nogil=True)
def _shortened(spans: Any, starts: Any, width_px: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    out, out_starts, found = np.empty(len(spans), np.int64), np.zeros_like(starts), 0
    for column in range(len(starts) - 1):
        for i in range(starts[column], starts[column + 1], 2):
            if spans[i + 1] - spans[i] > 2 * width_px:
                out[found], out[found + 1] = spans[i] + width_px, spans[i + 1] - width_px
                found += 2
        out_starts[column + 1] = found
    return out, out_starts


@njit(cache=True, nogil=True)
def _grow_tails(spans: Any, starts: Any, block: int, side: int, tails: Any, tail_starts: Any) -> None:
    """Write the intersections of the last 1, 2, .. `side` columns of a block, one after another."""
    for i in range(side):
        column = block + side - 1 - i
        new = spans[starts[column] : starts[column + 1]]
        old = tails[tail_starts[i - 1] : tail_starts[i]] if i > 0 else new
        tail_starts[i + 1] = tail_starts[i] + _intersect(new, old, tails[tail_starts[i] :])


@njit(cache=True, nogil=True)
def _intersect(a: Any, b: Any, out: Any) -> int:
    i, j, found = 0, 0, 0
    while i < len(a) and j < len(b):
        start, stop = max(a[i], b[j]), min(a[i + 1], b[j + 1])
        if start < stop:
            out[found], out[found + 1] = start, stop
            found += 2
        if a[i + 1] < b[j + 1]:
            i += 2
        else:
            j += 2
    return found


@njit(cache=True, nogil=True)
def _merge(mask: Any, deep: Any, offset: int, out: Any, found: int) -> int:
    """Write the spans of a column less its deep ones, which lie strictly inside: all the edges in their order."""
    j = 0
    for i in range(len(mask)):
        while j < len(deep) and deep[j] < mask[i]:
            out[found] = deep[j] + offset
            found, j = found + 1, j + 1
        out[found] = mask[i] + offset
        found += 1
    return found


@njit(cache=True, nogil=True)
def _copy(spans: Any, starts: Any, first: int, last: int, offset: int, height: int, out: Any, found: int) -> int:
    for column in range(first, last):
        for i in range(starts[column], starts[column + 1]):
            out[found] = spans[i] + offset + (column - first) * height
            found += 1
    return found
