"""J, F and their mean of the DAVIS benchmark: IoU of a mask, and F of its boundary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.boundary_matching import f_score, match_classes, tolerance_in_px
from boundary_bench.metrics.functional.masks.mask_counts import mask_counts
from boundary_bench.metrics.functional.statistics import Measurement, Summary, mean_over_images, stacked
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import Task

OBJECT = np.array([1])


class JAndF:
    """IoU of the object (J), F of its boundary, and the mean of the two, each a mean over images.

    A boundary pixel is matched where the other mask has one within a disk of the tolerance; several may share one.

    Args:
        tolerance_ratio: radius of the disk as a ratio of the diagonal, rounded up to whole pixels.
        tolerance_px: the same in whole pixels; replaces the ratio.

    Raises:
        ValueError: a tolerance below 0, or a ratio that is not in (0, 1).
    """

    tasks: frozenset[Task] = frozenset({"binary"})

    def __init__(self, tolerance_ratio: float = 0.008, tolerance_px: int | None = None) -> None:
        if not 0 < tolerance_ratio < 1:
            raise ValueError(f"tolerance_ratio is {tolerance_ratio}; allowed: 0 < ratio < 1")
        if tolerance_px is not None and tolerance_px < 0:
            raise ValueError(f"tolerance_px is {tolerance_px}; allowed: whole pixels >= 0")
        self.tolerance_ratio, self.tolerance_px = tolerance_ratio, tolerance_px

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        ratio, px = self.tolerance_ratio, self.tolerance_px
        return {
            "metric": "region similarity J, boundary accuracy F and their mean, of single images",
            **({"tolerance_ratio": ratio} if px is None else {"tolerance_px": px}),
            "J": "IoU; 1 where truth and prediction are both empty",
            "F": "harmonic mean of precision and recall of boundary pixels within the tolerance (disk); 1 where "
            "neither mask has a boundary, 0 where one has none",
            "averaging": "mean over images; DAVIS itself averages over the frames of a sequence first, without the "
            "first and last, and then over its objects",
            "void": "left out of J; background in both masks for F",
            "undefined": "nowhere",
            "source": "Perazzi et al., DAVIS, CVPR 2016, Section 5; davis2017-evaluation",
        }

    def measure(self, *, prediction: BinaryMask, truth: BinaryMask) -> Measurement:
        """float64 () each: J, F, precision and recall of the boundary.

        Raises:
            ValueError: sizes that differ.
        """
        (_, false), (missed, both) = mask_counts(prediction, truth).tolist()
        either = false + missed + both
        found = prediction.mask if truth.void is None else prediction.mask & ~truth.void
        radius = tolerance_in_px(self.tolerance_ratio, truth.size) if self.tolerance_px is None else self.tolerance_px
        predicted, true, predicted_matched, true_matched = match_classes(
            np.ascontiguousarray(found).view(np.uint8),
            np.ascontiguousarray(truth.mask).view(np.uint8),
            OBJECT,
            np.array([radius]),
            "gscnn",
        )
        f, precision, recall = f_score(predicted, true, predicted_matched[0], true_matched[0])
        numbers = {"J": both / either if either else 1.0, "F": f[0], "precision": precision[0], "recall": recall[0]}
        return {name: np.array(value, np.float64) for name, value in numbers.items()}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """J_and_F, J and F_boundary with its precision and recall."""
        j, f, precision, recall = (
            mean_over_images(stacked(measurements, name), weights) for name in ("J", "F", "precision", "recall")
        )
        values = {
            "J_and_F": np.asarray((j + f) / 2),
            "J": j,
            "F_boundary": f,
            "F_boundary_precision": precision,
            "F_boundary_recall": recall,
        }
        images = dict.fromkeys(values, len(measurements))
        return Summary(values, scored=images, undefined=dict.fromkeys(values, 0))
