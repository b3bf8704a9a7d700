"""Region overlap: confusion matrix, class IoU, mIoU and pixel accuracy, as cityscapesScripts defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from metrics.geometry import as_uint8
from metrics.kernels.counting import joint_counts
from metrics.measurement import Measurement, Summary, count_defined, divide, mean_of_defined, weighted_sum
from metrics.segmentation import Labels, SemanticMap, Task


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


def require_same_size(prediction: Labels, truth: Labels) -> None:
    """Raise ValueError where two maps differ in size."""
    if prediction.shape != truth.shape:
        raise ValueError(f"the prediction is {prediction.shape}, the truth {truth.shape}; allowed: one size")


class Region:
    """mIoU, class IoU and pixel accuracy from one confusion matrix over all images.

    A class absent from prediction and truth is undefined; the mean is over defined classes.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """What the numbers mean."""
        return {
            "metric": "intersection over union",
            "averaging": "one confusion matrix over all images; mIoU is the mean over defined classes",
            "void": "true void is not scored; predicted void is wrong",
            "undefined": "classes absent from both truth and prediction",
            "source": "Cordts et al., CVPR 2016, Section 4.1; cityscapesScripts evalPixelLevelSemanticLabeling",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """The confusion matrix, int64 (K, K + 1)."""
        matrix = confusion_matrix(prediction=prediction.labels, truth=truth.labels, classes=self.classes)
        return {"confusion": matrix}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """mIoU, IoU by class and pixel accuracy."""
        confusion = weighted_sum(measurements, "confusion", weights)
        iou = intersection_over_union(confusion)
        correct = np.trace(confusion[..., :-1], axis1=-2, axis2=-1)
        accuracy = divide(np.asarray(correct), np.asarray(confusion.sum(axis=(-2, -1))))
        defined = count_defined(~np.isnan(iou))
        return Summary(
            values={"mIoU": mean_of_defined(iou), "pixel_accuracy": accuracy},
            per_class={"IoU": iou},
            scored={"mIoU": defined, "pixel_accuracy": defined},
            undefined={"mIoU": self.classes - defined, "pixel_accuracy": self.classes - defined},
        )
