"""Confusion matrices of label maps, and overlap of classes from them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.geometry import as_uint8, require_same_size
from boundary_bench.metrics.functional.statistics import (
    divide,
)
from boundary_bench.metrics.kernels.counting import joint_counts
from boundary_bench.metrics.structures.labels import Labels


def confusion_matrix(*, prediction: Labels, truth: Labels, classes: int) -> NDArray[np.int64]:
    """Pixels by true and predicted class.

    Args:
        prediction: uint8 or int32 (H, W).
        truth: uint8 or int32 (H, W); its void pixels are not counted.
        classes: number of classes K.

    Returns:
        int64 (K, K + 1); rows are the truth, columns the prediction, the last column predictions that are no class.

    Raises:
        ValueError: maps of two sizes.
    """
    require_same_size(prediction, truth)
    # What is no class is summed up here, so that uint8 maps are counted as they stand.
    counts = joint_counts(as_uint8(truth), as_uint8(prediction))[:classes]
    return np.concatenate([counts[:, :classes], counts[:, classes:].sum(axis=1, keepdims=True)], axis=1)


def intersection_over_union(confusion: NDArray[Any]) -> NDArray[np.float64]:
    """Class IoU of confusion matrices (..., K, K + 1): float64 (..., K); NaN for a class absent from both maps."""
    counts = np.asarray(confusion, dtype=np.float64)
    square = counts[..., :-1]
    correct = np.diagonal(square, axis1=-2, axis2=-1)
    union = counts.sum(axis=-1) + square.sum(axis=-2) - correct
    return divide(correct.copy(), union)
