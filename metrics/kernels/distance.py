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
NARROW = 127
"""The largest cap whose squares, twice, fit int16."""
_KEEP = np.zeros(0, np.uint8)


def squared_distance(labels: NDArray[Any], max_px: int) -> NDArray[np.int16] | NDArray[np.int32]:
    """Squared distances (H, W), exact where <= max_px²; larger values say only 'farther than max_px'.

    int16 for max_px <= 126, else int32.
    """
    cap = max_px + 1
    out = np.empty(labels.shape, np.int16 if cap <= NARROW else np.int32)
    _horizontal(labels, _vertical_distance(labels, cap), _squares(cap, out.dtype), out, _KEEP)
    return out


def coded_distance(labels: NDArray[Any], max_px: int, codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """As `squared_distance` for max_px <= 126, with each squared distance d looked up: codes[d], (FAR16 + 1,)."""
    cap = max_px + 1
    out = np.empty(labels.shape, np.uint8)
    _horizontal(labels, _vertical_distance(labels, cap), _squares(cap, np.dtype(np.int16)), out, codes)
    return out


def _vertical_distance(labels: NDArray[Any], cap: int) -> NDArray[Any]:
    out = np.empty(labels.shape, np.uint8 if cap < 255 else np.uint16)  # cap + 1 must fit
    _vertical(labels, out, out.dtype.type(cap))
    return out


def _squares(cap: int, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Squares of 0..cap - 1, and last what stands for 'farther'."""
    squares = np.arange(cap + 1, dtype=np.int64) ** 2
    squares[cap] = FAR16 if dtype == np.int16 else FAR32
    return squares.astype(dtype)


@njit(cache=True, nogil=True)
def _vertical(labels: Any, out: Any, cap: Any) -> None:
    """Distance to the nearest other label within the column, at most `cap`."""
    out[0, :] = cap
    for y in range(1, len(labels)):
        _grow_down(labels[y], labels[y - 1], out[y - 1], cap, out[y])
    for y in range(len(labels) - 2, -1, -1):
        _grow_up(labels[y], labels[y + 1], out[y + 1], out[y])


@njit(cache=True, nogil=True)
def _grow_down(labels: Any, above: Any, distances: Any, cap: Any, out: Any) -> None:
    """Distances of a row from those of the row above, at most `cap`."""
    one = out.dtype.type(1)
    for x in range(len(labels)):
        grown = min(out.dtype.type(distances[x] + one), cap)
        out[x] = grown if labels[x] == above[x] else one


@njit(cache=True, nogil=True)
def _grow_up(labels: Any, below: Any, distances: Any, out: Any) -> None:
    """Lower a row's distances by those of the row below."""
    one = out.dtype.type(1)
    for x in range(len(labels)):
        grown = out.dtype.type(distances[x] + one)
        grown = grown if labels[x] == below[x] else one
        out[x] = min(grown, out[x])


@njit(cache=True, nogil=True)
def _horizontal(labels: Any, vertical: Any, squares: Any, out: Any, codes: Any) -> None:
    """Combine columns into the distance; `codes`, where not empty, is applied to what is written."""
    height, width = labels.shape
    far = squares[len(squares) - 1]
    blocks = (width + BLOCK - 1) // BLOCK
    reach = (len(squares) + BLOCK - 2) // BLOCK
    pad = reach * BLOCK
    row = np.full(blocks * BLOCK + 2 * pad, far, squares.dtype)
    best = np.zeros(blocks * BLOCK, squares.dtype)
    near = np.zeros(blocks + 2 * reach, np.bool_)
    changes = np.zeros((width + 7) // 8 * 8, np.uint8)
    rising, falling = squares[1:-1], squares[-2:0:-1].copy()
    for y in range(height):
        _square(vertical[y], squares, row[pad : pad + width], near[reach : reach + blocks])
        _changes(labels[y], changes)
        best[:] = far
        _run_ends(changes, rising, falling, best[:width], near[reach : reach + blocks])
        for b in range(blocks):
            start = b * BLOCK
            if near[b : b + 2 * reach + 1].any():
                _relax(row, pad + start, squares, best[start : start + BLOCK])
        _write(best[:width], codes, out[y])


@njit(cache=True, nogil=True)
def _square(vertical: Any, squares: Any, row: Any, near: Any) -> None:
    """Square a row of vertical distances; mark blocks that hold one below the cap."""
    # In int32 throughout: only so does the loop become vector code.
    cap, far = np.int32(len(squares) - 1), np.int32(squares[len(squares) - 1])
    for block in range(len(near)):
        nearest = cap
        for x in range(block * BLOCK, min((block + 1) * BLOCK, len(vertical))):
            distance = np.int32(vertical[x])
            nearest = min(nearest, distance)
            row[x] = distance * distance if distance < cap else far
        near[block] = nearest < cap


@njit(cache=True, nogil=True)
def _changes(labels: Any, changes: Any) -> None:
    """Not 0 where a label is another than its left neighbour's."""
    for x in range(1, len(labels)):
        changes[x] = labels[x] != labels[x - 1]


@njit(cache=True, nogil=True)
def _run_ends(changes: Any, rising: Any, falling: Any, best: Any, near: Any) -> None:
    """Write the squared distance to the nearer end of each pixel's run of equal labels; mark blocks that hold an end.

    `rising` are the squares from an end on, `falling` those towards one. The ends of the row are no ends of a run.
    """
    width, reach = len(best), len(rising)
    start = 0
    words = changes.view(np.uint64)
    for word in range(len(words)):
        if words[word] == 0:
            continue
        for x in range(8 * word, 8 * word + 8):
            if changes[x] == 0:
                continue
            first, last = max(start, x - reach), min(x + reach, width)
            before, squares = best[first:x], falling[reach - (x - first) :]
            for i in range(x - first):
                before[i] = min(before[i], squares[i])
            # Where the run is shorter than this, its end writes over what is beyond.
            best[x:last] = rising[: last - x]
            near[(x - 1) // BLOCK] = near[x // BLOCK] = True
            start = x


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


@njit(cache=True, nogil=True)
def _write(best: Any, codes: Any, out: Any) -> None:
    if len(codes) == 0:
        for x in range(len(best)):
            out[x] = best[x]
    else:
        for x in range(len(best)):
            out[x] = codes[best[x]]
