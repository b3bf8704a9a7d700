"""Directions as classes, and the integer steps they stand for (SegFix, Sections 3.2 and 3.3, Fig. 5a).

Angles are those of (dy, dx) steps: atan2(dy, dx) in degrees, y downwards, in [-180, 180]. Classes follow each
other by growing angle, starting at -180 degrees, in the order of the released networks' output channels.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Directions = Literal[4, 8, 16, 32, "4_axis"]
"""How the circle is divided. `4` has the four quadrants, whose steps are diagonal; all others are centred on
their steps, of which class 0 points left: `4_axis` has left, up, right, down; 8 adds the diagonals."""

ALLOWED: tuple[Directions, ...] = get_args(Directions)
LONGEST_PX = 1000
NO_DIRECTION = -1
"""Class of pixels that have no direction."""


def number_of_classes(directions: Directions) -> int:
    """How many direction classes m there are.

    Raises:
        ValueError: not one of `ALLOWED`.
    """
    if directions not in ALLOWED or isinstance(directions, bool):
        allowed = ", ".join(str(value) for value in ALLOWED)
        raise ValueError(f"directions is {directions!r}; allowed: {allowed}")
    return 4 if directions == "4_axis" else directions


def unit_px(directions: Directions) -> int:
    """Length of the shortest steps of whole pixels: 1 for m = 4 and 8, 2 for m = 16, 4 for m = 32.

    Lengths are the larger of |dy| and |dx|.
    """
    return max(1, number_of_classes(directions) // 8)


def offset_vectors(directions: Directions, scale_px: int | None = None) -> NDArray[np.int16]:
    """The steps (dy, dx) of all classes, all of one length, so that different m reach equally far.

    Args:
        directions: the division of the circle.
        scale_px: max(|dy|, |dx|) of every step, a multiple of `unit_px(directions)`; None takes `unit_px`,
            which gives the vectors of the released code.

    Returns:
        int16 (m, 2).

    Raises:
        ValueError: another division, or a scale that would not give whole pixels.
    """
    unit = unit_px(directions)
    scale = unit if scale_px is None else scale_px
    if not 1 <= scale <= LONGEST_PX or scale % unit:
        allowed = f"multiples of {unit} up to {LONGEST_PX}"
        raise ValueError(f"scale is {scale} px; allowed for {directions} directions: {allowed}")
    if directions == 4:
        return np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)], np.int16) * np.int16(scale)
    count = number_of_classes(directions)
    # Steps are evenly spaced points on the outline of a square; `4_axis` takes every other of its eight.
    position = np.arange(count) * (8 * unit // count)
    vectors = np.stack([-_triangle_wave(position, unit), -_triangle_wave(position + 2 * unit, unit)], axis=-1)
    return (vectors * (scale // unit)).astype(np.int16)


def direction_classes(angle_deg: NDArray[np.floating[Any]], directions: Directions) -> NDArray[np.int8]:
    """The class of each angle.

    A class that is centred on its step includes its upper limit but not its lower one; a quadrant (m = 4) the
    other way about, and 180 degrees belongs to the last one. So does the released code.

    Args:
        angle_deg: floating, any shape, in [-180, 180]; NaN where there is no direction.
        directions: the division of the circle.

    Returns:
        int8 of the same shape, 0..m-1, or `NO_DIRECTION` where the angle is NaN.
    """
    count = number_of_classes(directions)
    turn = (angle_deg + 180) / (360 / count)
    classes = np.minimum(np.floor(turn), count - 1) if directions == 4 else np.ceil(turn - 0.5) % count
    return np.where(np.isnan(classes), NO_DIRECTION, classes).astype(np.int8)


def classes_to_offsets(
    classes: NDArray[np.integer[Any]], directions: Directions, scale_px: int | None = None
) -> NDArray[np.int8] | NDArray[np.int16]:
    """The step of each pixel's class, (0, 0) where the class is `NO_DIRECTION`.

    Args:
        classes: integers (H, W), 0..m-1 or `NO_DIRECTION`.
        directions: the division of the circle.
        scale_px: length of the steps, as for `offset_vectors`.

    Returns:
        (H, W, 2), order (dy, dx); int8, or int16 for steps above 127 px.
    """
    vectors = offset_vectors(directions, scale_px)
    # NO_DIRECTION is -1: it picks the last row.
    table = np.concatenate([vectors, np.zeros((1, 2), np.int16)])
    return np.asarray(table.astype(np.int8)[classes] if abs(table).max() <= 127 else table[classes])


def _triangle_wave(position: NDArray[np.int64], radius: int) -> NDArray[np.int64]:
    """Clipped triangle of period 8 * radius: one coordinate of a walk around the square of that radius."""
    triangle = 2 * radius - np.abs((position + 2 * radius) % (8 * radius) - 4 * radius)
    return np.asarray(np.clip(triangle, -radius, radius))
