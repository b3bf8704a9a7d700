"""Objects and segments of some categories alone, so that only these are scored."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, StatedSizes

Objects = TypeVar("Objects", InstanceSet, PanopticMap)


def is_of(objects: InstanceSet | PanopticMap, categories: Set[int]) -> NDArray[np.bool_]:
    """Which objects or segments are of these categories, bool (N,)."""
    found: NDArray[np.bool_] = np.isin(objects.categories, sorted(categories))
    return found


def predicted_of(prediction: Objects, categories: Set[int]) -> Objects:
    """The predicted objects of these categories; pixels of other segments become void, which is no segment."""
    kept = is_of(prediction, categories)
    if kept.all():
        return prediction
    return _objects(prediction, kept) if isinstance(prediction, InstanceSet) else _segments(prediction, kept)


def true_of(truth: Objects, categories: Set[int]) -> Objects:
    """The true objects of these categories; segments of others stay where they are as crowd, so that none is missed.

    Were they void instead, predictions that cover them by mistake would be excused.
    """
    kept = is_of(truth, categories)
    if kept.all():
        return truth
    if isinstance(truth, InstanceSet):
        return _objects(truth, kept)
    return replace(truth, crowd=truth.crowd | ~kept)


def _objects(objects: InstanceSet, kept: NDArray[np.bool_]) -> InstanceSet:
    masks, stated = objects.masks.subset(np.flatnonzero(kept)), None
    if objects.stated is not None:
        stated = StatedSizes(masks, objects.stated.areas[kept], objects.stated.boxes[kept])
    columns = {name: getattr(objects, name)[kept] for name in ("categories", "crowd", "areas", "ids")}
    scores = None if objects.scores is None else objects.scores[kept]
    return replace(objects, masks=masks, scores=scores, stated=stated, **columns)


def _segments(segments: PanopticMap, kept: NDArray[np.bool_]) -> PanopticMap:
    ids = np.where(np.isin(segments.ids, segments.segments[kept]), segments.ids, 0).astype(np.int32)
    names = ("segments", "categories", "crowd", "scores", "hidden")
    columns = {name: getattr(segments, name)[kept] for name in names}
    return replace(segments, ids=ids, **columns)
