"""Greedy non-maximum suppression of equal squares, painted on a raster instead of compared pair by pair.

How much two equal squares overlap depends on the offset of their centres alone, so a kept square suppresses the same
stencil of centres wherever it lies: the work grows with the squares kept, not with those proposed.
"""

from __future__ import annotations

from typing import Any

from numba import njit


@njit(nogil=True, cache=True)
def keep(pixels: Any, reach: Any, cover: Any, centres: Any, suppressed: Any, kept: Any) -> int:
    """Write the places of the pixels whose squares are kept to the front of `kept`; return how many they are.

    Args:
        pixels: int64 (N, 2), the row and column of each square's pixel, in the order in which they are looked at.
        reach: int64 (D + 1,), the largest horizontal offset of centres that suppresses, by their vertical offset; -1
            where none does, and at last.
        cover: a square suppresses those of pixels at offsets of -cover to cover - 1 from its own centre only.
        centres: int64 (2, 2), the first and the last row and column where centres may lie; a pixel beyond has its
            square's centre there.
        suppressed: bool (H, W), zeros; is written over.
        kept: int64 (N,).
    """
    count = 0
    for i in range(len(pixels)):
        y, x = pixels[i]
        if not suppressed[y, x]:
            kept[count] = i
            count += 1
            _paint(_clamped(y, centres[0]), _clamped(x, centres[1]), reach, cover, centres, suppressed)
    return count


@njit(nogil=True, cache=True, inline="always")
def _clamped(at: Any, ends: Any) -> Any:
    return min(max(at, ends[0]), ends[1])


@njit(nogil=True, cache=True)
def _paint(y: Any, x: Any, reach: Any, cover: Any, centres: Any, suppressed: Any) -> None:
    """Mark the pixels whose squares the one centred at (y, x) suppresses."""
    height, width = suppressed.shape
    for row in range(max(y - cover, 0), min(y + cover, height)):
        most = reach[abs(_clamped(row, centres[0]) - y)]
        if most < 0:
            continue
        # Where a centre in reach is the outermost one, so are all pixels beyond it.
        first = 0 if x - most <= centres[1, 0] else x - most
        last = width - 1 if x + most >= centres[1, 1] else x + most
        suppressed[row, max(first, x - cover, 0) : min(last + 1, x + cover, width)] = True
