"""One refiner of label maps for all kinds of segmentation: what objects, masks and panoptic maps are to it.

A panoptic map is one label map: its segments are numbered in their order, so that what prefers the smaller of two
labels prefers the earlier segment, and void stays void. A set of objects is as many label maps as it has masks, each
of background 0 and object 1 on a window of the image: masks may overlap and are refined one by one. A binary mask is
one such object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap, Task

SEMANTIC: frozenset[Task] = frozenset({"semantic"})
ALL_KINDS: frozenset[Task] = frozenset({"semantic", "instance", "panoptic", "binary"})

AnyMap = TypeVar("AnyMap", SemanticMap, InstanceSet, PanopticMap, BinaryMask)

Window = tuple[slice, slice]
"""Rows and columns of an image."""

WHOLE: Window = (slice(None), slice(None))

OfLabels = Callable[[Labels, Window], Labels]
"""From the labels (h, w) of a window of the image to new ones of the same shape and dtype."""


def refined(prediction: AnyMap, of_labels: OfLabels, *, margin_px: int) -> AnyMap:
    """A prediction refined by what refines labels; their dtype tells void, see `labels.void_of`.

    Args:
        prediction: any kind. Probabilities are dropped.
        of_labels: is given a semantic or a panoptic map as a whole, each mask in a window; no binary mask that is
            empty or fills the image, which stay as they are.
        margin_px: from each mask's box to the border of its window; cut off at the image border. With a margin that
            reaches as far as `of_labels` looks and acts, a mask comes out as it would in the whole image.

    Returns:
        The same kind. Of objects, everything but masks and areas is kept, and a mask that becomes empty stays in its
        place. Of a panoptic map, segments that lost all their pixels are left out. A binary mask is hard.
    """
    if isinstance(prediction, BinaryMask):
        return _refined_binary(prediction.mask, of_labels, margin_px)
    if isinstance(prediction, InstanceSet):
        windows = (_refined_mask(prediction, index, of_labels, margin_px) for index in range(len(prediction)))
        return with_masks(prediction, windows)
    if isinstance(prediction, PanopticMap):
        return with_labels(prediction, of_labels(as_labels(prediction), WHOLE))
    return SemanticMap(of_labels(prediction.labels, WHOLE))


def with_masks(objects: InstanceSet, windows: Iterator[tuple[NDArray[np.bool_], int, int]]) -> InstanceSet:
    """The same objects with other masks, each bool (h, w) at (top, left), and with the areas of these."""
    return InstanceSet(
        objects.masks.from_windows(objects.size, windows),
        objects.categories,
        objects.scores,
        objects.crowd,
        ids=objects.ids,
        void=objects.void,
        federated=objects.federated,
    )


def is_uniform(mask: NDArray[np.bool_]) -> bool:
    """Whether a mask is empty or fills the image, so that it has no boundary to refine."""
    return bool(mask.all() or not mask.any())


def window_of(mask: NDArray[np.bool_], margin_px: int) -> Window:
    """The box of a mask that is not empty, bool (H, W), with a margin that ends at the image border."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return (
        slice(max(int(rows[0]) - margin_px, 0), int(rows[-1]) + 1 + margin_px),
        slice(max(int(columns[0]) - margin_px, 0), int(columns[-1]) + 1 + margin_px),
    )


def grown_box(objects: InstanceSet, index: int, margin_px: int) -> tuple[int, int, int, int]:
    """(top, left, bottom, right), ends exclusive, of a mask's box with a margin that ends at the image border."""
    height, width = objects.size
    top, left, bottom, right = objects.masks.boxes[index].tolist()
    return (
        max(top - margin_px, 0),
        max(left - margin_px, 0),
        min(bottom + margin_px, height),
        min(right + margin_px, width),
    )


def mask_within(objects: InstanceSet, index: int, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The part of a mask that lies in a box, bool (h, w)."""
    top, left, bottom, right = box
    part = np.zeros((bottom - top, right - left), np.bool_)
    own_top, own_left, own_bottom, own_right = objects.masks.boxes[index].tolist()
    first_row, last_row = max(top, own_top), min(bottom, own_bottom)
    first_column, last_column = max(left, own_left), min(right, own_right)
    if first_row < last_row and first_column < last_column:
        own = objects.masks.window(index)
        common = own[first_row - own_top : last_row - own_top, first_column - own_left : last_column - own_left]
        part[first_row - top : last_row - top, first_column - left : last_column - left] = common
    return part


def _refined_binary(mask: NDArray[np.bool_], of_labels: OfLabels, margin_px: int) -> BinaryMask:
    if is_uniform(mask):
        return BinaryMask(mask)
    window = window_of(mask, margin_px)
    found = np.zeros(mask.shape, np.bool_)
    found[window] = of_labels(np.ascontiguousarray(mask[window]).view(np.uint8), window) == 1
    return BinaryMask(found)


def _refined_mask(
    objects: InstanceSet, index: int, of_labels: OfLabels, margin_px: int
) -> tuple[NDArray[np.bool_], int, int]:
    if objects.masks.areas[index] == 0:
        return objects.masks.window(index), 0, 0
    top, left, bottom, right = box = grown_box(objects, index, margin_px)
    mask = objects.masks.window(index, box).view(np.uint8)
    refined_labels = of_labels(mask, (slice(top, bottom), slice(left, right)))
    return refined_labels == 1, top, left
