"""Offset maps: made from ground truth, and applied by an integer gather (SegFix, Section 3.1, Eq. 1)."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.refiners.segfix.directions import NO_DIRECTION, Directions, classes_to_offsets, direction_classes
from boundary_bench.refiners.segfix.targets import Targets, Variant, targets_of_labels

Offsets = NDArray[np.int8] | NDArray[np.int16]
"""(H, W, 2): (dy, dx) from each pixel to the pixel whose label it takes; (0, 0) where nothing changes."""

WORD_BYTES = 8
MAX_STEPS = 16


def targets_to_offsets(targets: Targets, directions: Directions = 8, scale_px: int | None = None) -> Offsets:
    """Steps of the boundary pixels along their directions, away from the boundary.

    Args:
        targets: ground truth of one image.
        directions: the division of the circle.
        scale_px: length of the steps; None takes the shortest of whole pixels (`directions.unit_px`).

    Returns:
        int8 (H, W, 2), or int16 for steps above 127 px. (0, 0) off the boundary and where there is no
        direction.

    Raises:
        ValueError: a scale that does not give whole pixels.
    """
    classes = np.full(targets.boundary.shape, NO_DIRECTION, np.int8)
    classes[targets.boundary] = direction_classes(targets.angle_deg[targets.boundary], directions)
    return classes_to_offsets(classes, directions, scale_px)


def offsets_of_labels(
    labels: Labels,
    *,
    directions: Directions = 8,
    width_px: float = 5.0,
    targets: Variant = "released",
) -> NDArray[np.int8]:
    """Ground-truth offsets of a label map, in the shortest steps of whole pixels.

    Args:
        labels: uint8 or int32 (H, W) with their void.
        directions: the division of the circle.
        width_px: how wide the boundary is (gamma).
        targets: `released` or `paper`, see `targets.Variant`.

    Returns:
        int8 (H, W, 2), order (dy, dx); (0, 0) in void and off the boundary.

    Raises:
        ValueError: parameters outside what is allowed.
    """
    found = targets_of_labels(labels, width_px=width_px, variant=targets)
    return targets_to_offsets(found, directions).astype(np.int8, copy=False)


def apply_offsets(labels: Labels, offsets: Offsets, *, scale: int = 1) -> Labels:
    """Give each pixel the label found at the end of its offset: new(p) = old(p + scale * offset(p)).

    What points out of the image takes the nearest pixel inside it. Every label of the result is one of the
    input.

    Args:
        labels: uint8 or int32 (H, W).
        offsets: int8 or int16 (H, W, 2).
        scale: factor on all offsets.

    Returns:
        The new labels, same dtype.

    Raises:
        TypeError: offsets of another dtype.
        ValueError: offsets of another size, or a scale below 1.
    """
    if scale < 1:
        raise ValueError(f"scale is {scale}; allowed: at least 1")
    source, steps = _checked(labels, offsets)
    refined = source.copy()
    flat = steps.reshape(-1)
    words = flat[: flat.nbytes // WORD_BYTES * WORD_BYTES // flat.itemsize].view(np.uint64)
    _gather(source.reshape(-1), flat, words, len(source), scale, refined.reshape(-1))
    return refined


def apply_until_interior(
    labels: Labels, offsets: Offsets, boundary: NDArray[np.bool_], *, max_steps: int = MAX_STEPS
) -> Labels:
    """Give each boundary pixel the label of the first interior pixel that following the offsets leads to.

    The second scheme of Section 3.1. A path ends without success on a boundary pixel that has no offset, at
    the image border, or after `max_steps`; it then has gone round in circles, as in objects too thin to have
    an interior. Such a pixel takes the label at the end of its path.

    Args:
        labels: uint8 or int32 (H, W).
        offsets: int8 or int16 (H, W, 2).
        boundary: bool (H, W); False marks interior pixels, which keep their labels.
        max_steps: longest path.

    Returns:
        The new labels, same dtype.

    Raises:
        TypeError: offsets of another dtype.
        ValueError: arrays of different sizes, or max_steps below 1.
    """
    source, steps = _checked(labels, offsets)
    if boundary.shape != labels.shape:
        raise ValueError(f"boundary has shape {boundary.shape}; allowed: that of the labels, {labels.shape}")
    if max_steps < 1:
        raise ValueError(f"max_steps is {max_steps}; allowed: at least 1")
    refined = source.copy()
    _walk(source, steps, np.ascontiguousarray(boundary), max_steps, refined)
    return refined


def _checked(labels: Labels, offsets: Offsets) -> tuple[Labels, Offsets]:
    if offsets.dtype not in (np.int8, np.int16):
        raise TypeError(f"offsets are {offsets.dtype}; allowed: int8 or int16")
    if offsets.shape != (*labels.shape, 2):
        raise ValueError(f"offsets have shape {offsets.shape}; allowed: {(*labels.shape, 2)}, as the labels")
    return cast(Labels, np.ascontiguousarray(labels)), cast(Offsets, np.ascontiguousarray(offsets))


@njit(cache=True, nogil=True)
def _gather(labels: Any, steps: Any, words: Any, height: int, scale: int, refined: Any) -> None:
    """Most offsets are 0: look at them eight bytes at a time, and only at pixels of words that are not.

    All arrays are flat. Indices are made unsigned, which spares the test for negative ones.
    """
    width = len(labels) // height
    per_word = WORD_BYTES // (2 * steps.itemsize)
    y, row_end = 0, width
    for word in range(len(words) + 1):
        if word < len(words) and words[word] == 0:
            continue
        first = word * per_word
        last = first + per_word if word < len(words) else len(labels)
        for pixel in range(first, last):
            while pixel >= row_end:
                y, row_end = y + 1, row_end + width
            x = pixel - row_end + width
            from_y = min(max(y + scale * steps[np.uint64(2 * pixel)], 0), height - 1)
            from_x = min(max(x + scale * steps[np.uint64(2 * pixel + 1)], 0), width - 1)
            refined[np.uint64(pixel)] = labels[np.uint64(from_y * width + from_x)]


@njit(cache=True, nogil=True)
def _walk(labels: Any, offsets: Any, boundary: Any, max_steps: int, refined: Any) -> None:
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            at_y, at_x = y, x
            for _ in range(max_steps):
                if not boundary[at_y, at_x]:
                    break
                next_y = min(max(at_y + offsets[at_y, at_x, 0], 0), height - 1)
                next_x = min(max(at_x + offsets[at_y, at_x, 1], 0), width - 1)
                if next_y == at_y and next_x == at_x:
                    break
                at_y, at_x = next_y, next_x
            refined[y, x] = labels[at_y, at_x]
