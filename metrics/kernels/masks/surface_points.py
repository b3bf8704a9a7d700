"""Where the surface of a mask is, 64 pixels at once: pixels at its inner edge, and points between four pixels.

Words are those of `boundary_bench.metrics.kernels.thinning.pack`; beyond the map all is outside of the mask.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.thinning import Words


def inner_edge(words: Words) -> Words:
    """Pixels of a mask that have one of their four neighbours outside of it: packed as the words."""
    out = np.empty_like(words)
    _inner_edge(words, out)
    return out


def corner_points(words: Words) -> Words:
    """Points (y, x) between the pixels (y - 1, x - 1) and (y, x) of which some, not all four, belong to a mask.

    Returns:
        uint64 (H + 1, words + 1): the points of H + 1 rows and W + 1 columns, packed likewise.
    """
    framed = _framed(words)
    out = np.empty_like(framed[1:])
    _corner_points(framed, out)
    return out


def corner_codes(words: Words, rows: NDArray[np.int32], columns: NDArray[np.int32]) -> NDArray[np.int64]:
    """Which of the four pixels around points belong to the mask: 8 upper left, 4 upper right, 2 and 1 below.

    Args:
        words: of the mask.
        rows, columns: int32 (N,), of points as `corner_points` has them.

    Returns:
        int64 (N,), 0..15.
    """
    out = np.empty(len(rows), np.int64)
    _corner_codes(_framed(words), rows, columns, out)
    return out


def _framed(words: Words) -> Words:
    """With a row of nothing above and below, and a word of it at the right."""
    framed = np.zeros((words.shape[0] + 2, words.shape[1] + 1), np.uint64)
    framed[1:-1, :-1] = words
    return framed


@njit(cache=True, nogil=True)
def _inner_edge(words: Any, out: Any) -> None:
    height, count = words.shape
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(63)
    beyond = np.zeros(count, np.uint64)
    for y in range(height):
        above = words[y - 1] if y > 0 else beyond
        below = words[y + 1] if y + 1 < height else beyond
        for i in range(count):
            word = words[y, i]
            before = words[y, i - 1] if i > 0 else zero
            after = words[y, i + 1] if i + 1 < count else zero
            inside = ((word << one) | (before >> last)) & ((word >> one) | (after << last)) & above[i] & below[i]
            out[y, i] = word & ~inside


@njit(cache=True, nogil=True)
def _corner_points(words: Any, out: Any) -> None:
    zero, one, last = np.uint64(0), np.uint64(1), np.uint64(63)
    for y in range(len(out)):
        carry_above, carry = zero, zero
        for i in range(out.shape[1]):
            # The right one of each pair of pixels, and the left one.
            above, here = words[y, i], words[y + 1, i]
            left_above, left = (above << one) | carry_above, (here << one) | carry
            carry_above, carry = above >> last, here >> last
            out[y, i] = (above | left_above | here | left) & ~(above & left_above & here & left)


@njit(cache=True, nogil=True)
def _corner_codes(words: Any, rows: Any, columns: Any, out: Any) -> None:
    one = np.uint64(1)
    for k in range(len(rows)):
        code = 0
        for y in range(rows[k], rows[k] + 2):
            for x in range(columns[k] - 1, columns[k] + 1):
                bit = (words[y, x >> 6] >> np.uint64(x & 63)) & one if x >= 0 else np.uint64(0)
                code = 2 * code + np.int64(bit)
        out[k] = code
