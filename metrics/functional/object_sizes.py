"""Areas that decide in which range of sizes an object is: tools differ in which they take."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet

SizeSource = Literal["annotated", "mask", "file", "box"]
"""`annotated`: of a truth its annotated areas, as far as they can be those of its masks; of a prediction its masks'.
`mask`: those of the masks on both sides. `file`: of a truth what its file states, whatever that is; of a prediction its
masks'. `box`: of a truth what its file states; of a prediction those of its boxes, as pycocotools' `loadRes` takes them
from files that have boxes."""

DESCRIPTIONS: dict[SizeSource, str] = {
    "annotated": "annotated areas of true objects where they can be those of their masks, else the masks'; mask areas "
    "of predictions",
    "mask": "mask areas on both sides",
    "file": "areas of true objects as their file states them; mask areas of predictions",
    "box": "areas of true objects as their file states them; box areas of predictions (pycocotools' loadRes)",
}


def object_sizes(
    prediction: InstanceSet, truth: InstanceSet, source: SizeSource
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Areas of predicted objects, float64 (N,), and of true ones, float64 (G,), in px.

    Where a file states no size, and for predictions whose masks were refined, the sizes are those of the masks and of
    the boxes around them.
    """
    if source == "annotated":
        return prediction.areas, truth.areas
    masks = truth.masks.areas.astype(np.float64)
    if source == "mask":
        return prediction.areas, masks
    stated = masks if truth.stated is None else _known(truth.stated.areas, masks)
    if source == "file":
        return prediction.areas, stated
    around = _box_areas(prediction.masks)
    return around if prediction.stated is None else _known(prediction.stated.boxes, around), stated


def _known(stated: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.isnan(stated), otherwise, stated)


def _box_areas(masks: Masks) -> NDArray[np.float64]:
    boxes = masks.boxes.astype(np.float64)
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
