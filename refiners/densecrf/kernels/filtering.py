"""Splat, blur and slice of K values per pixel through a permutohedral lattice.

Values are float32 rows of `blocks` times 8 floats, one row a pixel or a lattice point, in flat arrays. Indices are
unsigned, which spares numba its test for negative ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, uintp

from boundary_bench.refiners.densecrf.kernels.simd import LANES, add, add_scaled, load, store

HALF = np.float32(0.5)
_L = uintp(LANES)


@njit(nogil=True, cache=True, inline="always")
def splat_row(values: Any, row: Any, points: Any, vertices: Any, weights: Any, p: Any, blocks: Any) -> Any:
    """Add `row` of `values` times its weights to the rows of the vertices of pixel p."""
    stride = blocks * _L
    for b in range(blocks):
        own = load(values, row * stride + b * _L)
        for j in range(uintp(vertices.shape[1])):
            at = uintp(vertices[p, j]) * stride + b * _L
            store(points, at, add_scaled(load(points, at), own, weights[p, j]))


@njit(nogil=True, cache=True)
def splat(values: Any, points: Any, vertices: Any, weights: Any, first: Any, last: Any, blocks: Any) -> Any:
    """Add the rows of pixels first..last to their vertices."""
    for p in range(uintp(first), uintp(last)):
        splat_row(values, p, points, vertices, weights, p, blocks)


@njit(nogil=True, cache=True)
def merge(copies: Any, starts: Any, parts: Any, points: Any, first: Any, last: Any, blocks: Any) -> Any:
    """Rows first..last of `points`: each the sum of its copies, rows copies[starts[i]:starts[i + 1]] of `parts`."""
    stride = blocks * _L
    for i in range(uintp(first), uintp(last)):
        for b in range(blocks):
            total = load(parts, uintp(copies[starts[i]]) * stride + b * _L)
            for c in range(uintp(starts[i]) + uintp(1), uintp(starts[i + uintp(1)])):
                total = add(total, load(parts, uintp(copies[c]) * stride + b * _L))
            store(points, i * stride + b * _L, total)


@njit(nogil=True, cache=True)
def blur(points: Any, blurred: Any, neighbours: Any, first: Any, last: Any, blocks: Any) -> Any:
    """Along one axis: half of each of two neighbours, uint32 (M, 2), is added to rows first..last."""
    stride = blocks * _L
    for i in range(uintp(first), uintp(last)):
        one, two = uintp(neighbours[i, 0]) * stride, uintp(neighbours[i, 1]) * stride
        for b in range(blocks):
            beside = add(load(points, one + b * _L), load(points, two + b * _L))
            store(blurred, i * stride + b * _L, add_scaled(load(points, i * stride + b * _L), beside, HALF))


@njit(nogil=True, cache=True, inline="always")
def slice_row(
    points: Any, places: Any, vertices: Any, weights: Any, p: Any, factor: Any, values: Any, row: Any, blocks: Any
) -> Any:
    """Add what the vertices of pixel p hold, times weight and factor, to `row` of `values`.

    Vertices are numbered within a band of pixels; `places` says which points they are.
    """
    stride = blocks * _L
    for b in range(blocks):
        total = load(values, row * stride + b * _L)
        for j in range(uintp(vertices.shape[1])):
            at = uintp(places[vertices[p, j]]) * stride + b * _L
            total = add_scaled(total, load(points, at), weights[p, j] * factor)
        store(values, row * stride + b * _L, total)


@njit(nogil=True, cache=True)
def slice_rows(
    points: Any, places: Any, vertices: Any, weights: Any, values: Any, first: Any, last: Any, blocks: Any
) -> Any:
    """`slice_row` of pixels first..last into their own rows."""
    for p in range(uintp(first), uintp(last)):
        slice_row(points, places, vertices, weights, p, np.float32(1), values, p, blocks)
