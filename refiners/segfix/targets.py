"""SegFix's ground truth from a label map: distance to the boundary, boundary, direction (Section 3.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels, void_of

Variant = Literal["released", "paper"]
"""Where the paper's text and the code released with it differ:

`released` (what the published numbers used): classes of fewer than 100 px in the image get distance 0 (the
released code for instances has no such limit, see `smallest_px`),
distances are cut at 250 px and truncated to whole pixels, the boundary is distance <= width (so what is
nearer than width + 1), directions come from a 5x5 kernel and are stored in steps of 2 degrees. That form
cannot say "none": where the gradient vanishes (on the ridge of an object two pixels wide, in classes of
distance 0) the direction is 0 degrees.
`paper`: every class, distances as they are, the boundary is distance < width, directions come from a 9x9
Sobel filter, and there is none where the gradient vanishes.
"""

SMALLEST_CLASS_PX = 100
LARGEST_DISTANCE_PX = 250
ANGLE_STEP_DEG = 2
VANISHING = 1e-4
"""Slopes below this are rounding; their directions would depend on the order of summation."""

FloatMap = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Targets of SegFix for one image, for training and for its oracle.

    Void pixels have distance 0, no boundary and no direction.

    Attributes:
        distance_px: float32 (H, W), to the nearest pixel of another label (void is one; the image border is
            not); infinite in a map of a single class.
        boundary: bool (H, W), the pixels to be refined.
        angle_deg: float32 (H, W), atan2(dy, dx) in [-180, 180] of the direction away from the boundary, y
            downwards; NaN where there is none.
    """

    distance_px: FloatMap
    boundary: NDArray[np.bool_]
    angle_deg: FloatMap


def targets_of_labels(
    labels: Labels,
    *,
    width_px: float = 5.0,
    variant: Variant = "released",
    smallest_px: int = SMALLEST_CLASS_PX,
) -> Targets:
    """Distance, boundary and direction maps of a label map: of classes, or of objects (Section 7.4).

    Each class has its own distance map (0 outside the class), which is filtered by itself; pixels beyond the
    image border count 0. All are then merged: at any pixel at most one is not 0.

    Args:
        labels: uint8 or int32 (H, W) with their void.
        width_px: gamma, how wide the boundary is; infinity makes every pixel of a class boundary.
        variant: `released` or `paper`.
        smallest_px: labels of fewer pixels get distance 0 in the variant `released`; its code for instances has 1.

    Raises:
        ValueError: width_px not above 0, or another variant.
    """
    require_definition(width_px, variant)
    targets = _released(labels, width_px, smallest_px) if variant == "released" else _paper(labels, width_px)
    void = labels == void_of(labels)
    targets.boundary[void] = False
    targets.angle_deg[void] = np.nan
    return targets


def require_definition(width_px: float, variant: Variant) -> None:
    """Raise the ValueError that `targets_of_labels` raises for these."""
    if not width_px > 0:
        raise ValueError(f"width_px is {width_px}; allowed: above 0")
    if variant not in get_args(Variant):
        raise ValueError(f"targets is {variant!r}; allowed: {', '.join(get_args(Variant))}")


def _released(labels: Labels, width_px: float, smallest_px: int) -> Targets:
    distance, gradient = _distance_and_gradient(labels, smallest_px, _inverse_distance_kernels(5))
    distance = np.trunc(np.minimum(distance, LARGEST_DISTANCE_PX))
    half_degrees = np.trunc((_angle(gradient, none=0.0) + 180) / ANGLE_STEP_DEG)
    return Targets(distance, distance <= width_px, half_degrees * ANGLE_STEP_DEG - 180)


def _paper(labels: Labels, width_px: float) -> Targets:
    distance, gradient = _distance_and_gradient(labels, 1, _sobel_kernels(9))
    near = (distance < width_px) | np.isinf(width_px)
    return Targets(distance, near, _angle(gradient, none=np.nan))


def _distance_and_gradient(
    labels: Labels, smallest_px: int, kernels: tuple[FloatMap, FloatMap]
) -> tuple[FloatMap, FloatMap]:
    """Distance (H, W) and its derivatives (2, H, W) along y and x, both 0 in void and in smaller classes."""
    distance = np.zeros(labels.shape, np.float32)
    gradient = np.zeros((2, *labels.shape), np.float32)
    for label in np.unique(labels):
        mask = (labels == label).view(np.uint8)
        if label == void_of(labels) or cv2.countNonZero(mask) < smallest_px:
            continue
        box = _box_with_margin(mask)
        inside = mask[box].view(np.bool_)
        if inside.all():  # no other label anywhere
            distance[box] = np.inf
            continue
        own = _inside_distance(mask[box])
        np.copyto(distance[box], own, where=inside)
        for axis, kernel in enumerate(kernels):
            slope = cv2.filter2D(own, cv2.CV_32F, kernel, borderType=cv2.BORDER_CONSTANT)
            np.copyto(gradient[axis][box], slope, where=inside)
    return distance, gradient


def _inside_distance(mask: NDArray[np.uint8]) -> FloatMap:
    """Euclidean distance to the nearest pixel off the mask."""
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    # OpenCV's roots may be off in the last digit; what they are roots of are whole numbers.
    return np.asarray(np.sqrt(np.rint(np.square(distance))))


def _box_with_margin(mask: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Bounding box and, inside the image, a margin of 1 px: a nearest pixel off the mask lies in it."""
    x, y, width, height = cv2.boundingRect(mask)
    return slice(max(y - 1, 0), y + height + 1), slice(max(x - 1, 0), x + width + 1)


def _angle(gradient: FloatMap, *, none: float) -> FloatMap:
    """atan2 in degrees; `none` where the gradient vanishes."""
    angle: FloatMap = np.degrees(np.arctan2(gradient[0], gradient[1]))
    angle[np.hypot(gradient[0], gradient[1]) < VANISHING] = none
    return angle


def _inverse_distance_kernels(size: int) -> tuple[FloatMap, FloatMap]:
    """Derivatives along y and x whose weights are coordinate / squared distance to the centre."""
    y, x = np.mgrid[:size, :size].astype(np.float32) - size // 2
    squared = y * y + x * x
    squared[size // 2, size // 2] = 1
    return y / squared, x / squared


def _sobel_kernels(size: int) -> tuple[FloatMap, FloatMap]:
    """The Sobel filter of that size: derivative along one axis, binomial smoothing along the other."""
    slope, smooth = cv2.getDerivKernels(1, 0, size, normalize=True, ktype=cv2.CV_32F)
    return np.outer(slope, smooth), np.outer(smooth, slope)
