"""Region overlap: confusion matrix, class IoU, mIoU and pixel accuracy, as cityscapesScripts defines them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.confusion import confusion_matrix, intersection_over_union
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    weighted_sum,
)
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class MeanIoU:
    """mIoU, class IoU and pixel accuracy from one confusion matrix over all images.

    A class absent from prediction and truth is undefined; the mean is over defined classes.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
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
