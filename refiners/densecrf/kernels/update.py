"""One mean-field update of a band of pixels, in one pass over them.

What the lattices hold is sliced, added to the unary term and normalised; the new distribution goes straight back into
the lattices, without ever being written to memory, but for the last one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uintp

from boundary_bench.refiners.densecrf.kernels.filtering import slice_row, splat_row
from boundary_bench.refiners.densecrf.kernels.simd import LANES, add_scaled, as_bits, as_float, load, store

TILE = 64
"""Pixels whose rows stay in the first cache from slicing to splatting."""
LOWEST = np.float32(-60)
"""Below it, e^x is as good as 0 beside 1; cutting there keeps all products out of the denormal range."""
PADDING = np.float32(-1e4)
"""Log probability of the columns that only fill up a row."""
_L = uintp(LANES)
_FAST = {"nnan", "ninf", "nsz", "contract", "reassoc"}


@njit(nogil=True, cache=True, inline="always")
def _exp(x: Any) -> Any:
    """e^x for -60 <= x <= 0 to 2 units in the last place: 2^n times a polynomial in the rest."""
    n = np.floor(x * np.float32(1.4426950408889634) + np.float32(0.5))
    r = x - n * np.float32(0.693145751953125) - n * np.float32(1.4286067653e-6)
    p = np.float32(1 / 720) + r * np.float32(1 / 5040)
    for c in (1 / 120, 1 / 24, 1 / 6, 0.5, 1.0, 1.0):
        p = np.float32(c) + r * p
    return p * as_float(np.int32((np.int32(n) + np.int32(127)) << np.int32(23)))


@njit(nogil=True, cache=True, inline="always")
def _log(x: Any) -> Any:
    """Natural logarithm of a positive normal number to 2 units in the last place."""
    bits = as_bits(x) - np.int32(0x3F3504F3)
    n = bits >> np.int32(23)
    m = as_float(np.int32((bits & np.int32(0x7FFFFF)) + np.int32(0x3F3504F3)))
    s = (m - np.float32(1)) / (m + np.float32(1))
    q = s * s
    p = np.float32(2 / 9)
    for c in (2 / 7, 2 / 5, 2 / 3, 2.0):
        p = np.float32(c) + q * p
    return np.float32(n) * np.float32(0.6931471805599453) + s * p


@njit(nogil=True, cache=True, fastmath=_FAST)
def log_rows(probabilities: Any, smallest: Any, pixels: Any, first: Any, last: Any, rows: Any, blocks: Any) -> Any:
    """Rows first..last of the log probabilities, from maps (K, H * W) in raster order.

    Args:
        probabilities: float32 (K, H * W).
        smallest: smaller probabilities count as this, larger than 1 as 1.
        pixels: int32 (N,), raster index of each row.
        rows: float32 flat, out.
        blocks: of a row.
    """
    classes, stride = len(probabilities), blocks * _L
    scratch = np.empty(TILE, np.float32)
    for start in range(first, last, TILE):
        size = min(TILE, last - start)
        for k in range(classes):
            for i in range(size):
                scratch[i] = probabilities[k, pixels[start + i]]
            for i in range(size):
                scratch[i] = _log(min(max(scratch[i], smallest), np.float32(1)))
            for i in range(size):
                rows[uintp(start + i) * stride + uintp(k)] = scratch[i]
        for i in range(size):
            for k in range(uintp(classes), stride):
                rows[uintp(start + i) * stride + k] = PADDING


@njit(nogil=True, cache=True, inline="always")
def _gather(terms: Any, start: Any, size: Any, tile: Any, message: Any, blocks: Any) -> Any:
    """Add the pairwise terms to the rows of `tile`."""
    for vertices, weights, places, points, _, penalties, weight in terms:
        for i in range(uintp(size)):
            p = uintp(start) + i
            if penalties.size == 0:
                slice_row(points, places, vertices, weights, p, weight, tile, i, blocks)
            else:
                message[:] = np.float32(0)
                slice_row(points, places, vertices, weights, p, weight, message, uintp(0), blocks)
                _subtract(penalties, message, tile, i, blocks)


@njit(nogil=True, cache=True, inline="always")
def _subtract(penalty: Any, message: Any, tile: Any, i: Any, blocks: Any) -> Any:
    """A row of `tile` less the symmetric matrix `penalty`, flat, times the message."""
    stride = blocks * _L
    for other in range(stride):
        for b in range(blocks):
            at = i * stride + b * _L
            store(tile, at, add_scaled(load(tile, at), load(penalty, other * stride + b * _L), -message[other]))


@njit(nogil=True, cache=True, fastmath=_FAST)
def _softmax(tile: Any, size: Any, stride: Any) -> Any:
    """Of each of the first rows of a tile, in place."""
    for i in range(size):
        largest = tile[i * stride]
        for k in range(stride):
            largest = max(largest, tile[i * stride + k])
        for k in range(stride):
            tile[i * stride + k] = max(tile[i * stride + k] - largest, LOWEST)
    for k in range(size * stride):
        tile[k] = _exp(tile[k])
    for i in range(size):
        total = np.float32(0)
        for k in range(stride):
            total += tile[i * stride + k]
        scale = np.float32(1) / total
        for k in range(stride):
            tile[i * stride + k] *= scale


@njit(nogil=True, cache=True)
def update(logs: Any, terms: Any, slicing: Any, first: Any, last: Any, blocks: Any) -> Any:
    """New distributions of pixels first..last, which go into the lattices.

    Args:
        logs: float32 flat, the rows of all pixels, see `log_rows`.
        terms: of one band: (vertices, weights, places, points, parts, penalties, weight) each. It is sliced from
            `points` and splatted into `parts`. Penalties are a float32 flat (stride * stride) symmetric matrix, or
            empty for the Potts model of that weight.
        slicing: False for the first distribution, which is that of the unary term alone.
        blocks: of a row.
    """
    stride = blocks * _L
    tile, message = np.empty(TILE * stride, np.float32), np.empty(stride, np.float32)
    for start in range(first, last, TILE):
        size = min(TILE, last - start)
        _copy(logs, start, size, tile, stride)
        if slicing:
            _gather(terms, start, size, tile, message, blocks)
        _softmax(tile, size, np.int64(stride))
        for vertices, weights, _, _, parts, _, _ in terms:
            for i in range(uintp(size)):
                splat_row(tile, i, parts, vertices, weights, uintp(start) + i, blocks)


@njit(nogil=True, cache=True)
def finish(logs: Any, terms: Any, first: Any, last: Any, blocks: Any, pixels: Any, out: Any) -> Any:
    """The last update: as `update`, but the distributions go to out, float32 (K, H * W), at their raster indices."""
    stride = blocks * _L
    tile, message = np.empty(TILE * stride, np.float32), np.empty(stride, np.float32)
    for start in range(first, last, TILE):
        size = min(TILE, last - start)
        _copy(logs, start, size, tile, stride)
        _gather(terms, start, size, tile, message, blocks)
        _softmax(tile, size, np.int64(stride))
        for k in range(len(out)):
            for i in range(size):
                out[k, pixels[start + i]] = tile[uintp(i) * stride + uintp(k)]


@njit(nogil=True, cache=True, inline="always")
def _copy(logs: Any, start: Any, size: Any, tile: Any, stride: Any) -> Any:
    own = uintp(start) * stride
    for k in range(uintp(size) * stride):
        tile[k] = logs[own + k]
