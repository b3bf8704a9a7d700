"""Pixels near the boundary of a mask by an elliptic element: the morphological gradient of OpenCV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.masks.ellipses import both_sides_near
from boundary_bench.metrics.kernels.thinning import Words


def gradient_words(words: Words, width: int, radii_px: Sequence[int]) -> Iterator[Words]:
    """For each radius the pixels from which OpenCV's ellipse of 2r + 1 reaches both a mask and its outside.

    That is where `cv2.morphologyEx` with `MORPH_GRADIENT` is not 0: beyond the image there is neither.

    Args:
        words: the packed mask, see `boundary_bench.metrics.kernels.thinning.pack`.
        width: of the image in pixels.
        radii_px: r, 1 or more each.

    Returns:
        Packed masks.
    """
    yield from both_sides_near(words, width, [half_widths(radius) for radius in radii_px])


def half_widths(radius_px: int) -> NDArray[np.int64]:
    """How far OpenCV's ellipse of 2r + 1 reaches to either side of the centre, by row: int64 (2r + 1,)."""
    side = 2 * radius_px + 1
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray((element.sum(axis=1, dtype=np.int64) - 1) // 2)
