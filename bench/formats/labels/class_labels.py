"""Truth of several kinds as label maps of classes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.metrics.structures.segment_labels import as_labels
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap


def class_labels(truth: SemanticMap | PanopticMap) -> Labels:
    """Training ids (H, W) and void: of panoptic truth, int32."""
    if isinstance(truth, SemanticMap):
        return truth.labels
    # Void, -1, takes the last entry.
    return np.append(truth.categories, -1).astype(np.int32)[as_labels(truth)]


def drawn_parts(truth: SemanticMap | PanopticMap, classes: int) -> tuple[Labels, NDArray[np.int32]]:
    """Labels that are drawn one by one, void among them, and the class of each of the others."""
    if isinstance(truth, SemanticMap):
        return truth.labels, np.arange(classes, dtype=np.int32)
    return as_labels(truth), truth.categories.astype(np.int32)
