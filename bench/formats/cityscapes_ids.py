"""Maps of instance ids, as Cityscapes stores them, as objects or as segments.

A pixel of an object holds label * 1000 + its number; one of anything else holds the label. A label of countable things
that stands alone is a group, whose members could not be told apart: crowd.
Source: cityscapesScripts, `json2instanceImg`, `instances2dict` and `createPanopticImgs`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from scipy import ndimage

from boundary_bench.bench.formats.raster.id_image import counted
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap

PER_LABEL = 1000


def label_of(value: int) -> int:
    """The label of an instance id."""
    return value // PER_LABEL if value >= PER_LABEL else value


def instances_from_ids(ids: Labels, classes: Mapping[int, int], void: Collection[int]) -> InstanceSet:
    """The objects of a map as a truth, by ascending id.

    Args:
        ids: (H, W), from 0 on.
        classes: label of countable things -> class 0..K-1; labels that are absent or below 0 are no objects.
        void: values of pixels that excuse what is predicted there.
    """
    values = counted(np.asarray(ids, np.int32))[0].tolist()
    chosen = [value for value in values if classes.get(label_of(value), -1) >= 0]
    nothing = [value for value in values if value in void]
    categories = np.array([classes[label_of(value)] for value in chosen], np.int64)
    crowd = np.array([value < PER_LABEL for value in chosen], np.bool_)
    excused = Masks.from_dense(ids.shape, [np.isin(ids, nothing)])
    return InstanceSet(masks_of_ids(ids, chosen), categories, crowd=crowd, ids=np.array(chosen, np.int64), void=excused)


def segments_from_ids(ids: Labels, classes: Mapping[int, int], things: Collection[int]) -> PanopticMap:
    """The segments of a map as a truth: one for each object and one for each label of anything else.

    Args:
        ids: (H, W), positive where something is scored; they become the segments' ids.
        classes: label -> class 0..K-1; pixels of labels that are absent or below 0 are void.
        things: labels of countable things, whose groups are crowd.
    """
    ids = np.asarray(ids, np.int32)
    values = counted(ids)[0].tolist()
    chosen = [value for value in values if classes.get(label_of(value), -1) >= 0]
    categories = np.array([classes[label_of(value)] for value in chosen], np.int64)
    crowd = np.array([value < PER_LABEL and value in things for value in chosen], np.bool_)
    kept = np.where(np.isin(ids, chosen), ids, np.int32(0))
    return PanopticMap(kept, np.array(chosen, np.int32), categories, crowd)


def masks_of_ids(ids: Labels, chosen: Sequence[int]) -> Masks:
    """The pixels of each of these ids, positive, each at least once in the map (H, W)."""
    if not chosen:
        return Masks.from_runs(ids.shape, [])
    # Numbered without gaps, so that one pass finds the box of each.
    top = max(chosen)
    table = np.zeros(top + 2, np.int32)
    table[list(chosen)] = np.arange(1, len(chosen) + 1)
    numbered = table[np.minimum(ids, top + 1)]
    boxes = ndimage.find_objects(numbered)
    windows = ((numbered[box] == number, box[0].start, box[1].start) for number, box in enumerate(boxes, start=1))
    return Masks.from_windows(ids.shape, windows)
