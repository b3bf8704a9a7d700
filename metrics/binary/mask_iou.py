"""IoU and Dice of binary masks: of the pixels of all images together, and the mean of each image's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.both_empty import BothEmpty, checked, filled
from boundary_bench.metrics.functional.masks.mask_counts import mask_counts
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    divide,
    mean_over_images,
    stacked,
    weighted_total,
)
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task


class MaskIoU:
    """IoU and Dice of one foreground an image, both averages that papers use.

    Pooled over pixels (`IoU`, `Dice`), each pixel counts the same and large objects weigh most; as means over images
    (`image_IoU`, `image_Dice`), each image counts the same.

    Args:
        classes: 2, background and object.
        both_empty: what an image without a pixel of the object in truth and prediction has in the means over images:
            none, 1 as many challenges give, or 0 as pysodmetrics and torchmetrics do.

    Raises:
        ValueError: another value.
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, classes: int = 2, both_empty: BothEmpty = "undefined") -> None:
        if classes != 2:
            raise ValueError(f"classes is {classes}; allowed: 2, background and object")
        self.both_empty = checked(both_empty)

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "IoU and Dice of binary masks, pooled over pixels and as means over images",
            "averaging": "IoU, Dice, precision, recall, pixel_accuracy and those by class count pixels of all images; "
            "image_IoU and image_Dice are means over images; mIoU is the mean of object and background",
            "both_empty": self.both_empty,
            "void": "pixels void in the truth are not counted",
            "undefined": "in means over images those with neither true nor predicted object, unless both_empty says "
            "otherwise",
            "source": "Jaccard 1912; Dice 1945; Everingham et al., Pascal VOC, IJCV 2010",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """int64 (2, 2): pixels by truth (row) and prediction (column), background first.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        return {"counts": mask_counts(prediction, truth)}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """IoU, Dice and what they are made of; by class IoU and Dice of background and object."""
        images = stacked(measurements, "counts")
        pooled = weighted_total(images, weights)
        iou, dice = _overlaps(pooled)
        own_iou, own_dice = (filled(each[..., 1], self.both_empty) for each in _overlaps(images.astype(np.float64)))
        diagonal, total = np.einsum("...ii->...i", pooled), pooled.sum(axis=(-2, -1))
        values = {
            "IoU": iou[..., 1],
            "image_IoU": mean_over_images(own_iou, weights),
            "Dice": dice[..., 1],
            "image_Dice": mean_over_images(own_dice, weights),
            "mIoU": iou.mean(axis=-1),
            "precision": divide(diagonal[..., 1], np.asarray(pooled[..., 1].sum(axis=-1))),
            "recall": divide(diagonal[..., 1], np.asarray(pooled[..., 1, :].sum(axis=-1))),
            "pixel_accuracy": divide(np.asarray(diagonal.sum(axis=-1)), np.asarray(total)),
        }
        values = {name: np.asarray(value) for name, value in values.items()}
        empty = int(np.isnan(own_iou).sum())
        of_images = {name: name.startswith("image_") for name in values}
        return Summary(
            values,
            per_class={"IoU": iou, "Dice": dice},
            scored={name: len(images) - empty if per_image else len(images) for name, per_image in of_images.items()},
            undefined={name: empty if per_image else 0 for name, per_image in of_images.items()},
        )


def _overlaps(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """IoU and Dice of background and object, float64 (..., 2), of counts (..., 2, 2); NaN where there is neither."""
    both = np.einsum("...ii->...i", counts)
    either = counts.sum(axis=-1) + counts.sum(axis=-2)
    return divide(both, either - both), divide(2 * both, either)
