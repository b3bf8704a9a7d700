"""Areas that files state: whether they can be those of the masks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.coco.faults import AREA_OF_BOX, NO_AREA, OTHER_AREA, Tally

if TYPE_CHECKING:
    from boundary_bench.bench.formats.coco.objects import ObjectRecord

NEARLY_ALL: Final = 0.95
SAME: Final = 0.01
"""By what ratio two areas may differ that are the same: files round them."""


def areas_are_of_boxes(records: Iterable[ObjectRecord]) -> bool:
    """Whether the areas of a file are those of its boxes for nearly all objects that fill their box less than wholly.

    Converters do so. A true area of that size is no mistake in a rectangle, so that rectangles say nothing.
    """
    same = other = 0
    for record in records:
        if record.crowd or not record.area or not record.box:
            continue
        if abs(record.area - record.box) > SAME * max(record.area, record.box):
            other += 1
        elif not _is_rectangle(record.segmentation, record.box):
            same += 1
    return same > 0 and same >= NEARLY_ALL * (same + other)


def sizes_of(
    records: Sequence[ObjectRecord],
    pixels: NDArray[np.float64],
    perimeters: NDArray[np.float64],
    tally: Tally,
    *,
    of_boxes: bool,
) -> NDArray[np.float64]:
    """Areas that size ranges go by: those annotated, but where these cannot be the masks' the masks' pixels.

    Args:
        records: objects of an image.
        pixels: float64 (N,), of their masks.
        perimeters: float64 (N,), of their polygons.
        tally: counts areas that are not taken.
        of_boxes: none is taken, see `areas_are_of_boxes`.
    """
    stated = np.array([np.nan if record.area is None else record.area for record in records], np.float64)
    crowd = np.array([record.crowd for record in records], np.bool_)
    given = np.nan_to_num(stated, nan=-1.0) > 0
    # Areas are those of polygons, not of pixels, and of crowds estimates: far off means of something else.
    allowed = np.maximum(stated, pixels) / 2 + perimeters / 2
    far = given & ~crowd & (np.abs(np.where(given, stated, pixels) - pixels) > np.where(given, allowed, 0))
    for place in np.flatnonzero(~given & (pixels > 0) | far | (given & of_boxes & (stated != pixels))).tolist():
        record = records[place]
        if not given[place]:
            tally.add(NO_AREA, record.name)
        else:
            found = f"{record.name}: {stated[place]:g} for {pixels[place]:g} px"
            tally.add(AREA_OF_BOX if of_boxes else OTHER_AREA, found)
    return np.where(given & ~far & (not of_boxes), stated, pixels)


def box_area(box: Any) -> float | None:
    """Width times height of COCO's `bbox`, in px; None where it is none."""
    try:
        _, _, width, height = box
        area = float(width) * float(height)
    except (TypeError, ValueError, OverflowError):
        return None
    return area if math.isfinite(area) else None


def _is_rectangle(segmentation: Any, box: float) -> bool:
    """Whether an object is one polygon as large as its box. Codes are not looked into."""
    if not isinstance(segmentation, list) or len(segmentation) != 1 or not isinstance(segmentation[0], list):
        return False
    try:
        x, y = np.asarray(segmentation[0], np.float64).reshape(-1, 2).T
    except (TypeError, ValueError, OverflowError):
        return False
    area = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
    return abs(area - box) <= SAME * box
