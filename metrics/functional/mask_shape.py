"""Perimeter and elongation of masks, from their spans."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.mask_iou import Spans, shared_pixels, spans_of
from boundary_bench.metrics.functional.statistics import divide
from boundary_bench.metrics.structures.masks import Masks


@remembered
def perimeters_of(masks: Masks) -> NDArray[np.int64]:
    """Sides of pixels between each mask and its outside, int64 (N,), px; 0 for an empty mask.

    Sides along the border of the image count, for the outside of the image is outside of every mask; so do those of
    holes.
    """
    height = masks.size[0]
    whole = spans_of(masks)
    every = np.arange(len(masks))
    # Positions go down the columns, so the right neighbour of a pixel lies one height further.
    beside = shared_pixels(whole, Spans(whole.edges + height, whole.starts, whole.areas), every, every)
    return 4 * whole.areas - 2 * beside - 2 * (whole.areas - _columns(whole, height))


def thinness_of(masks: Masks) -> NDArray[np.float64]:
    """A quarter of the perimeter by the root of the area: float64 (N,), NaN for an empty mask.

    This is the shape index of raster patches (Patton, Wildlife Society Bulletin 1975; `SHAPE` of FRAGSTATS, McGarigal
    and Marks 1995). It is 1 for a square of any size, a single pixel included, never less, and grows as a mask gets
    thinner, more winding or more ragged: a bar of 1 x 16 px has 2.125. Counting sides of pixels makes it exact for the
    smallest masks; a shape that is turned by 45 degrees has up to 1.41 times as much.
    """
    quarter = perimeters_of(masks) / 4
    return divide(quarter, np.sqrt(masks.areas.astype(np.float64)))


def _columns(spans: Spans, height: int) -> NDArray[np.int64]:
    """Runs within single columns of each mask, int64 (N,): a span may go on from one column into the next."""
    first, last = spans.edges[::2] // height, (spans.edges[1::2] - 1) // height
    totals = np.concatenate([[0], np.cumsum(last - first + 1)])
    counted: NDArray[np.int64] = np.diff(totals[spans.starts // 2]).astype(np.int64)
    return counted
