"""STEAL with true edges: how much the evolution of labels could gain at best."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap, Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap
from boundary_bench.refiners.steal.contour import Mask
from boundary_bench.refiners.steal.evidence import EDGE_WIDTH_PX, mask_edges
from boundary_bench.refiners.steal.moving import Moving, shows_moving


class StealOracle:
    """STEAL with true edges: how much its evolution could gain at best.

    Edges have probability 1 along the boundaries of each true class, segment or object, void included: what is unknown
    has an end as well. Crowds have no edges. Nor has a binary mask towards void: whether it ends there nobody knows.

    Args:
        width_px: how far edges reach to either side; below 2, contours leak through them at half resolution.
        moving: how labels move, see `boundary_bench.refiners.steal.moving.Moving`.

    Raises:
        ValueError: a value that is not allowed.
    """

    tasks: frozenset[Task] = ALL_KINDS

    @shows_moving
    def __init__(self, width_px: float = EDGE_WIDTH_PX, **moving: Any) -> None:
        if not width_px >= 1:
            raise ValueError(f"width_px is {width_px}; allowed: 1 or more")
        how = Moving(**moving)
        self.width_px, self.coarse, self._evolution = width_px, how.coarse, how.evolution()

    def refine_with_truth(
        self,
        image: NDArray[np.uint8],  # noqa: ARG002
        prediction: AnyMap,
        truth: AnyMap,
    ) -> AnyMap:
        """Labels in the dtype they came in.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        if prediction.size != truth.size:
            raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
        if isinstance(prediction, BinaryMask):
            return self._evolution.refined(prediction, self._binary_edges(truth)[None].astype(np.float32))
        classes = sorted({*_classes(prediction), *_classes(truth)})
        edges = np.zeros((max(1, len(classes)), *truth.size), np.float32)
        for category, mask in _true_masks(truth):
            edges[classes.index(category), mask_edges(mask, width_px=self.width_px)] = 1
        return self._evolution.refined(prediction, edges, classes)

    def _binary_edges(self, truth: BinaryMask) -> Mask:
        edges = mask_edges(truth.mask, width_px=self.width_px)
        if truth.void is None:
            return edges
        background = ~(truth.mask | truth.void)
        return (truth.mask & mask_edges(background, width_px=self.width_px)) | (background & edges)


def _classes(segmentation: AnyMap) -> list[int]:
    if isinstance(segmentation, SemanticMap):
        found: list[int] = np.unique(segmentation.labels[segmentation.labels != segmentation.void]).tolist()
        return found
    if isinstance(segmentation, BinaryMask):
        return []
    categories: list[int] = segmentation.categories.tolist()
    return categories


def _true_masks(truth: SemanticMap | InstanceSet | PanopticMap) -> Iterator[tuple[int, Mask]]:
    """Class and mask, bool (H, W), of each class, segment or object that is no crowd."""
    if isinstance(truth, SemanticMap):
        yield from ((category, truth.labels == category) for category in _classes(truth))
        return
    for index in np.flatnonzero(~truth.crowd).tolist():
        mask = truth.ids == truth.segments[index] if isinstance(truth, PanopticMap) else truth.masks.dense(index)
        yield int(truth.categories[index]), mask
