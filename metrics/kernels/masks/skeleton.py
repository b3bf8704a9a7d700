"""Skeletons of masks by parallel thinning: Zhang and Suen, CACM 1984, with scikit-image's exceptions.

A pixel goes if its eight neighbours have one of the patterns that a pass takes away; two passes alternate, and each
sees the mask as it was when it began. Only pixels that lost a neighbour in one of the last two passes are looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Bit p is set where the pattern p goes. Of p, bit 0 is the upper left neighbour, then clockwise to bit 7, the left.
# The patterns are those of scikit-image 0.25, which differ from the paper's in 31 of 512 cases.
_FIRST = 0x000B008A000080CE_00000003800080CC_1101000000000000_10000100D000DCC8
_SECOND = 0x130300030000008B_0001000100000084_5101110100000000_D1000100D5008480


def skeleton(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Lines one pixel wide along the middle of a mask: bool (H, W). Outside the image lies background."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    lines = np.zeros_like(mask)
    if len(rows):
        box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        padded = np.pad(mask[box], 1).astype(np.uint8)
        _thin(padded.reshape(-1), padded.shape[1], _patterns())
        lines[box] = padded[1:-1, 1:-1]
    return lines


def _patterns() -> NDArray[np.uint8]:
    """Of each pattern, 1 where the first pass takes it away, plus 2 where the second does: uint8 (256,)."""
    return np.array([(_FIRST >> p & 1) + 2 * (_SECOND >> p & 1) for p in range(256)], np.uint8)


@njit(cache=True, nogil=True)
def _thin(mask: Any, width: int, patterns: Any) -> None:
    """Thin a mask with a margin, given row after row."""
    around = np.array([-width - 1, -width, -width + 1, 1, width + 1, width, width - 1, -1])
    found = np.zeros(len(mask), np.uint8)
    # Pixels whose pattern changed before and in the last pass; at first all that have one that goes.
    older, newer = np.empty(0, np.int64), _read(mask, around, patterns, found)
    gone = np.empty(len(mask), np.int64)
    turn = np.uint8(1)
    while len(older) or len(newer):
        count = _take(older, mask, found, patterns, turn, gone, 0)
        count = _take(newer, mask, found, patterns, turn, gone, count)
        older, newer = newer, _renew(gone[:count], mask, around, patterns, found)
        turn = np.uint8(3) - turn


@njit(cache=True, nogil=True)
def _read(mask: Any, around: Any, patterns: Any, found: Any) -> Any:
    """Write the pattern of each pixel of the mask; return those whose pattern goes in one of the passes."""
    first, last = around[4], len(mask) - around[4]  # the pixels that have all eight neighbours in the array
    for bit in range(8):
        _add_bit(mask[first + around[bit] : last + around[bit]], np.uint8(1 << bit), found[first:last])
    pixels = np.empty(np.count_nonzero(mask), np.int64)
    count = 0
    for at in range(first, last):
        if mask[at] and patterns[found[at]]:
            pixels[count] = at
            count += 1
    return pixels[:count]


@njit(cache=True, nogil=True)
def _add_bit(mask: Any, bit: Any, found: Any) -> None:
    for at in range(len(found)):
        found[at] |= np.uint8(mask[at] * bit)


@njit(cache=True, nogil=True)
def _take(pixels: Any, mask: Any, found: Any, patterns: Any, turn: Any, gone: Any, count: int) -> int:
    """Take pixels from the mask whose pattern goes in this pass, and write them behind the `count` that are gone."""
    for at in pixels:
        if mask[at] and patterns[found[at]] & turn:
            mask[at] = 0
            gone[count] = at
            count += 1
    return count


@njit(cache=True, nogil=True)
def _renew(gone: Any, mask: Any, around: Any, patterns: Any, found: Any) -> Any:
    """Take pixels from the patterns of their neighbours; return those whose pattern now goes in one of the passes."""
    changed = np.empty(8 * len(gone), np.int64)
    count = 0
    for at in gone:
        for direction in range(8):
            other = at + around[direction]
            if mask[other]:
                found[other] &= ~np.uint8(1 << ((direction + 4) % 8))
                if patterns[found[other]]:
                    changed[count] = other
                    count += 1
    return changed[:count]
