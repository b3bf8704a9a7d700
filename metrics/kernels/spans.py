"""Masks as spans: sorted flat positions down the columns, [start, stop) in turn; what two masks share is a merge.

A span may run on into the next column. N masks lie after one another in one array `edges`, mask i in
`edges[starts[i] : starts[i + 1]]`, an even number of positions.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def span_edges(counts: Any, starts: Any) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of run-length codes, runs of length 0 left out, and where each mask's begin."""
    edges = np.empty(len(counts) + len(starts), np.int64)
    offsets = np.zeros(len(starts), np.int64)
    found = 0
    for mask in range(len(starts) - 1):
        first, position = found, np.int64(0)
        for i in range(starts[mask], starts[mask + 1]):
            run = np.int64(counts[i])
            if (i - starts[mask]) % 2 == 1 and run > 0:
                if found > first and edges[found - 1] == position:
                    found -= 2
                else:
                    edges[found] = position
                edges[found + 1] = position + run
                found += 2
            position += run
        offsets[mask + 1] = found
    return edges[:found].copy(), offsets


@njit(cache=True, nogil=True)
def shared(a: Any, b: Any) -> int:
    """Positions that two masks share."""
    i, j, total = _reaching(a, b), _reaching(b, a), 0
    while i < len(a) and j < len(b):
        stop_a, stop_b = a[i + 1], b[j + 1]
        length = min(stop_a, stop_b) - max(a[i], b[j])
        total += max(length, 0)
        # Written without a branch, which would be guessed wrong half the time.
        i += 2 * np.int64(stop_a <= stop_b)
        j += 2 * np.int64(stop_b <= stop_a)
    return total


@njit(cache=True, nogil=True)
def _reaching(edges: Any, others: Any) -> int:
    """The first span that ends behind the start of the others."""
    if len(edges) == 0 or len(others) == 0:
        return 0
    low, high = 0, len(edges) // 2
    while low < high:
        middle = (low + high) // 2
        if edges[2 * middle + 1] > others[0]:
            high = middle
        else:
            low = middle + 1
    return 2 * low


@njit(cache=True, nogil=True)
def shared_by(
    first: Any, second: Any, edges: Any, starts: Any, other_edges: Any, other_starts: Any
) -> NDArray[np.int64]:
    """Positions shared by mask first[i] of one set and mask second[i] of another: int64 (P,)."""
    out = np.zeros(len(first), np.int64)
    for i in range(len(first)):
        a, b = first[i], second[i]
        out[i] = shared(edges[starts[a] : starts[a + 1]], other_edges[other_starts[b] : other_starts[b + 1]])
    return out


@njit(cache=True, nogil=True)
def close_pairs(
    kinds: Any, boxes: Any, other_kinds: Any, other_boxes: Any
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of one kind whose boxes (top, left, bottom, right) share a pixel, by the first, then by the second."""
    found, capacity = 0, 64
    first, second = np.empty(capacity, np.int64), np.empty(capacity, np.int64)
    for i in range(len(kinds)):
        top, left, bottom, right = boxes[i]
        for j in range(len(other_kinds)):
            if kinds[i] != other_kinds[j] or top >= other_boxes[j, 2] or other_boxes[j, 0] >= bottom:
                continue
            if left >= other_boxes[j, 3] or other_boxes[j, 1] >= right:
                continue
            if found == capacity:
                first = np.concatenate((first, np.empty(capacity, np.int64)))
                second = np.concatenate((second, np.empty(capacity, np.int64)))
                capacity *= 2
            first[found], second[found] = i, j
            found += 1
    return first[:found].copy(), second[:found].copy()
