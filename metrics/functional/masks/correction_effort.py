"""Human correction effort: how many points and regions a person has to click to make a mask right."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.masks.contours import stretches
from boundary_bench.metrics.kernels.masks.skeleton import skeleton
from boundary_bench.metrics.kernels.masks.steps import grow_within
from boundary_bench.metrics.kernels.thinning import pack, unpack

Mask = NDArray[np.bool_]
Words = NDArray[np.uint64]


class Faults(NamedTuple):
    """What a person would correct: packed masks (H, words)."""

    extra: Words
    missing: Words
    right: Words


def correction_effort(prediction: Mask, truth: Mask, *, relax_px: int, epsilon_px: float) -> int:
    """Corners of the outlines of wrong regions, and wrong regions that lie apart.

    Args:
        prediction, truth: bool (H, W), C-contiguous.
        relax_px: errors that this many steps of erosion take away are forgiven, unless they break the skeleton of the
            truth.
        epsilon_px: how far outlines may be from the polygons whose corners are counted.

    Returns:
        0 where nothing is to be corrected.
    """
    faults = _faults(prediction, truth, relax_px)
    all_pixels = pack(np.ones_like(truth))
    wanted = grow_within(faults.right | faults.missing, all_pixels, 1)
    other = all_pixels & ~(faults.right | faults.extra | faults.missing)
    width = truth.shape[1]
    extra = _clicks(unpack(faults.extra, width), unpack(wanted, width), epsilon_px)
    unwanted = grow_within(other, all_pixels, 1)
    return extra + _clicks(unpack(faults.missing, width), unpack(unwanted, width), epsilon_px)


def _faults(prediction: Mask, truth: Mask, relax_px: int) -> Faults:
    """The errors that are left when those near the border of the object are forgiven."""
    found, true, neither = pack(prediction), pack(truth), pack(~(prediction | truth))
    all_pixels = found | true | neither
    inner = all_pixels & ~grow_within(neither, all_pixels, relax_px)
    extra, missing = found & ~true, true & ~found
    left_extra = extra & grow_within(extra & inner, all_pixels & ~true, relax_px)
    left_missing = missing & grow_within(missing & inner, all_pixels & ~found, relax_px)
    broken = pack(skeleton(truth)) & ~found
    return Faults(left_extra, left_missing | broken, found & true)


def _clicks(mask: Mask, condition: Mask, epsilon_px: float) -> int:
    """Corners of the stretches of outlines on the condition, and regions that have none of those."""
    contours, hierarchy = cv2.findContours(mask.view(np.uint8), cv2.RETR_TREE, cv2.CHAIN_APPROX_NONE)
    if not contours:
        return 0
    ends = np.cumsum([len(contour) for contour in contours])
    points, bounds, held = stretches(np.concatenate(contours)[:, 0], ends, condition.view(np.uint8))
    lone = [end - start == 1 for start, end in bounds.tolist()]
    corners = sum(
        1 if alone else len(cv2.approxPolyDP(points[start:end, None], epsilon_px, False))
        for alone, (start, end) in zip(lone, bounds.tolist(), strict=True)
    )
    return corners + _apart(hierarchy[0, :, 3], held)


def _apart(parents: NDArray[np.int32], held: Mask) -> int:
    """Regions on none of whose contours the condition holds: neither the outer one nor those of holes.

    Args:
        parents: int32 (C,), the contour around each, -1 for none; holes and regions follow each other inwards.
        held: bool (C,).
    """
    inside = np.zeros(len(parents), np.bool_)
    touched = np.zeros(len(parents), np.bool_)
    for contour, parent in enumerate(parents.tolist()):
        inside[contour] = parent >= 0 and not inside[parent]
        touched[parent if inside[contour] else contour] |= held[contour]
    return int(np.count_nonzero(~inside & ~touched))
