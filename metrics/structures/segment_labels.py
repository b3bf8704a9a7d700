"""Panoptic maps as label maps and back: each segment is a label of its own, its place in the list of segments."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segmentation import PanopticMap

_VOID = -1
"""Void of int32 label maps; as an index, the last entry of a table."""


def as_labels(segmentation: PanopticMap) -> NDArray[np.int32]:
    """A panoptic map as labels, int32 (H, W): each segment its place among the segments, 0..S-1; void -1."""
    order = np.argsort(segmentation.segments)
    places = np.searchsorted(segmentation.segments[order], segmentation.ids)
    table = np.append(order, _VOID).astype(np.int32)
    return np.where(segmentation.ids == 0, np.int32(_VOID), table[places])


def with_labels(segmentation: PanopticMap, labels: Labels) -> PanopticMap:
    """The inverse of `as_labels`, for labels whose pixels went to other segments; empty segments are left out."""
    count = len(segmentation.segments)
    ids = np.append(segmentation.segments, np.int32(0))
    left = np.bincount(labels.ravel() + 1, minlength=count + 1)[1:] > 0
    return PanopticMap(
        ids[labels],
        segmentation.segments[left],
        segmentation.categories[left],
        segmentation.crowd[left],
        segmentation.scores[left],
    )
