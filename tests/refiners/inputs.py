"""What a refiner is tested on, for each kind of segmentation: prediction, truth and image, drawn or all the same."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import (
    InstanceSet,
    PanopticMap,
    Segmentation,
    SemanticMap,
    Task,
)
from tests.strategies import CLASSES, binary_masks, images, instance_sets, label_maps, panoptic_maps, semantic_maps
from tests.void import VOID

KINDS: tuple[Task, ...] = ("semantic", "instance", "panoptic", "binary")
TYPES = {"semantic": SemanticMap, "instance": InstanceSet, "panoptic": PanopticMap, "binary": BinaryMask}


@st.composite
def inputs(
    draw: DrawFn, task: Task, size: tuple[int, int], dtypes: tuple[type, ...] = (np.uint8, np.int32)
) -> tuple[NDArray[np.uint8], Segmentation, Segmentation]:
    """Image, prediction and truth, whose arrays cannot be written to; label maps of one of the types."""
    prediction: Segmentation
    truth: Segmentation
    if task == "semantic":
        prediction = draw(semantic_maps(size, dtypes=dtypes))
        truth = SemanticMap(draw(label_maps(size, dtypes=(prediction.labels.dtype.type,))))
    elif task == "instance":
        prediction, truth = draw(instance_sets(size)), draw(instance_sets(size, scored=False))
    elif task == "binary":
        prediction, truth = draw(binary_masks(size)), draw(binary_masks(size, true=True))
    else:
        prediction, truth = draw(panoptic_maps(size)), draw(panoptic_maps(size, crowd=True))
    shown = truth.labels if isinstance(truth, SemanticMap) else draw(label_maps(size))
    image = draw(images(shown))
    for array in [image, *arrays(prediction), *arrays(truth)]:
        base = array if array.base is None else array.base
        # The arrays themselves, not only the views that a map keeps: `contents` shows any write.
        if isinstance(base, np.ndarray):
            base.flags.writeable = False
    return image, prediction, truth


def arrays(segmentation: Segmentation) -> list[NDArray[np.generic]]:
    if isinstance(segmentation, SemanticMap):
        columns = [segmentation.labels, segmentation.probabilities]
    elif isinstance(segmentation, BinaryMask):
        columns = [segmentation.mask, segmentation.probabilities, segmentation.void]
    elif isinstance(segmentation, InstanceSet):
        masks = segmentation.masks
        columns = [masks.counts, masks.starts, segmentation.categories, segmentation.scores]
        columns += [segmentation.crowd, segmentation.areas, segmentation.ids]
    else:
        columns = [segmentation.ids, segmentation.segments, segmentation.categories]
        columns += [segmentation.crowd, segmentation.scores]
    return [column for column in columns if column is not None]


def contents(*segmentations: Segmentation) -> list[bytes]:
    return [array.tobytes() for one in segmentations for array in arrays(one)]


def one_label(task: Task, size: tuple[int, int]) -> Segmentation:
    """A class, an object or a segment that fills the image."""
    if task == "semantic":
        return SemanticMap(np.ones(size, np.uint8), np.full((CLASSES, *size), 1 / CLASSES, np.float32))
    if task == "instance":
        return InstanceSet(Masks.from_dense(size, [np.ones(size, np.bool_)]), np.array([1]), np.ones(1))
    if task == "binary":
        return BinaryMask(np.ones(size, np.bool_))
    return PanopticMap(np.full(size, 7, np.int32), np.array([7], np.int32), np.array([1]))


def nothing(task: Task, size: tuple[int, int]) -> Segmentation:
    """Void, no objects, no segments."""
    if task == "semantic":
        return SemanticMap(np.full(size, VOID, np.uint8), np.full((CLASSES, *size), 1 / CLASSES, np.float32))
    if task == "instance":
        return InstanceSet(Masks.from_dense(size, []), np.zeros(0, np.int64), np.zeros(0))
    if task == "binary":
        return BinaryMask(np.zeros(size, np.bool_))
    return PanopticMap(np.zeros(size, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64))
