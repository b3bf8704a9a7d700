"""Patches cut from rasters and pasted into them; what lies outside of the raster is left out.

The innermost loops run over slices from 0 on, so that the compiler sees that no index is negative and vectorises them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True)
def cut(raster: Any, corners: Any, channels: Any, patches: Any) -> None:
    """Copy the part of `raster`, (H, W * C), at each (top, left) of `corners` to `patches`, (n, p, p * C)."""
    height, width = raster.shape
    side = patches.shape[1]
    for i in range(len(corners)):
        top, start = corners[i, 0], corners[i, 1] * channels
        first, last = max(-start, 0), max(min(side * channels, width - start), 0)
        for y in range(max(-top, 0), min(side, height - top)):
            row, patch = raster[top + y, start + first : start + last], patches[i, y, first:last]
            for x in range(len(patch)):
                patch[x] = row[x]


@njit(nogil=True, cache=True)
def add(patches: Any, corners: Any, total: Any, count: Any) -> None:
    """Add `patches`, (n, p, p), to `total`, (H, W), each at its (top, left), and 1 to `count` there."""
    height, width = total.shape
    side = patches.shape[1]
    for i in range(len(corners)):
        top, left = corners[i]
        last = min(side, width - left)
        for y in range(min(side, height - top)):
            row, counted = total[top + y, left : left + last], count[top + y, left : left + last]
            patch = patches[i, y]
            for x in range(len(row)):
                row[x] += patch[x]
                counted[x] += 1


@njit(nogil=True, cache=True)
def average(total: Any, count: Any, coarse: Any, top: Any, left: Any) -> None:
    """Divide `total` by `count`, in place; where that is 0, take `coarse`, which lies at (top, left) amid zeros."""
    for y in range(len(total)):
        row, counted = total[y], count[y]
        for x in range(len(row)):
            row[x] /= np.float32(max(counted[x], 1))
    height, width = coarse.shape
    for y in range(height):
        row, counted = total[top + y, left : left + width], count[top + y, left : left + width]
        for x in range(width):
            if not counted[x]:
                row[x] = coarse[y, x]
