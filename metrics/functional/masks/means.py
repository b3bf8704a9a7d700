"""Means over images, of scores and of curves over thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement, Summary, mean_over_images, stacked

Floats = NDArray[np.float64]


def summary_of_images(
    measurements: Sequence[Measurement], scores: Mapping[str, str], weights: Floats | None = None
) -> Summary:
    """Scores of a set that are means over images.

    Args:
        measurements: N of them.
        scores: name of each number -> its key in the measurements, float64 (), NaN where undefined.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Raises:
        ValueError: no measurements, or weights that are not one per image.
    """
    images = {name: stacked(measurements, key) for name, key in scores.items()}
    undefined = {name: int(np.isnan(one).sum()) for name, one in images.items()}
    return Summary(
        {name: mean_over_images(one, weights) for name, one in images.items()},
        scored={name: len(measurements) - count for name, count in undefined.items()},
        undefined=undefined,
    )


def summary_of_curves(
    measurements: Sequence[Measurement], letter: str, curve: str, weights: Floats | None = None
) -> Summary:
    """Greatest and mean value of the mean curve of a set, and the mean of the scores at the adaptive thresholds.

    The mean curve is that of the images, point by point; its greatest value is at one threshold for all of them.

    Args:
        measurements: N of them, with `curve`, float64 (256,) by threshold, and `adaptive`, float64 ().
        letter: with which names of the numbers begin.
        curve: name of the curve.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Raises:
        ValueError: no measurements, or weights that are not one per image.
    """
    mean = mean_over_images(stacked(measurements, "curve"), weights)
    adaptive = summary_of_images(measurements, {f"{letter}_adaptive": "adaptive"}, weights)
    (scored,), (undefined,) = adaptive.scored.values(), adaptive.undefined.values()
    values = {f"{letter}_max": mean.max(axis=-1), f"{letter}_mean": mean.mean(axis=-1), **adaptive.values}
    values = {name: np.asarray(value) for name, value in values.items()}
    thresholds = np.arange(mean.shape[-1]) / 255
    return Summary(
        values,
        curves={curve: {"threshold": thresholds, letter: mean}},
        scored=dict.fromkeys(values, scored),
        undefined=dict.fromkeys(values, undefined),
    )
