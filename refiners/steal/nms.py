"""Boundaries made one pixel thin in testing: non-maximum suppression across them.

The released evaluation of STEAL (CVPR 2019, Section 4) does this with the edge toolbox of Dollár and Zitnick,
Fast Edge Detection Using Structured Forests (TPAMI 2015), whose definitions these are.
"""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

SMOOTHING_PX: Final = 2
"""Radius of the triangle that the map is smoothed with first."""
ORIENTATION_PX: Final = 4
"""Radius of the triangle that it is smoothed with once more for its orientation."""
REACH_PX: Final = 2
"""How far across the edge a stronger value suppresses a pixel."""
BORDER_PX: Final = 5
"""Width of the frame of the image in which values fall to 0."""
SLANT: Final = 1e-5
"""Added to second derivatives, so that a flat map has an orientation."""
WITHIN: Final = 1.001
"""Short of which distance from the far border values are looked up."""


def thinned(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Maps of boundaries with all but the ridges across them 0.

    Each map is smoothed; a pixel keeps the smoothed value if none at 1 and 2 px to either side along its normal,
    bilinear between pixels, is larger. In the outermost five rows and columns values are weakened, to 0 at the
    border.

    Args:
        maps: probabilities, float32 (K, H, W); K may be 0.

    Returns:
        float32 (K, H, W).

    Raises:
        ValueError: another shape or dtype, a side below 2 px, or values that are not finite.
    """
    if maps.ndim != 3 or maps.dtype != np.float32 or min(maps.shape[1:]) < 2:
        raise ValueError(f"maps is {maps.dtype} {maps.shape}; allowed: float32 (K, H, W) of at least 2x2")
    if not np.isfinite(maps).all():
        raise ValueError("maps holds values that are not finite; allowed: numbers")
    found = np.empty_like(maps)
    for each, out in zip(maps, found, strict=True):
        smoothed = triangle_smoothed(each, SMOOTHING_PX)
        _suppress(smoothed, orientation(smoothed), REACH_PX, out)
        _fade(out)
    return found


def triangle_smoothed(image: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """An image, float32 (H, W), convolved with a triangle along both axes; beyond its border it is mirrored.

    The triangle has 2 * radius + 1 weights, the largest in the middle, of sum 1.
    """
    rising = np.arange(1, radius + 2, dtype=np.float32)
    kernel = np.concatenate([rising, rising[-2::-1]]) / np.float32((radius + 1) ** 2)
    return np.asarray(cv2.sepFilter2D(image, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT))


def orientation(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Angle of the normal of edges, radians in 0..pi from the axis of columns towards that of rows, float32 (H, W).

    From second derivatives of the smoothed image, by a formula that is right for multiples of 45 degrees and
    approximate between; a comparison with released results needs this one.
    """
    smoothed = triangle_smoothed(image, ORIENTATION_PX)
    down, right = np.gradient(smoothed)
    down_down, down_right = np.gradient(down)
    right_right = np.gradient(right, axis=1)
    rise = down_down * np.sign(-(down_right + np.float32(SLANT)))
    return np.asarray(np.mod(np.arctan2(rise, right_right + np.float32(SLANT)), np.float32(np.pi)))


def _fade(edges: NDArray[np.float32]) -> None:
    for view in (edges, edges.T):
        width = min(BORDER_PX, len(view) // 2)
        ramp = (np.arange(width, dtype=np.float32) / np.float32(max(width, 1)))[:, None]
        view[:width] *= ramp
        view[::-1][:width] *= ramp


@njit(cache=True, nogil=True)
def _suppress(edges: Any, angles: Any, reach: int, out: Any) -> None:
    height, width = edges.shape
    for y in range(height):
        for x in range(width):
            value = edges[y, x]
            out[y, x] = value
            if value == 0:
                continue
            right, down = np.cos(angles[y, x]), np.sin(angles[y, x])
            for step in range(1, reach + 1):
                before = _between(edges, y - step * down, x - step * right)
                after = _between(edges, y + step * down, x + step * right)
                if before > value or after > value:
                    out[y, x] = 0
                    break


@njit(cache=True, nogil=True)
def _between(image: Any, y: float, x: float) -> Any:
    """Bilinear, in float32 so that of equal values none is larger; beyond the border its values go on."""
    height, width = image.shape
    row = np.float32(min(max(y, 0.0), height - WITHIN))
    column = np.float32(min(max(x, 0.0), width - WITHIN))
    top, left = int(row), int(column)
    down, right = row - top, column - left
    upper = image[top, left] * (1 - right) + image[top, left + 1] * right
    lower = image[top + 1, left] * (1 - right) + image[top + 1, left + 1] * right
    return np.float32(upper * (1 - down) + lower * down)
