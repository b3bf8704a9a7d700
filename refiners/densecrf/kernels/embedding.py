"""Where pixels lie in the permutohedral lattice (Adams, Baek and Davis, Eurographics 2010, Section 3).

A lattice point of dimension d has d + 1 whole coordinates that sum to 0 and leave one remainder r modulo d + 1. So
(r, floor of coordinate / (d + 1) for all but the last) tells it, and one whole number, its code, holds them all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

EMPTY = np.int64(-1)
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@njit(nogil=True, cache=True)
def embed(image: Any, pixels: Any, factors: Any, strides: Any, origin: Any, vertices: Any, weights: Any) -> Any:
    """The simplex of each pixel, and its barycentric coordinates.

    Args:
        image: uint8 (H, W, C); a feature is x, y and, of d - 2 channels, the intensities.
        pixels: int32 (n,), raster indices.
        factors: d float32, from a feature to its lattice direction; a tuple, so that loops over d are unrolled.
        strides: int64 (d + 1,), of a code: first those of the coordinates, then that of the remainder.
        origin: int64, the code of the point 0.
        vertices: uint32 (n, d + 1), out: numbers of points in the order in which they are met.
        weights: float32 (n, d + 1), out: they sum to 1.

    Returns:
        int64 (m,), the codes of the points that were met.
    """
    d = len(factors)
    width = np.int32(image.shape[1])
    elevated, nearest = np.empty(d + 1, np.float32), np.empty(d + 1, np.int64)
    rank, barycentric = np.empty(d + 1, np.int64), np.empty(d + 2, np.float32)
    before = np.full(2 * d + 2, -(1 << 40), np.int64)
    table, codes, count = new_table(1 << 12), np.empty(1 << 11, np.int64), 0
    for p in range(len(pixels)):
        y = pixels[p] // width
        x = pixels[p] - y * width
        _elevate(d, image, y, x, factors, elevated)
        _enclose(d + 1, elevated, nearest, rank)
        _barycentric(d + 1, elevated, nearest, rank, barycentric)
        for r in range(d + 1):
            weights[p, r] = barycentric[r]
        if p > 0 and _is_same(d + 1, before, nearest, rank):
            for r in range(d + 1):
                vertices[p, r] = vertices[p - 1, r]
            continue
        for r in range(d + 1):
            code = _code(d, nearest, rank, r, strides, origin)
            found = find(table, codes, code)
            if found < 0:
                if 2 * (count + 1) > len(codes):
                    table, codes = _grown(codes, count)
                found = count
                codes[found] = code
                table[slot(table, codes, code)] = found
                count += 1
            vertices[p, r] = found
    return codes[:count].copy()


@njit(nogil=True, cache=True)
def number(parts: Any, starts: Any) -> Any:
    """One number for each code of several lists, in the order in which they are met.

    Args:
        parts: int64 (L,), the lists one after the other.
        starts: int64 (B + 1,), where each begins.

    Returns:
        numbers uint32 (L,), codes int64 (M,).
    """
    numbers = np.empty(len(parts), np.uint32)
    table, codes, count = new_table(2 * len(parts) + 2), np.empty(len(parts), np.int64), 0
    for i in range(starts[-1]):
        at = slot(table, codes, parts[i])
        if table[at] < 0:
            table[at] = count
            codes[count] = parts[i]
            count += 1
        numbers[i] = table[at]
    return numbers, codes[:count].copy()


@njit(nogil=True, cache=True)
def neighbours(codes: Any, strides: Any) -> Any:
    """The two neighbours of each point along each of the d + 1 axes; uint32 (d + 1, M, 2), M where there is none."""
    d, points = len(strides) - 1, len(codes)
    result = np.full((d + 1, points, 2), points, np.uint32)
    table = new_table(2 * points + 2)
    for i in range(points):
        table[slot(table, codes, codes[i])] = i
    whole = 0
    for i in range(d):
        whole += strides[i]
    for axis in range(d + 1):
        own = strides[axis] if axis < d else 0
        for i in range(points):
            # One step back in all coordinates, d forward along the axis: the remainder falls by 1, or from 0 to d.
            step = own - strides[d] if codes[i] >= strides[d] else d * strides[d] - (whole - own)
            found = find(table, codes, codes[i] + step)
            if found >= 0:
                result[axis, i, 0] = found
                result[axis, found, 1] = i
    return result


@njit(nogil=True, cache=True, inline="always")
def _elevate(d: Any, image: Any, y: Any, x: Any, factors: Any, elevated: Any) -> Any:
    """The position in the hyperplane of zero sum."""
    total = np.float32(0)
    for j in range(d, 0, -1):
        feature = np.float32(x) if j == 1 else np.float32(y) if j == 2 else np.float32(image[y, x, j - 3])
        along = feature * factors[j - 1]
        elevated[j] = total - np.float32(j) * along
        total += along
    elevated[0] = total


@njit(nogil=True, cache=True, inline="always")
def _enclose(size: Any, elevated: Any, nearest: Any, rank: Any) -> Any:
    """The nearest point of remainder 0, in units of d + 1, and the order of the differences from it."""
    surplus = 0
    for i in range(size):
        nearest[i] = np.int64(np.floor(elevated[i] * np.float32(1 / size) + np.float32(0.5)))
        surplus += nearest[i]
        rank[i] = 0
    for i in range(size - 1):
        difference = elevated[i] - np.float32(size * nearest[i])
        for j in range(i + 1, size):
            if difference < elevated[j] - np.float32(size * nearest[j]):
                rank[i] += 1
            else:
                rank[j] += 1
    # Rounding may leave the plane; the coordinates with the largest error come back first.
    for i in range(size):
        rank[i] += surplus
        if rank[i] < 0:
            rank[i] += size
            nearest[i] += 1
        elif rank[i] >= size:
            rank[i] -= size
            nearest[i] -= 1


@njit(nogil=True, cache=True, inline="always")
def _barycentric(size: Any, elevated: Any, nearest: Any, rank: Any, barycentric: Any) -> Any:
    barycentric[:] = 0
    for i in range(size):
        part = (elevated[i] - np.float32(size * nearest[i])) * np.float32(1 / size)
        barycentric[size - 1 - rank[i]] += part
        barycentric[size - rank[i]] -= part
    barycentric[0] += np.float32(1) + barycentric[size]


@njit(nogil=True, cache=True, inline="always")
def _is_same(size: Any, before: Any, nearest: Any, rank: Any) -> Any:
    """Whether the simplex is that of the pixel before, which it then replaces."""
    same = True
    for i in range(size):
        same &= (before[i] == nearest[i]) & (before[size + i] == rank[i])
        before[i], before[size + i] = nearest[i], rank[i]
    return same


@njit(nogil=True, cache=True, inline="always")
def _code(d: Any, nearest: Any, rank: Any, remainder: Any, strides: Any, origin: Any) -> Any:
    code = origin + remainder * strides[d]
    for i in range(d):
        code += (nearest[i] - (rank[i] > d - remainder)) * strides[i]
    return code


@njit(nogil=True, cache=True)
def new_table(size: Any) -> Any:
    """An empty hash table, int32 (n,), n a power of 2 and at least `size`."""
    slots = 1
    while slots < size:
        slots *= 2
    return np.full(slots, EMPTY, np.int32)


@njit(nogil=True, cache=True, inline="always")
def slot(table: Any, codes: Any, code: Any) -> Any:
    """Where a code stands in the table, or would."""
    mask = np.uint64(len(table) - 1)
    mixed = np.uint64(code) * _MULTIPLIER
    at = (mixed ^ (mixed >> np.uint64(32))) & mask
    while table[at] >= 0 and codes[table[at]] != code:
        at = (at + np.uint64(1)) & mask
    return at


@njit(nogil=True, cache=True, inline="always")
def find(table: Any, codes: Any, code: Any) -> Any:
    """The number of a code, or -1."""
    return table[slot(table, codes, code)]


@njit(nogil=True, cache=True)
def _grown(codes: Any, count: Any) -> Any:
    larger = np.empty(2 * len(codes), np.int64)
    larger[:count] = codes[:count]
    table = new_table(2 * len(larger))
    for i in range(count):
        table[slot(table, larger, larger[i])] = i
    return table, larger
