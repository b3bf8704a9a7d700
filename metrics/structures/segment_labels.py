"""Panoptic maps as label maps and back: each segment is a label of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segmentation import VOID, PanopticMap


def as_labels(segmentation: PanopticMap) -> NDArray[np.int32]:
    """A panoptic map as labels, int32 (H, W): each segment its number, see `numbers`; void 255."""
    order = np.argsort(segmentation.segments)
    places = np.searchsorted(segmentation.segments[order], segmentation.ids)
    table = np.append(numbers(len(order))[order], VOID).astype(np.int32)
    return np.where(segmentation.ids == 0, np.int32(VOID), table[places])


def with_labels(segmentation: PanopticMap, labels: Labels) -> PanopticMap:
    """The inverse of `as_labels`, for labels whose pixels went to other segments; empty segments are left out."""
    own = numbers(len(segmentation.segments))
    ids = np.zeros(max(VOID + 1, len(own) + 2), np.int32)
    ids[own] = segmentation.segments
    left = np.bincount(labels.ravel(), minlength=len(ids))[own] > 0
    return PanopticMap(
        ids[labels],
        segmentation.segments[left],
        segmentation.categories[left],
        segmentation.crowd[left],
        segmentation.scores[left],
    )


def numbers(count: int) -> NDArray[np.int32]:
    """Labels of that many segments: 0, 1, 2 and so on without 255, which is void; int32 (count,)."""
    places = np.arange(count, dtype=np.int32)
    return np.asarray(places + (places >= VOID), dtype=np.int32)
