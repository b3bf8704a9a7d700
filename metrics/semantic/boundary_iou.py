"""Boundary IoU: the overlap of the inner bands of regions (Cheng et al., CVPR 2021), here of semantic maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.functional.label_codes import Codes, label_codes, no_class, void_where_true_void
from boundary_bench.metrics.functional.overlap import (
    Overlap,
    code_overlap,
    intersection_over_union,
    require_same_size,
)
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    divide,
    mean_of_defined,
    weighted_sum,
)
from boundary_bench.metrics.kernels.erosion import bands
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class BoundaryIoU:
    """IoU of the bands inside each class, from one count over all images.

    The band of a class holds its pixels within `width_px` (chessboard distance) of a pixel of another label or of the
    outside of the image, as eroding its mask `width_px` times by a 3 x 3 square leaves them.

    Args:
        classes: number of classes K.
        width_ratio: width of the band as a ratio of the diagonal, rounded to whole pixels; the default is the one
            that the authors use on Cityscapes.
        width_px: width in whole pixels; replaces the ratio.

    Raises:
        ValueError: a width below 1 px or a ratio that is not in (0, 1).
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int, width_ratio: float = 0.005, width_px: int | None = None) -> None:
        if width_px is not None and width_px < 1:
            raise ValueError(f"width_px is {width_px}; allowed: whole pixels >= 1")
        if not 0 < width_ratio < 1:
            raise ValueError(f"width_ratio is {width_ratio}; allowed: 0 < ratio < 1")
        self.classes = classes
        self.width_ratio = width_ratio
        self.width_px = width_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        width = {"width_ratio": self.width_ratio} if self.width_px is None else {"width_px": self.width_px}
        return {
            "metric": "boundary IoU of classes",
            **width,
            "band": "inside each class, chessboard distance; the image border is an edge",
            "averaging": "band pixels counted over all images; boundary_mIoU is the mean over defined classes",
            "void": "pixels void in the truth are void in the prediction too; edges along void have bands",
            "undefined": "classes absent from truth and prediction; of saturated_share those absent from the truth",
            "saturated": "share of classes in images whose band is the whole region, so that it equals IoU there",
            "source": "Cheng et al., Boundary IoU, CVPR 2021, Section 4; applied to the classes of a label map",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """int64 (K,): pixels of the true bands, the predicted bands and both; true regions and saturated ones."""
        require_same_size(prediction.labels, truth.labels)
        width = self.width_px or band_width_px(self.width_ratio, truth.size)
        true_band, interior = _true_bands(truth, width_px=width, classes=self.classes)
        codes = label_codes(prediction.labels, classes=self.classes)
        codes = void_where_true_void(codes, label_codes(truth.labels, classes=self.classes))
        predicted_band, _ = bands(codes, width, no_class(codes))
        found = code_overlap(predicted_band, true_band, classes=self.classes)
        return {
            "true": found.true,
            "predicted": found.predicted,
            "both": found.both,
            "regions": (found.true > 0).astype(np.int64),
            "saturated": ((found.true > 0) & (interior[: self.classes] == 0)).astype(np.int64),
        }

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """boundary_mIoU, boundary_IoU by class, and the share of saturated true regions."""
        iou = intersection_over_union(Overlap(*(weighted_sum(measurements, key, weights) for key in Overlap._fields)))
        regions, saturated = (weighted_sum(measurements, key, weights) for key in ("regions", "saturated"))
        share = divide(np.asarray(saturated.sum(axis=-1)), np.asarray(regions.sum(axis=-1)))
        scored = {
            "boundary_mIoU": count_defined(~np.isnan(iou)),
            "saturated_share": count_defined(regions > 0),
        }
        return Summary(
            values={"boundary_mIoU": mean_of_defined(iou), "saturated_share": share},
            per_class={"boundary_IoU": iou, "saturated_share": divide(saturated, regions)},
            scored=scored,
            undefined={name: self.classes - count for name, count in scored.items()},
        )


@remembered
def _true_bands(truth: SemanticMap, *, width_px: int, classes: int) -> tuple[Codes, NDArray[np.int64]]:
    codes = label_codes(truth.labels, classes=classes)
    return bands(codes, width_px, no_class(codes))
