"""Overlap of two label maps class by class: pixels in both, in the truth, in the prediction."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.label_codes import (
    Codes,
    label_codes,
    loose_codes,
    no_class,
    void_where_true_void,
)
from boundary_bench.metrics.functional.statistics import divide
from boundary_bench.metrics.kernels.counting import joint_counts
from boundary_bench.metrics.structures.labels import Labels


class Overlap(NamedTuple):
    """Pixels by class, (..., K): int64 of one pair of maps, or float64 where images are weighted.

    Attributes:
        both: pixels of the class in truth and prediction.
        true: pixels of the class in the truth.
        predicted: pixels of the class in the prediction.
    """

    both: NDArray[Any]
    true: NDArray[Any]
    predicted: NDArray[Any]


def class_overlap(*, prediction: Labels, truth: Labels, classes: int) -> Overlap:
    """Count the scored pixels, those that are not void in the truth.

    Args:
        prediction, truth: uint8 or int32 (H, W).
        classes: number of classes K.

    Raises:
        ValueError: maps of two sizes, or K out of range.
    """
    require_same_size(prediction, truth)
    true, predicted = (loose_codes(labels, classes=classes) for labels in (truth, prediction))
    if true.dtype == np.uint8:
        # What is no class lies beyond the first K codes, so maps are counted as they stand.
        counts = joint_counts(true, predicted, (classes, classes))[:classes]
        return Overlap(np.diagonal(counts).copy(), counts.sum(axis=1), counts[:, :classes].sum(axis=0))
    true, predicted = (label_codes(labels, classes=classes) for labels in (truth, prediction))
    return code_overlap(void_where_true_void(predicted, true), true, classes=classes)


def code_overlap(prediction: Codes, truth: Codes, *, classes: int) -> Overlap:
    """Count all pixels of two maps of codes, (H, W) of one type, wherever the other is of no class."""
    if truth.dtype == np.uint8:
        counts = joint_counts(truth, prediction, (classes, classes))
        sides = counts.sum(axis=1)[:classes], counts.sum(axis=0)[:classes]
        return Overlap(np.diagonal(counts)[:classes].copy(), *sides)
    counted = truth[truth == prediction], truth.reshape(-1), prediction.reshape(-1)
    return Overlap(*(np.bincount(codes, minlength=no_class(truth))[:classes] for codes in counted))


def intersection_over_union(overlap: Overlap) -> NDArray[np.float64]:
    """float64 (..., K); NaN for a class in neither map."""
    both, true, predicted = (np.asarray(counts, np.float64) for counts in overlap)
    return divide(both, true + predicted - both)


def dice(overlap: Overlap) -> NDArray[np.float64]:
    """Twice the pixels in both by the sum of the pixels in each: float64 (..., K); NaN for a class in neither map."""
    both, true, predicted = (np.asarray(counts, np.float64) for counts in overlap)
    return divide(2 * both, true + predicted)


def require_same_size(prediction: Labels, truth: Labels) -> None:
    """Raise ValueError where two maps differ in size."""
    if prediction.shape != truth.shape:
        raise ValueError(f"the prediction is {prediction.shape}, the truth {truth.shape}; allowed: one size")
