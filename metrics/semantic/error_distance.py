"""Where the errors are: wrong pixels by their distance to the true boundary, and how many pixels lie how near to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.distance_curve import SHARE_WIDTHS_PX, differing, distance_curve, true_bins
from boundary_bench.metrics.functional.label_codes import label_codes
from boundary_bench.metrics.functional.overlap import require_same_size
from boundary_bench.metrics.functional.statistics import Measurement, Summary, count_defined, divide, weighted_sum
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task


class ErrorDistance:
    """Histogram of wrong pixels, and of all pixels, over the distance to the nearest pixel of another true label.

    Distances are Euclidean and rounded up, so the first bin holds the pixels that touch another label; void counts as
    another label, the image border does not. Pixels further than `max_px` fall into one last bin.

    Args:
        classes: number of classes K.
        max_px: the last distance with a bin of its own, 5 to 126.

    Raises:
        ValueError: max_px out of range.
    """

    tasks: frozenset[Task] = frozenset({"semantic"})

    def __init__(self, classes: int, max_px: int = 30) -> None:
        if not SHARE_WIDTHS_PX[-1] <= max_px <= 126:
            raise ValueError(f"max_px is {max_px}; allowed: {SHARE_WIDTHS_PX[-1]} to 126")
        self.classes = classes
        self.max_px = max_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "wrong pixels by distance to the true boundary; boundary-pixel shares",
            "max_px": self.max_px,
            "distance": "Euclidean, to the nearest pixel of another true label, rounded up",
            "averaging": "pixels counted over all images",
            "void": "not scored; counts as another label for the distance; predicted void is wrong",
            "undefined": "classes without a pixel in the truth",
            "source": "SegFix, ECCV 2020, Fig. 2 and Table 12 (distance map of Section 3.3)",
        }

    def measure(self, *, prediction: SemanticMap, truth: SemanticMap) -> Measurement:
        """int64 (K, max_px + 1): wrong pixels and all pixels; column 0 is 'further than max_px'."""
        require_same_size(prediction.labels, truth.labels)
        bins, pixels = true_bins(truth, classes=self.classes, max_px=self.max_px)
        true, predicted = (label_codes(each.labels, classes=self.classes) for each in (truth, prediction))
        return {"errors": differing(true, predicted, bins, pixels.shape), "pixels": pixels}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """Error rate, share of errors near boundaries, boundary-pixel shares, and the histogram."""
        errors = weighted_sum(measurements, "errors", weights)
        pixels = weighted_sum(measurements, "pixels", weights)
        rate = divide(errors.sum(axis=-1), pixels.sum(axis=-1))
        overall = divide(np.asarray(errors.sum(axis=(-2, -1))), np.asarray(pixels.sum(axis=(-2, -1))))
        values, per_class = {"error_rate": overall}, {"error_rate": rate}
        for width in SHARE_WIDTHS_PX:
            for name, counts in (("boundary_pixel_share", pixels), ("boundary_error_share", errors)):
                near, everything = counts[..., 1 : width + 1].sum(axis=-1), counts.sum(axis=-1)
                values[f"{name}@{width}px"] = divide(np.asarray(near.sum(axis=-1)), np.asarray(everything.sum(axis=-1)))
                per_class[f"{name}@{width}px"] = divide(near, everything)
        defined = count_defined(pixels.sum(axis=-1) > 0)
        return Summary(
            values=values,
            per_class=per_class,
            curves={"error_distance": distance_curve(errors, pixels)},
            scored=dict.fromkeys(values, defined),
            undefined=dict.fromkeys(values, self.classes - defined),
        )
