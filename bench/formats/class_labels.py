"""Truth of several kinds as label maps of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segment_labels import as_labels, numbers
from boundary_bench.metrics.structures.segmentation import VOID, PanopticMap, SemanticMap


def class_labels(truth: SemanticMap | PanopticMap) -> Labels:
    """Training ids (H, W) and void: of panoptic truth, int32."""
    if isinstance(truth, SemanticMap):
        return truth.labels
    parts, categories = drawn_parts(truth, 0)
    return categories[parts]


def drawn_parts(truth: SemanticMap | PanopticMap, classes: int) -> tuple[Labels, NDArray[np.int32]]:
    """Labels that are drawn one by one, and the class of each."""
    if isinstance(truth, SemanticMap):
        return truth.labels, np.arange(classes, dtype=np.int32)
    own = numbers(len(truth.segments))
    categories = np.full(max(VOID, own.max(initial=0)) + 1, VOID, np.int32)
    categories[own] = truth.categories
    return as_labels(truth), categories
