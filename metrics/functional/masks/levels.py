"""The levels of a soft mask, what they are worth, and how many pixels inside and outside the truth have each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.kernels.masks.levels import LEVELS, count_levels
from boundary_bench.metrics.structures.binary_mask import BinaryMask

LEFT_OUT = (
    "pixels void in the truth are left out, of the least and greatest level too; a map of one level is not normalised"
)
"""For definitions: how void and normalisation meet where pixels are counted."""
AS_BACKGROUND = (
    "pixels void in the truth are background in truth and prediction, once the levels of the others are normalised"
)
"""The same where shapes are compared."""
LEVELS_NOTE = "probabilities count in 255ths, rounded, so they differ by less than half a level from a float32 map's"
_ROUNDING = 1e-9


@dataclass(frozen=True)
class LevelCounts:
    """All that scores by thresholds need of one image.

    Attributes:
        values: float64 (256,), what each level is worth: 0..1.
        outside, inside: int64 (256,), pixels of each level outside and inside the true object.
        threshold: the adaptive one, twice the mean and at most 1; NaN where no pixel counts.
    """

    values: NDArray[np.float64]
    outside: NDArray[np.int64]
    inside: NDArray[np.int64]
    threshold: float

    @property
    def pixels(self) -> int:
        """How many count."""
        return int(self.outside.sum() + self.inside.sum())

    def above(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pixels outside and inside the true object at or above thresholds of 0..255, int64 (256,) each.

        The worth of a level is cut to 255ths, not rounded, as in the usual code.
        """
        cut = (self.values * 255).astype(np.uint8)
        outside, inside = (np.bincount(cut, counts, LEVELS).astype(np.int64) for counts in (self.outside, self.inside))
        return outside[::-1].cumsum()[::-1], inside[::-1].cumsum()[::-1]

    def above_adaptive(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Pixels outside and inside the true object at or above the adaptive threshold, int64 (1,) each."""
        chosen = self.values >= self.threshold
        return self.outside[chosen].sum(keepdims=True), self.inside[chosen].sum(keepdims=True)


def level_counts(
    prediction: BinaryMask, truth: BinaryMask, *, normalise: bool, void_is_background: bool = False
) -> LevelCounts:
    """Count the levels of the prediction.

    Args:
        prediction, truth: of one size.
        normalise: whether the least level becomes 0 and the greatest 1, as in the usual code of salient object
            detection; a map of one level stays as it is.
        void_is_background: whether void is worth 0 outside the object; else it is left out.

    Raises:
        ValueError: sizes that differ.
    """
    background = void_is_background and truth.void is not None
    return _counts(prediction, truth, normalise=normalise, void_is_background=background)


@remembered
def _counts(prediction: BinaryMask, truth: BinaryMask, *, normalise: bool, void_is_background: bool) -> LevelCounts:
    if void_is_background:
        levels, values = shape_levels(prediction, truth, normalise=normalise)
        counts = _counted(levels, BinaryMask(truth.mask))
    else:
        levels = prediction_levels(prediction, truth)
        counts = _counted(levels, truth)
        present = np.flatnonzero(counts.any(axis=0))
        values = _values(present.min(initial=255), present.max(initial=0), normalise=normalise)
        levels = levels if truth.void is None else levels[~truth.void]
    return LevelCounts(values, counts[0], counts[1], _adaptive(counts, values, levels))


def shape_levels(
    prediction: BinaryMask, truth: BinaryMask, *, normalise: bool
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Levels uint8 (H, W) and what they are worth, float64 (256,): as in `level_counts`, where void is background.

    Raises:
        ValueError: sizes that differ.
    """
    levels = prediction_levels(prediction, truth)
    scored = levels if truth.void is None else levels[~truth.void]
    least, most = (int(scored.min()), int(scored.max())) if scored.size else (0, 0)
    values = _values(least, most, normalise=normalise)
    if truth.void is not None:
        # The least level is worth 0 where the map is normalised, and level 0 where it is not.
        levels = np.where(truth.void, np.uint8(least if values[least] == 0 else 0), levels)
    return levels, values


def prediction_levels(prediction: BinaryMask, truth: BinaryMask) -> NDArray[np.uint8]:
    """uint8 (H, W), C-contiguous.

    Raises:
        ValueError: sizes that differ.
    """
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
    return np.ascontiguousarray(prediction.levels)


def _counted(levels: NDArray[np.uint8], truth: BinaryMask) -> NDArray[np.int64]:
    """Outside and inside, int64 (2, 256), without void."""
    height, width = truth.size
    counts = count_levels(levels, np.ascontiguousarray(truth.mask), (0, height), (0, width))
    if truth.void is not None:
        counts[0] -= np.bincount(levels[truth.void], minlength=LEVELS)
    return counts


def _values(least: int, most: int, *, normalise: bool) -> NDArray[np.float64]:
    """In the steps of the usual code, so that they round alike."""
    values = np.arange(LEVELS) / 255
    if not normalise or least >= most:
        return values
    return np.asarray(np.clip((values - values[least]) / (values[most] - values[least]), 0.0, 1.0))


def _adaptive(counts: NDArray[np.int64], values: NDArray[np.float64], levels: NDArray[np.uint8]) -> float:
    pixels = int(counts.sum())
    if pixels == 0:
        return np.nan
    threshold = 2 * float(counts.sum(axis=0) @ values) / pixels
    near = np.abs(values - threshold) < _ROUNDING
    if near.any():
        # Whether a level that equals the threshold reaches it depends on how NumPy's sum over the pixels rounds.
        threshold = 2 * float(values[levels].mean())
    return min(threshold, 1.0)
