"""Region overlap: IoU, Dice and accuracy of classes, of all pixels together and image by image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.overlap import Overlap, class_overlap, dice, intersection_over_union
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    mean_over_images,
    weighted_sum,
)
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class MeanIoU:
    """IoU, Dice and accuracy by class with their means, from pixels counted over all images and from single images.

    A class absent from prediction and truth is undefined; means are over defined classes. Where nothing is scored
    everything is undefined.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "intersection over union",
            "averaging": "pixels counted over all images, then IoU by class; mIoU is the mean over defined classes",
            "mIoU_without_background": "the mean over defined classes other than the first, for data whose first class "
            "is background",
            "frequency_weighted_IoU": "IoU of the classes weighted by their shares of the true pixels",
            "mean_dice": "mean over defined classes of Dice = 2 x intersection / (true + predicted pixels)",
            "mean_class_accuracy": "mean over classes in the truth of class_accuracy = intersection / true pixels",
            "pixel_accuracy": "right pixels of all scored pixels",
            "mIoU_over_images": "mean over defined classes of IoU_over_images, which is the mean of a class's IoU in "
            "single images, over the images whose truth or prediction has the class",
            "image_mIoU": "the other order: mean over images of the mean IoU of the classes in the image",
            "void": "true void is not scored; predicted void is wrong",
            "undefined": "classes absent from both truth and prediction; of accuracies those absent from the truth",
            "source": "Cordts et al., CVPR 2016, Section 4.1; cityscapesScripts evalPixelLevelSemanticLabeling; Long "
            "et al., CVPR 2015, Section 5 (accuracies, frequency weights)",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """Scored pixels of each class in both maps, in the truth, in the prediction: int64 (K,) each."""
        found = class_overlap(prediction=prediction.labels, truth=truth.labels, classes=self.classes)
        return found._asdict()

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """IoU, Dice and accuracy by class and over classes; mIoU first."""
        total = Overlap(*(weighted_sum(measurements, key, weights) for key in Overlap._fields))
        by_image = intersection_over_union(
            Overlap(*(np.stack([m[key] for m in measurements]) for key in Overlap._fields))
        )
        iou, accuracy = intersection_over_union(total), divide(total.both, total.true)
        per_class = {
            "IoU": iou,
            "Dice": dice(total),
            "class_accuracy": accuracy,
            "IoU_over_images": mean_over_images(by_image, weights),
        }
        pixels = np.asarray(total.true.sum(axis=-1))
        values = {
            "mIoU": mean_of_defined(iou),
            "pixel_accuracy": divide(np.asarray(total.both.sum(axis=-1)), pixels),
            "mean_class_accuracy": mean_of_defined(accuracy),
            "mean_dice": mean_of_defined(per_class["Dice"]),
            "frequency_weighted_IoU": divide(np.asarray((total.true * np.nan_to_num(iou)).sum(axis=-1)), pixels),
            "mIoU_without_background": mean_of_defined(iou[..., 1:]),
            "mIoU_over_images": mean_of_defined(per_class["IoU_over_images"]),
            "image_mIoU": mean_over_images(mean_of_defined(by_image), weights),
        }
        scored, undefined = self._counts(values, iou, accuracy)
        return Summary(values, per_class, scored=scored, undefined=undefined)

    def _counts(
        self, values: dict[str, Any], iou: NDArray[np.float64], accuracy: NDArray[np.float64]
    ) -> tuple[dict[str, int], dict[str, int]]:
        """How many classes each value is over, and how many it leaves out."""
        defined, true = count_defined(~np.isnan(iou)), count_defined(~np.isnan(accuracy))
        scored = dict.fromkeys(values, defined)
        scored |= {"mean_class_accuracy": true, "frequency_weighted_IoU": true}
        scored["mIoU_without_background"] = count_defined(~np.isnan(iou[..., 1:]))
        undefined = {name: self.classes - count for name, count in scored.items()}
        undefined["mIoU_without_background"] -= 1
        return scored, undefined
