"""Levels of a map counted apart inside and outside a mask, eight pixels at once where they are alike."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEVELS = 256
_ONES = np.uint64(0x0101010101010101)
_BYTE = np.uint64(255)


def count_levels(
    levels: NDArray[np.uint8], mask: NDArray[np.bool_], rows: tuple[int, int], columns: tuple[int, int]
) -> NDArray[np.int64]:
    """Pixels outside and inside the mask by their level, int64 (2, 256), of a part of the image.

    Args:
        levels, mask: (H, W), C-contiguous.
        rows, columns: from the first to before the last of the part.
    """
    parts = np.zeros((8, 2 * LEVELS), np.int64)
    _count(levels, mask.view(np.uint8), rows, columns, parts)
    return np.asarray(parts.sum(axis=0).reshape(2, LEVELS))


@njit(cache=True, nogil=True)
def _count(levels: Any, mask: Any, rows: Any, columns: Any, parts: Any) -> None:
    """Neighbours that are not alike go to counters of their own, so that no addition waits for the one before."""
    first, last = columns
    middle = first + (last - first) // 8 * 8
    for y in range(rows[0], rows[1]):
        words, inside = levels[y, first:middle].view(np.uint64), mask[y, first:middle].view(np.uint64)
        for i in range(len(words)):
            word, member = words[i], inside[i]
            level, one = word & _BYTE, member & _BYTE
            if word == level * _ONES and member == one * _ONES:
                parts[0, np.int64(level) + (np.int64(one) << 8)] += 8
                continue
            x = first + 8 * i
            for k in range(8):
                parts[k, np.int64(levels[y, x + k]) + (np.int64(mask[y, x + k]) << 8)] += 1
        for x in range(middle, last):
            parts[0, np.int64(levels[y, x]) + (np.int64(mask[y, x]) << 8)] += 1


@njit(cache=True, nogil=True)
def moments(mask: Any) -> Any:
    """How many pixels a mask has, and the sums of their rows and of their columns: three int64. Mask: uint8 (H, W)."""
    height, width = mask.shape
    in_column = np.zeros(width, np.uint32)
    pixels, rows, columns = 0, 0, 0
    for y in range(height):
        in_row = np.uint32(0)
        for x in range(width):
            in_row += np.uint32(mask[y, x])
            in_column[x] += np.uint32(mask[y, x])
        pixels += in_row
        rows += y * np.int64(in_row)
    for x in range(width):
        columns += x * np.int64(in_column[x])
    return np.int64(pixels), np.int64(rows), np.int64(columns)
