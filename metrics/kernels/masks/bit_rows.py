"""Masks of 64 pixels a word, moved and grown by words: for what is decided by the nearness of two kinds of pixels.

Words are those of `boundary_bench.metrics.kernels.thinning.pack`: bit i is the i-th pixel of its 64 from the left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Words = NDArray[np.uint64]
"""(H, ceil(W / 64))."""


def grown(words: Words, elements: Sequence[NDArray[np.int64]]) -> Iterator[Words]:
    """A packed mask dilated by each of some elements whose rows are centred: beyond the map lies nothing.

    Args:
        words: the mask; bits beyond its width are 0, and may be set in the result.
        elements: each int64 (2r + 1,), half widths of its rows, from r above to r below: it reaches so many pixels to
            either side.

    Returns:
        uint64, as the words.
    """
    needed = np.zeros(1 + max(int(element.max()) for element in elements), np.bool_)
    for element in elements:
        needed[element] = True
    wide = np.zeros((len(needed), *words.shape), np.uint64)
    _widened(words, needed, wide)
    for element in elements:
        out = np.zeros_like(words)
        _stacked(wide, element, len(element) // 2, out)
        yield out


@njit(cache=True, nogil=True)
def _widened(words: Any, needed: Any, out: Any) -> None:
    """`out[w]`: words with each bit spread w pixels to either side, for those w that are needed."""
    height, count = words.shape
    for y in range(height):
        if not words[y].any():
            continue
        right, left = words[y].copy(), words[y].copy()
        for width in range(len(out)):
            if width > 0:
                _spread(right, left)
            if needed[width]:
                for i in range(count):
                    out[width, y, i] = right[i] | left[i]


@njit(cache=True, nogil=True)
def _spread(right: Any, left: Any) -> None:
    """Add to one row each bit's right neighbour, and to the other each bit's left one."""
    one, last = np.uint64(1), np.uint64(63)
    count = len(right)
    for i in range(count - 1, 0, -1):
        right[i] |= (right[i] << one) | (right[i - 1] >> last)
    right[0] |= right[0] << one
    for i in range(count - 1):
        left[i] |= (left[i] >> one) | (left[i + 1] << last)
    left[count - 1] |= left[count - 1] >> one


@njit(cache=True, nogil=True)
def _stacked(wide: Any, half_widths: Any, radius: int, out: Any) -> None:
    """Rows of `out` as unions of the rows around them, each as wide as the element is there."""
    height, count = out.shape
    for y in range(height):
        for step in range(-radius, radius + 1):
            if 0 <= y + step < height:
                row = wide[half_widths[radius + step], y + step]
                for i in range(count):
                    out[y, i] |= row[i]
