"""Mean boundary accuracy, mBA: how many pixels near the true boundary are right (Cheng et al., CVPR 2020)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.label_codes import label_codes, no_class
from boundary_bench.metrics.functional.masks.boundary_regions import gradient_words
from boundary_bench.metrics.functional.masks.regions import regions
from boundary_bench.metrics.functional.statistics import (
    Measurement,
    Summary,
    count_defined,
    mean_of_defined,
    mean_over_images,
    stacked,
)
from boundary_bench.metrics.kernels.thinning import Words, pack
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap, Task

STEPS = 5


class BoundaryAccuracy:
    """Share of right pixels near the boundary of a mask, a mean of five widths, then of images.

    Pixels are near where OpenCV's ellipse of 2 r + 1 around them holds pixels of the true mask and others, for
    r = 1 + int(((W + H) / 300 - 1) / 5 * i), i = 0..4: 1 px in small images, up to 1 / 300 of width plus height. Of
    label maps each class is a mask.

    Args:
        classes: number of classes K; 2 of binary masks.

    Raises:
        ValueError: fewer than one class.
    """

    tasks: frozenset[Task] = frozenset({"binary", "semantic"})

    def __init__(self, classes: int) -> None:
        if classes < 1:
            raise ValueError(f"classes is {classes}; allowed: 1 or more")
        self.classes = classes

    def definition(self) -> dict[str, Any]:
        """Definition of the numbers."""
        return {
            "metric": "mean boundary accuracy",
            "region": "morphological gradient of the true mask by OpenCV's ellipses of 2r+1 px, "
            "r = 1 + int(((w+h)/300 - 1)/5 i), i = 0..4; the image border is no boundary",
            "averaging": "pixel accuracy in each region, mean of the five, then of images, then of classes",
            "void": "void pixels of the truth are not counted, and background of the region; predicted void is wrong",
            "undefined": "images whose true mask has no boundary: empty, or all of the image",
            "source": "Cheng et al., CascadePSP, CVPR 2020, Section 4.1, and its released evaluation",
        }

    def measure(self, *, prediction: BinaryMask | SemanticMap, truth: BinaryMask | SemanticMap) -> Measurement:
        """float64 (1,) of a binary mask, (K,) of a label map: the image's own accuracy, NaN where undefined.

        Raises:
            ValueError: prediction and truth of different sizes.
        """
        near, alone = _near(truth, classes=self.classes), isinstance(truth, BinaryMask)
        accuracy = np.full(1 if alone else self.classes, np.nan)
        for region in regions(prediction, truth, classes=self.classes):
            if region.category in near:
                true, widths = near[region.category]
                wrong = true ^ pack(region.prediction)
                shares = [(pixels - _count(wrong & words)) / pixels for words, pixels in widths]
                accuracy[0 if alone else region.category] = sum(shares) / STEPS
        return {"accuracy": accuracy}

    def summarise(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Summary:
        """mBA; of label maps by class too."""
        images = stacked(measurements, "accuracy")
        by_class = mean_over_images(images, weights)
        alone = images.shape[1] == 1
        defined = int((~np.isnan(images)).sum()) if alone else count_defined(~np.isnan(by_class))
        every = len(images) if alone else self.classes
        return Summary(
            {"mBA": mean_of_defined(by_class)},
            {} if alone else {"mBA": by_class},
            scored={"mBA": defined},
            undefined={"mBA": every - defined},
        )


def radii_px(size: tuple[int, int]) -> list[int]:
    """The five radii for an image of (H, W)."""
    largest = (size[0] + size[1]) / 300
    return [1 + int((largest - 1) / STEPS * step) for step in range(STEPS)]


@remembered
def _near(truth: BinaryMask | SemanticMap, *, classes: int) -> dict[int, tuple[Words, list[tuple[Words, int]]]]:
    """By class its mask and the five regions, packed, with how many pixels each has; none without a boundary."""
    found, scored = {}, _scored(truth, classes)
    for region in regions(truth, truth, classes=classes):
        mask = pack(region.truth)
        near = gradient_words(mask, truth.size[1], radii_px(truth.size))
        # The mask's own pixels along its boundary are scored, so a region with a boundary has some.
        kept = near if scored is None else (words & scored for words in near)
        counted = [(words, _count(words)) for words in kept]
        if all(pixels for _, pixels in counted):
            found[region.category] = mask, counted
    return found


def _scored(truth: BinaryMask | SemanticMap, classes: int) -> Words | None:
    """Pixels that are not void in the truth, packed; None where all are."""
    if isinstance(truth, BinaryMask):
        return None if truth.void is None else pack(~truth.void)
    codes = label_codes(truth.labels, classes=classes)
    return pack(np.asarray(codes != no_class(codes)))


def _count(words: Words) -> int:
    return int(np.bitwise_count(words).sum())
