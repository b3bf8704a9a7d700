"""Boundary patches: squares along the boundary of a mask, and what is cut out for a network (IJCV 2022, Section 3.1).

A mask is given as a window of its image, (bool (h, w), top, left), outside of which it is 0: usually its own box, so
that work and memory follow the object and not the image.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.bpr.kernels import pasting, suppression

Scheme = Literal["dense", "released", "grid", "object"]

PlacedMask = tuple[NDArray[np.bool_], int, int]
"""A window of an image, bool (h, w), and its top and left there."""

_UNLIMITED = 1 << 31


@dataclass(frozen=True)
class PatchParameters:
    """How patches are taken (Section 4.2, Tables 3, 4 and 7).

    Attributes:
        scheme: where the patches lie.
            `dense`: a square on each boundary pixel, moved into the image, thinned out by greedy non-maximum
            suppression: a square goes if one that was kept overlaps it by more than the threshold and holds its pixel.
            So each boundary pixel ends up in a patch.
            `released`: as the authors' code does it. Pixels of the mask at the image border count as boundary,
            squares are thinned out by their overlap alone and moved afterwards, never reaching the last row and
            column, and images with a side of no more than `size_px` have no patches.
            `grid`: the cells of a grid from the image's corner that hold boundary pixels; the last ones are moved
            into the image.
            `object`: one square around the object, of the longer side of its box and at least `size_px`.
        size_px: side of a patch in pixels; an even number.
        padding_px: pixels around it that the network sees and that are not reassembled.
        nms_threshold: IoU above which squares suppress each other; 0 to 1. Of `dense` and `released`.

    Raises:
        ValueError: values other than these.
    """

    scheme: Scheme = "dense"
    size_px: int = 64
    padding_px: int = 0
    nms_threshold: float = 0.25

    def __post_init__(self) -> None:
        if self.scheme not in get_args(Scheme):
            raise ValueError(f"scheme is {self.scheme!r}; allowed: {', '.join(get_args(Scheme))}")
        if self.size_px < 2 or self.size_px % 2:
            raise ValueError(f"size_px is {self.size_px}; allowed: even numbers from 2")
        if self.padding_px < 0:
            raise ValueError(f"padding_px is {self.padding_px}; allowed: 0 or more")
        if not 0 <= self.nms_threshold <= 1:
            raise ValueError(f"nms_threshold is {self.nms_threshold}; allowed: 0 to 1")


@dataclass(frozen=True, eq=False)
class Patches:
    """Squares of one size in an image.

    Attributes:
        corners: int64 (n, 2), top and left of each without padding; from `dense` and `released` those of the highest
            boundary scores first. A square lies in the image, and at 0 along a side that is shorter than it.
        side_px: without padding.
        padding_px: on each side.
    """

    corners: NDArray[np.int64]
    side_px: int
    padding_px: int

    def __len__(self) -> int:
        return len(self.corners)

    @property
    def full_px(self) -> int:
        """Side with padding."""
        return self.side_px + 2 * self.padding_px


def boundary_patches(mask: PlacedMask, size: tuple[int, int], parameters: PatchParameters) -> Patches:
    """Where a mask is to be refined.

    A boundary pixel has both the mask and its background among the 3 x 3 pixels around it. The order is stable: of
    equal scores, the first pixel in raster order comes first.

    Args:
        mask: in an image of `size`.
        size: (H, W) of the image.
        parameters: scheme, size and threshold.

    Returns:
        None at all for a mask without boundary: an empty one, or, but for `released`, one that fills the image.

    Raises:
        ValueError: a window that is not inside the image.
    """
    side = parameters.size_px
    if parameters.scheme == "released" and min(size) <= side:
        return Patches(np.zeros((0, 2), np.int64), side, parameters.padding_px)
    pixels, levels = _boundary(mask, size, parameters.scheme)
    if parameters.scheme == "object" and len(pixels):
        side = max(side, int(np.ptp(pixels, axis=0).max()) + 1)
        corners = (pixels.min(axis=0) + pixels.max(axis=0) + 1 - side)[None] // 2
    elif parameters.scheme == "grid":
        corners = np.unique(pixels // side, axis=0) * side
    else:
        order = np.argsort(-levels, kind="stable")
        corners = _thinned(pixels[order], size, parameters) - side // 2
    return Patches(_moved_inside(corners, size, side, parameters.scheme), side, parameters.padding_px)


def image_crops(image: NDArray[np.uint8], patches: Patches) -> NDArray[np.uint8]:
    """Patches of an image, uint8 (H, W, C): uint8 (n, p, p, C) with p = `full_px`; 0 beyond the image."""
    return _crops(image, patches, (0, 0))


def mask_crops(mask: PlacedMask, patches: Patches) -> NDArray[np.uint8]:
    """Patches of a mask, uint8 (n, p, p) of 0 and 1 with p = `full_px`; 0 beyond the image."""
    window, top, left = mask
    return _crops(window.view(np.uint8)[..., None], patches, (top, left))[..., 0]


def _crops(raster: NDArray[np.uint8], patches: Patches, origin: tuple[int, int]) -> NDArray[np.uint8]:
    """Of a raster (h, w, C) whose first pixel is at `origin` of the image."""
    height, width, channels = raster.shape
    count, side = len(patches), patches.full_px
    crops = np.zeros((count, side, side * channels), np.uint8)
    corners = patches.corners - np.add(origin, patches.padding_px)
    pasting.cut(raster.reshape(height, width * channels), corners, channels, crops)
    return crops.reshape(count, side, side, channels)


def _boundary(mask: PlacedMask, size: tuple[int, int], scheme: Scheme) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Boundary pixels of the image in raster order, (N, 2), and how many of 9 their minority is: 1..4, (N,)."""
    window, top, left = _grown(mask, size)
    if not window.any():
        return np.zeros((0, 2), np.int64), np.zeros(0, np.int8)
    # Beyond a side of the window that is not the image's, the zeros just added go on.
    border = cv2.BORDER_CONSTANT if scheme == "released" else cv2.BORDER_REPLICATE
    sums = cv2.boxFilter(window.view(np.uint8), -1, (3, 3), normalize=False, borderType=border)
    flat = np.flatnonzero((sums != 0) & (sums != 9))
    found = sums.ravel()[flat].astype(np.int8)
    rows, columns = np.divmod(flat, window.shape[1])
    return np.stack([rows + top, columns + left], axis=1), np.minimum(found, 9 - found)


def _grown(mask: PlacedMask, size: tuple[int, int]) -> PlacedMask:
    """The same mask in a window with 1 pixel more on each side that is not the image's."""
    window, top, left = mask
    bottom, right = top + window.shape[0], left + window.shape[1]
    if top < 0 or left < 0 or bottom > size[0] or right > size[1]:
        raise ValueError(f"a window of {window.shape} at ({top}, {left}); allowed: inside the image of {size}")
    above, before = min(top, 1), min(left, 1)
    shape = (window.shape[0] + above + min(size[0] - bottom, 1), window.shape[1] + before + min(size[1] - right, 1))
    if shape == window.shape:
        return mask
    grown = np.zeros(shape, np.bool_)
    grown[above : above + window.shape[0], before : before + window.shape[1]] = window
    return grown, top - above, left - before


def _thinned(pixels: NDArray[np.int64], size: tuple[int, int], parameters: PatchParameters) -> NDArray[np.int64]:
    """Centres of the squares that are left after greedy non-maximum suppression in the order given, (n, 2)."""
    if not len(pixels):
        return pixels
    side, half = parameters.size_px, parameters.size_px // 2
    released = parameters.scheme == "released"
    low = np.full(2, -_UNLIMITED if released else half)
    high = np.full(2, _UNLIMITED) if released else np.maximum(np.subtract(size, half), half)
    origin = pixels.min(axis=0)
    suppressed = np.zeros(pixels.max(axis=0) - origin + 1, np.bool_)
    kept = np.empty(len(pixels), np.int64)
    centres = np.stack([low - origin, high - origin], axis=1)
    reach = _reach(side, parameters.nms_threshold)
    count = suppression.keep(pixels - origin, reach, side if released else half, centres, suppressed, kept)
    return np.clip(pixels[kept[:count]], low, high)


@lru_cache(maxsize=8)
def _reach(side: int, threshold: float) -> NDArray[np.int64]:
    """Largest horizontal offset at which two squares overlap by more than the threshold, by their vertical offset."""
    offsets = np.arange(side + 1)
    common = np.multiply.outer(side - offsets, side - offsets).astype(np.float32)
    overlap = common / (np.float32(2 * side * side) - common)
    return np.asarray(np.count_nonzero(overlap > np.float32(threshold), axis=1) - 1, np.int64)


def _moved_inside(corners: NDArray[np.int64], size: tuple[int, int], side: int, scheme: Scheme) -> NDArray[np.int64]:
    """Corners of squares that lie inside the image, or at 0 where that is smaller than they are."""
    if scheme != "released":
        return np.clip(corners, 0, np.maximum(np.subtract(size, side), 0))
    # The released code moves a square that reaches the last row or column one pixel off it.
    return np.clip(corners, 0, np.subtract(size, side + 1))
