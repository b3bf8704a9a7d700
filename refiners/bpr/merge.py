"""Refined patches put back into the mask that they were cut from (IJCV 2022, Section 3.2, reassembling)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.bpr.kernels import pasting
from boundary_bench.refiners.bpr.patches import Patches, PlacedMask


def reassembled(
    mask: PlacedMask, size: tuple[int, int], patches: Patches, probabilities: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_], int, int]:
    """The foreground probability of a mask after refinement: the mean of the patches where these lie.

    Args:
        mask: the coarse one, in an image of `size`.
        size: (H, W) of the image.
        patches: n squares.
        probabilities: float32 (n, p, p) with p = `patches.full_px`, in 0..1. Their padding is left out.

    Returns:
        (probability, covered, top, left): float32 and bool (h, w), the smallest window that holds the mask's and all
        patches, and its place. Where no patch lies, `covered` is False and the probability is the coarse mask's 0 or
        1. The refined mask is `probability > 0.5`.

    Raises:
        ValueError: probabilities of another shape.
    """
    expected = (len(patches), patches.full_px, patches.full_px)
    if probabilities.shape != expected:
        raise ValueError(f"probabilities have shape {probabilities.shape}; allowed: {expected}, one for each patch")
    coarse, coarse_top, coarse_left = mask
    top, left, bottom, right = _union(mask, size, patches)
    total = np.zeros((bottom - top, right - left), np.float32)
    count = np.zeros(total.shape, np.int32)
    inner = slice(patches.padding_px, patches.padding_px + patches.side_px)
    pasting.add(probabilities[:, inner, inner], patches.corners - (top, left), total, count)
    pasting.average(total, count, coarse, coarse_top - top, coarse_left - left)
    return total, count > 0, top, left


def _union(mask: PlacedMask, size: tuple[int, int], patches: Patches) -> tuple[int, int, int, int]:
    """(top, left, bottom, right), ends exclusive, of the mask's window and all patches, within the image."""
    window, top, left = mask
    starts = np.vstack([patches.corners, (top, left)])
    ends = np.vstack([patches.corners + patches.side_px, np.add((top, left), window.shape)])
    (first_row, first_column), (last_row, last_column) = starts.min(axis=0), np.minimum(ends.max(axis=0), size)
    return int(first_row), int(first_column), int(last_row), int(last_column)
