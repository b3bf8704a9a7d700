"""Pixels from which elements of several sizes reach both sides of a mask, in one pass over its edges, by words.

Whatever reaches a pixel of the other side also reaches one that touches its own side, along a row and then a column of
the element, so only edges are spread: each row of edge pixels is widened a pixel at a time, once for all elements, and
laid over the rows that they reach. Words are those of `boundary_bench.metrics.kernels.thinning.pack`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.thinning import Words

ONE, LAST = np.uint64(1), np.uint64(63)


def both_sides_near(words: Words, width: int, elements: Sequence[NDArray[np.int64]]) -> NDArray[np.uint64]:
    """Where each element holds pixels of a mask and others; beyond the image there are neither.

    Args:
        words: the mask.
        width: of the image in pixels.
        elements: n of them, each int64 (2r + 1,), half widths of its rows, from r above to r below, which mirror each
            other.

    Returns:
        uint64 (n, H, ceil(W / 64)), unused bits 0.
    """
    radii = [len(element) // 2 for element in elements]
    reaches = np.full((len(elements), max(radii) + 1), -1, np.int64)
    for row, radius, element in zip(reaches, radii, elements, strict=True):
        row[: radius + 1] = element[radius:]
    near = np.zeros((len(elements), *words.shape), np.uint64)
    _spread(words, width, reaches, int(reaches.max()), near)
    near[:, :, -1] &= LAST_WORD[(width - 1) % 64]
    return near


LAST_WORD = np.array([(1 << (bit + 1)) - 1 for bit in range(64)], np.uint64)
"""The bits that are used of a last word, by the place of the last one."""


@njit(cache=True, nogil=True)
def _spread(words: Any, width: int, reaches: Any, widest: int, near: Any) -> None:
    height, count = words.shape
    margin = (widest + 63) // 64
    inner = np.zeros((widest + 1, count), np.uint64)
    outer = np.zeros((widest + 1, count), np.uint64)
    beyond = np.zeros(count, np.uint64)
    for y in range(height):
        first, last = _edges(words, y, width, inner[0], outer[0])
        if last < first:
            continue
        part = slice(max(first - margin, 0), min(last + margin, count - 1) + 1)
        for k in range(widest):
            _widen(inner[k, part], inner[k + 1, part])
            _widen(outer[k, part], outer[k + 1, part])
        for dy in range(reaches.shape[1]):
            up, down = y - dy, y + dy
            masks = words[max(up, 0), part], words[min(down, height - 1), part]
            for i in range(len(near)):
                k = reaches[i, dy]
                if k >= 0:
                    above = near[i, up, part] if up >= 0 else beyond[part]
                    below = near[i, down, part] if down < height else beyond[part]
                    _lay(inner[k, part], outer[k, part], masks, above, below)


@njit(cache=True, nogil=True)
def _edges(words: Any, y: int, width: int, inner: Any, outer: Any) -> tuple[int, int]:
    """A row's pixels inside and outside that touch the other side; the first and last word that holds any."""
    height, count = words.shape
    row, above, below = words[y], words[max(y - 1, 0)], words[min(y + 1, height - 1)]
    first, last = count, -1
    before = np.uint64(0)
    for i in range(count):
        word = row[i]
        after = row[i + 1] if i + 1 < count else np.uint64(0)
        # Bit x: pixels x and x + 1 lie on different sides; the last column has no right neighbour.
        right = word ^ ((word >> ONE) | (after << LAST))
        if i == count - 1:
            right &= (ONE << np.uint64((width - 1) % 64)) - ONE
        edge = right | (right << ONE) | before | (word ^ above[i]) | (word ^ below[i])
        before = right >> LAST
        inner[i], outer[i] = edge & word, edge & ~word
        if edge != 0:
            first, last = min(first, i), i
    return first, last


@njit(cache=True, nogil=True)
def _widen(row: Any, out: Any) -> None:
    """A pixel further to the left and to the right."""
    for i in range(len(row)):
        out[i] = row[i] | (row[i] << ONE) | (row[i] >> ONE)
    for i in range(1, len(row)):
        out[i] |= row[i - 1] >> LAST
        out[i - 1] |= row[i] << LAST


@njit(cache=True, nogil=True)
def _lay(inner: Any, outer: Any, masks: Any, above: Any, below: Any) -> None:
    """Add what edge pixels of the other side reach in the row above and in the one below."""
    up, down = masks
    for i in range(len(above)):
        near_outside, near_inside = outer[i], inner[i]
        above[i] |= (near_outside & up[i]) | (near_inside & ~up[i])
        below[i] |= (near_outside & down[i]) | (near_inside & ~down[i])
