"""Squared Euclidean distance to the nearest pixel of another label, exact up to a cap, for all labels in one pass.

The distance transform is separable: a vertical pass finds, within each column, how far another label is; a horizontal
pass takes the smallest `vertical² + k²` over the neighbours k columns away, where a run's end bounds what lies beyond
it, so neighbours of another label need no test. Blocks of one label far from everything are skipped, and a block stops
at the first k that cannot improve any of its pixels.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 64
FAR16 = 16383
"""Marks 'farther than the cap' in int16 results; FAR16 + 127² still fits."""
FAR32 = 1 << 29


def squared_distance(labels: NDArray[Any], max_px: int) -> NDArray[np.int16] | NDArray[np.int32]:
    """Squared distances (H, W), exact where <= max_px²; larger values say only 'farther than max_px'.

    int16 for max_px <= 126, else int32.
    """
    cap = max_px + 1
    vertical = np.empty(labels.shape, np.uint8 if cap <= 255 else np.uint16)
    _vertical(labels, vertical, vertical.dtype.type(cap))
    narrow = cap <= 127
    out = np.empty(labels.shape, np.int16 if narrow else np.int32)
    squares = np.arange(cap + 1, dtype=np.int64) ** 2
    squares[cap] = FAR16 if narrow else FAR32
    _horizontal(labels, vertical, squares.astype(out.dtype), out)
    return out


@njit(cache=True, nogil=True)
def _vertical(labels: Any, out: Any, cap: Any) -> None:
    """Distance to the nearest other label within the column, at most `cap`."""
    height, width = labels.shape
    one = out.dtype.type(1)
    out[0, :] = cap
    for y in range(1, height):
        for x in range(width):
            above = out[y - 1, x]
            grown = above + out.dtype.type(above < cap)
            out[y, x] = grown if labels[y, x] == labels[y - 1, x] else one
    for y in range(height - 2, -1, -1):
        for x in range(width):
            below = out[y + 1, x]
            grown = below + out.dtype.type(below < cap)
            grown = grown if labels[y, x] == labels[y + 1, x] else one
            out[y, x] = min(grown, out[y, x])


@njit(cache=True, nogil=True)
def _horizontal(labels: Any, vertical: Any, squares: Any, out: Any) -> None:
    height, width = labels.shape
    cap = len(squares) - 1
    far = squares[cap]
    blocks = (width + BLOCK - 1) // BLOCK
    reach = (cap + BLOCK - 1) // BLOCK
    pad = reach * BLOCK
    row = np.full(blocks * BLOCK + 2 * pad, far, out.dtype)
    near = np.zeros(blocks + 2 * reach, np.bool_)
    best = np.zeros(BLOCK, out.dtype)
    for y in range(height):
        for x in range(width):
            row[pad + x] = squares[vertical[y, x]]
        for b in range(blocks):
            near[reach + b] = _holds_an_edge(labels[y], vertical[y], b * BLOCK, cap)
        for b in range(blocks):
            start = b * BLOCK
            stop = min(start + BLOCK, width)
            if not near[b : b + 2 * reach + 1].any():
                out[y, start:stop] = far
                continue
            _run_ends(labels[y], start, stop, squares, best)
            _relax(row, pad + start, squares, best)
            out[y, start:stop] = best[: stop - start]


@njit(cache=True, nogil=True)
def _holds_an_edge(labels: Any, vertical: Any, start: int, cap: int) -> bool:
    """Whether a block sees another label: in one of its columns, inside it, or at its right seam."""
    stop = min(start + BLOCK, len(labels))
    nearest = vertical[start]
    for distance in vertical[start:stop]:
        nearest = min(nearest, distance)
    if nearest < cap:
        return True
    differing = labels[start] ^ labels[start]
    for label in labels[start : min(stop + 1, len(labels))]:
        differing |= label ^ labels[start]
    return bool(differing != 0)


@njit(cache=True, nogil=True)
def _run_ends(labels: Any, start: int, stop: int, squares: Any, best: Any) -> None:
    """Fill `best` with the squared distance to the nearer end of each pixel's run of equal labels in its row."""
    cap = len(squares) - 1
    best[:] = 0
    other = start - 1
    while other >= 0 and other > start - 1 - cap and labels[other] == labels[start]:
        other -= 1
    if other < 0:
        other = -cap - 1
    for x in range(start, stop):
        if x > start and labels[x] != labels[x - 1]:
            other = x - 1
        best[x - start] = squares[min(x - other, cap)]
    other = stop
    while other < len(labels) and other < stop + cap and labels[other] == labels[stop - 1]:
        other += 1
    if other >= len(labels):
        other += cap
    for x in range(stop - 1, start - 1, -1):
        if x < stop - 1 and labels[x] != labels[x + 1]:
            other = x + 1
        best[x - start] = min(best[x - start], squares[min(other - x, cap)])


@njit(cache=True, nogil=True)
def _relax(row: Any, at: int, squares: Any, best: Any) -> None:
    """Lower `best` by the columns k to the left and right, k rising until nothing can improve."""
    zero = best.dtype.type(0)
    for k in range(len(squares) - 1):
        left = row[at - k : at - k + BLOCK]
        right = row[at + k : at + k + BLOCK]
        square = squares[k]
        largest = zero
        for i in range(BLOCK):
            candidate = best.dtype.type(min(left[i], right[i]) + square)
            candidate = min(candidate, best[i])
            best[i] = candidate
            largest = max(largest, candidate)
        if (k + 1) * (k + 1) >= largest:
            return
