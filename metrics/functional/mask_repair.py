"""What is wrong with a predicted mask, one kind of error after the other, and the mask with each of them mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.shifts import best_shift
from boundary_bench.metrics.structures.masks import Masks

KINDS = ("moved", "too_large", "too_small", "hole", "missing_part", "extra_part", "ragged")
"""In the order in which they are mended; after the last one, the mask is the true one."""

SMALL_DISK = 8
"""Up to this radius in px a dilation takes less time than a map of distances."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Repairs:
    """Errors of one predicted mask.

    Attributes:
        top, left: where the windows lie in the image.
        in_turn: kind -> bool (h, w), the mask after this kind and all before it were mended; only the kinds that the
            mask has.
        alone: kind -> bool (h, w), the mask after this one kind was mended; the same kinds.
        iou: mask IoU with the true mask before, and after each of `KINDS`, rising: float64 (8,).
        shift: (down, right) px, by how much the mask must be moved.
        grown_px: by how much it was dilated: above 0 too large, below 0 too small.
        pixels: int64 (7,), pixels that the repair of each of `KINDS` changes.
    """

    top: int
    left: int
    in_turn: Mapping[str, Mask]
    alone: Mapping[str, Mask]
    iou: NDArray[np.float64]
    shift: tuple[int, int]
    grown_px: int
    pixels: NDArray[np.int64]


def repairs_of(*, prediction: Masks, predicted_index: int, truth: Masks, true_index: int, band_px: int) -> Repairs:
    """Take the difference of a predicted and a true mask that share pixels apart into kinds of errors.

    Each kind is looked for in what the ones before it left:

    1. `moved`: the shift by whole pixels after which the two masks share most pixels, if they share more than before;
       of equal ones the shortest.
    2. `too_large`, `too_small`: the erosion or dilation by a disk of whole pixels that gives the highest IoU, if it is
       higher than before; of equal ones the smallest. The border of the image does not erode.
    3. `hole`: holes of the predicted mask that lie in the true one as a whole.
    4. `missing_part`: true pixels further than `band_px` from the predicted mask, with the missing ones within
       `band_px` of these; and pieces of the true mask that the predicted one does not touch.
    5. `extra_part`: predicted pixels further than `band_px` from the true mask, with the wrong ones within `band_px`
       of these; and pieces of the predicted mask that do not touch the true one.
    6. `ragged`: what is left, which lies within `band_px` of the other mask's boundary.

    Distances between pixels are Euclidean, those within a part are chessboard distances; pieces are 8-connected, holes
    4-connected.

    Args:
        prediction, truth: of one size.
        band_px: whole pixels, >= 1.
    """
    boxes = prediction.boxes[predicted_index], truth.boxes[true_index]
    tight = _around(boxes, 0, truth.size)
    dy, dx = best_shift(prediction.window(predicted_index, tight), truth.window(true_index, tight))
    moves = np.array([[0, 0, 0, 0], [dy, dx, dy, dx]])
    every = [*(boxes[0] + moves), *(boxes[1] - moves)]
    margin = 4
    while True:
        box = _around(every, margin, truth.size)
        before, true = prediction.window(predicted_index, box), truth.window(true_index, box)
        moved = _shifted(before, dy, dx)
        # A dilation that goes further than the true mask only adds errors.
        outside = _distance(moved)
        reach = int(outside[true].max())
        if reach < margin or box == (0, 0, *truth.size):
            return _Steps(before, true, band_px).taken(box, (dy, dx), outside)
        margin = reach + 1


class _Steps:
    """The repairs of one mask, within windows that hold all of them."""

    def __init__(self, before: Mask, true: Mask, band_px: int) -> None:
        self.before, self.true, self.band_px = before, true, band_px
        self.mask, self.shift = before, (0, 0)
        self.in_turn: dict[str, Mask] = {}
        self.alone: dict[str, Mask] = {}
        self.iou = [_iou(before, true)]
        self.pixels: list[int] = []

    def taken(self, box: tuple[int, int, int, int], shift: tuple[int, int], outside: NDArray[np.int64]) -> Repairs:
        """All of them in turn, given each pixel's distance to the moved mask."""
        self.shift = shift
        moved = _shifted(self.before, *shift)
        self._take("moved", moved, moved)
        levels = _levels(moved, outside)
        growth = self._growth(levels, int(outside[self.true].max()))
        self._grow("too_large", levels, min(growth, 0))
        self._grow("too_small", levels, max(growth, 0))
        self._add("hole", _holes(self.mask, self.true))
        self._add("missing_part", _parts(self.true, self.mask, self.band_px))
        self._remove("extra_part", _parts(self.mask, self.true, self.band_px))
        added, removed = (self._back(one) for one in (self.true & ~self.mask, self.mask & ~self.true))
        self._take("ragged", self.true, (self.before | added) & ~removed)
        pixels = np.array(self.pixels, np.int64)
        # A mask that must be eroded by r was too large by r.
        return Repairs(*box[:2], self.in_turn, self.alone, np.array(self.iou), shift, -growth, pixels)

    def _grow(self, kind: str, levels: NDArray[np.int64], by: int) -> None:
        if not by:
            self._take(kind, self.mask, self.before)
        else:
            mended = levels <= by
            self._take(kind, mended, mended if self.shift == (0, 0) else _grown(self.before, by))

    def _add(self, kind: str, part: Mask) -> None:
        if part.any():
            self._take(kind, self.mask | part, self.before | self._back(part))
        else:
            self._take(kind, self.mask, self.before)

    def _remove(self, kind: str, part: Mask) -> None:
        if part.any():
            self._take(kind, self.mask & ~part, self.before & ~self._back(part))
        else:
            self._take(kind, self.mask, self.before)

    def _take(self, kind: str, mended: Mask, alone: Mask) -> None:
        changed = 0 if mended is self.mask else int(np.count_nonzero(mended != self.mask))
        self.pixels.append(changed)
        if changed:
            self.in_turn[kind], self.alone[kind], self.mask = mended, alone, mended
        self.iou.append(_iou(mended, self.true) if changed else self.iou[-1])

    def _back(self, part: Mask) -> Mask:
        """Where pixels lie of the mask as it was predicted."""
        return _shifted(part, -self.shift[0], -self.shift[1])

    def _growth(self, levels: NDArray[np.int64], reach: int) -> int:
        """Pixels of dilation, at most `reach`, or less than 0 of erosion, that give the highest IoU."""
        lowest = int(levels.min())
        every = np.cumsum(np.bincount((levels - lowest).ravel()))
        shared = np.cumsum(np.bincount((levels - lowest)[self.true], minlength=len(every)))
        growths = lowest + np.arange(len(every))
        iou = np.where(growths <= reach, shared / (every + self.true.sum() - shared), 0.0)
        best = np.flatnonzero(iou == iou.max())
        return int(growths[best[np.argmin(np.abs(growths[best]))]])


def _around(
    boxes: list[NDArray[np.int64]] | tuple[NDArray[np.int64], ...], margin: int, size: tuple[int, int]
) -> tuple[int, int, int, int]:
    """The box around boxes, with a margin, inside the image."""
    every = np.stack(boxes)
    top, left = np.maximum(every[:, :2].min(axis=0) - margin, 0)
    bottom, right = np.minimum(every[:, 2:].max(axis=0) + margin, size)
    return int(top), int(left), int(bottom), int(right)


def _shifted(mask: Mask, dy: int, dx: int) -> Mask:
    """A mask moved down and right; what leaves the window is lost, as what leaves the image is."""
    if dy == dx == 0:
        return mask
    out = np.zeros_like(mask)
    height, width = mask.shape
    inside = mask[max(0, -dy) : height - max(0, dy), max(0, -dx) : width - max(0, dx)]
    out[max(0, dy) : height - max(0, -dy), max(0, dx) : width - max(0, -dx)] = inside
    return out


def _distance(mask: Mask) -> NDArray[np.int64]:
    """Distance of each pixel to the nearest one of a mask that is not empty, Euclidean, rounded up."""
    distance = cv2.distanceTransform((~mask).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    rounded: NDArray[np.int64] = np.ceil(distance).astype(np.int64)
    return rounded


def _levels(mask: Mask, outside: NDArray[np.int64]) -> NDArray[np.int64]:
    """The least growth at which each pixel is in a mask dilated by it (above 0) or eroded (below 0) by a disk."""
    return outside if mask.all() else np.where(mask, 1 - _distance(~mask), outside)


def _grown(mask: Mask, by: int) -> Mask:
    """A mask dilated (above 0) or eroded (below 0) by a disk."""
    if by > 0:
        return _distance(mask) <= by
    return mask if mask.all() else _distance(~mask) > -by


def _holes(mask: Mask, true: Mask) -> Mask:
    """Pixels of the holes of a mask that lie in the true one as a whole."""
    count, labels = cv2.connectedComponents((~mask).view(np.uint8), connectivity=4)
    if count <= 1:
        return np.zeros_like(mask)
    hole = np.ones(count, np.bool_)
    hole[labels[~true]] = False
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        hole[edge] = False
    hole[0] = False
    enclosed: Mask = hole[labels]
    return enclosed


def _parts(mask: Mask, other: Mask, band_px: int) -> Mask:
    """Parts of a mask beyond a band around the other one, with their roots, and pieces apart from the other one."""
    lacking = mask & ~other
    if not lacking.any():
        return lacking
    far = lacking & ~_near(other, band_px)
    square = np.ones((2 * band_px + 1, 2 * band_px + 1), np.uint8)
    part = lacking & cv2.dilate(far.view(np.uint8), square, borderValue=0).view(np.bool_)
    count, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=8)
    apart = np.ones(count, np.bool_)
    apart[labels[other]] = False
    apart[0] = False
    whole: Mask = part | apart[labels]
    return whole


def _near(mask: Mask, radius_px: int) -> Mask:
    """Pixels within a Euclidean distance of a mask."""
    if radius_px > SMALL_DISK:
        return _distance(mask) <= radius_px
    y, x = np.ogrid[-radius_px : radius_px + 1, -radius_px : radius_px + 1]
    disk = (y * y + x * x <= radius_px * radius_px).astype(np.uint8)
    near: Mask = cv2.dilate(mask.view(np.uint8), disk, borderValue=0).view(np.bool_)
    return near


def _iou(mask: Mask, true: Mask) -> float:
    return np.count_nonzero(mask & true) / np.count_nonzero(mask | true)
