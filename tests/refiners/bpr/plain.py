"""Boundary patches by their definition: all pairs of squares, masks of the image's size, no window, no kernel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def boundary(mask: NDArray[np.bool_], *, released: bool) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """(row, column) of the boundary pixels in raster order, and their scores."""
    height, width = mask.shape
    framed = np.pad(mask.astype(np.uint8), 1, mode="constant" if released else "edge")
    total = sum(framed[y : y + height, x : x + width] for y in range(3) for x in range(3))
    scores = np.minimum(9 - total.astype(np.int64), total).astype(np.float32) / np.float32(4.5)
    return np.argwhere(scores > 0), scores[scores > 0]


def greedy(
    corners: NDArray[np.int64],
    scores: NDArray[np.float32],
    side: int,
    threshold: float,
    pixels: NDArray[np.int64] | None = None,
) -> NDArray[np.int64]:
    """Places of the squares kept; with `pixels`, a square is suppressed only by those that hold its pixel."""
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        sides = np.maximum(side - np.abs(corners[left] - corners[best]), 0).astype(np.float32)
        common = sides[:, 0] * sides[:, 1]
        suppressed = common / (np.float32(2 * side * side) - common) > np.float32(threshold)
        if pixels is not None:
            inside = pixels[left] - corners[best]
            suppressed &= ((inside >= 0) & (inside < side)).all(axis=1)
        left = left[~suppressed]
    return np.array(kept, np.int64)


def dense_corners(mask: NDArray[np.bool_], side: int, threshold: float, *, released: bool = False) -> NDArray[np.int64]:
    """Top and left of the patches of the schemes `dense` and `released`."""
    pixels, scores = boundary(mask, released=released)
    corners = pixels - side // 2
    if released:
        kept = corners[greedy(corners, scores, side, threshold)]
        return np.minimum(np.maximum(kept, 0), np.array(mask.shape) - 1 - side)
    corners = np.maximum(np.minimum(corners, np.array(mask.shape) - side), 0)
    return corners[greedy(corners, scores, side, threshold, pixels)]


def crops(raster: NDArray[np.uint8], corners: NDArray[np.int64], side: int, padding: int = 0) -> NDArray[np.uint8]:
    margin = side + padding
    framed = np.pad(raster, [(margin, margin)] * 2 + [(0, 0)] * (raster.ndim - 2))
    full = side + 2 * padding
    return np.stack([framed[y : y + full, x : x + full] for y, x in corners + side])


def merged(
    mask: NDArray[np.bool_], corners: NDArray[np.int64], probabilities: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Foreground probability of all pixels of the image, and which are covered."""
    height, width = mask.shape
    side = probabilities.shape[1]
    total, count = np.zeros((height + side, width + side), np.float32), np.zeros((height + side, width + side))
    for (y, x), patch in zip(corners, probabilities, strict=True):
        total[y : y + side, x : x + side] += patch
        count[y : y + side, x : x + side] += 1
    total, count = total[:height, :width], count[:height, :width]
    mean = total / np.maximum(count, 1).astype(np.float32)
    return np.where(count > 0, mean, mask.astype(np.float32)), count > 0
