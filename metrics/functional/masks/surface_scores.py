"""Numbers of two surfaces: Hausdorff distances, average distances, and the share of surface within tolerances."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.surfaces import Spacing, Surface, distances, surface_of

PERCENTILE = 95
ROUNDING = 1e-12
"""Distances that exceed a tolerance by no more than this share of it are within."""


def score_names(tolerances: Sequence[float], unit: str) -> tuple[str, ...]:
    """Names of what `surface_scores` gives, in its order."""
    return (
        *(f"{name}_{unit}" for name in ("HD", "HD95", "HD95_pooled", "ASD", "ASSD")),
        *(f"NSD@{tolerance:g}{unit}" for tolerance in tolerances),
    )


def surface_scores(
    predicted: Surface, true: Surface, tolerances: Sequence[float], spacing: Spacing
) -> NDArray[np.float64]:
    """Numbers of one predicted and one true surface.

    Args:
        predicted, true: of one kind.
        tolerances: of surface Dice, in the unit of the spacing, inclusive.
        spacing: of rows and of columns.

    Returns:
        float64 (5 + tolerances,): HD, the largest distance of either surface to the other; HD95, the larger of the 95th
        percentiles of both directions; HD95_pooled, that of both together; ASD, mean distance of the predicted surface
        to the true one; ASSD, mean of both together; surface Dice (NSD) at each tolerance. All NaN where both surfaces
        are empty; where one is, distances are NaN and surface Dice is 0.
    """
    found = np.full(5 + len(tolerances), np.nan)
    if not len(predicted) or not len(true):
        if len(predicted) or len(true):
            found[5:] = 0
        return found
    to_true, to_predicted = distances(predicted, true, spacing), distances(true, predicted, spacing)
    own, its = (_Sorted.of(*pair) for pair in ((to_true, predicted.lengths), (to_predicted, true.lengths)))
    both = own.merged(its)
    found[0] = both.distances[-1]
    found[1] = max(own.percentile(), its.percentile())
    found[2] = both.percentile()
    found[3], found[4] = own.mean(), both.mean()
    found[5:] = [both.share_within(tolerance) for tolerance in tolerances]
    return found


def hd95_and_assd(prediction: NDArray[np.bool_], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """HD95 and ASSD in px of two masks, bool (H, W), by pixels; NaN where either is empty."""
    surfaces = surface_of(prediction, "pixel"), surface_of(truth, "pixel")
    scores = dict(zip(score_names((), "px"), surface_scores(*surfaces, (), (1.0, 1.0)).tolist(), strict=True))
    return scores["HD95_px"], scores["ASSD_px"]


class _Sorted(NamedTuple):
    """Distances from a surface, ascending.

    Attributes:
        distances: float64 (N,).
        lengths: float64 (N,), of contour at their points; None where each point counts the same.
    """

    distances: NDArray[np.float64]
    lengths: NDArray[np.float64] | None

    @classmethod
    def of(cls, distances: NDArray[np.float64], lengths: NDArray[np.float64] | None) -> Self:
        if lengths is None:
            return cls(np.sort(distances), None)
        # Equal distances by their length: sums then round as those of DeepMind's tool.
        order = np.argsort(lengths, kind="stable")
        order = order[np.argsort(distances[order], kind="stable")]
        return cls(distances[order], lengths[order])

    def merged(self, other: Self) -> Self:
        distances = np.concatenate([self.distances, other.distances])
        if self.lengths is None or other.lengths is None:
            return type(self)(np.sort(distances), None)
        order = np.argsort(distances, kind="stable")
        return type(self)(distances[order], np.concatenate([self.lengths, other.lengths])[order])

    def percentile(self) -> float:
        """Interpolated between points that count the same; by length, the first point at which that much is reached."""
        last = len(self.distances) - 1
        if self.lengths is not None:
            share = np.cumsum(self.lengths) / self.lengths.sum()
            return float(self.distances[min(int(np.searchsorted(share, PERCENTILE / 100)), last)])
        place = last * PERCENTILE / 100
        below = int(place)
        low, high = self.distances[below], self.distances[min(below + 1, last)]
        return float(low + (high - low) * (place - below))

    def mean(self) -> float:
        if self.lengths is None:
            return float(self.distances.mean())
        return float((self.distances * self.lengths).sum() / self.lengths.sum())

    def share_within(self, tolerance: float) -> float:
        # A distance of 3 px of 0.1 mm each is 0.30000000000000004: tools that compare it as it is leave it out at 0.3.
        near = int(np.searchsorted(self.distances, tolerance * (1 + ROUNDING), side="right"))
        if self.lengths is None:
            return near / len(self.distances)
        return float(self.lengths[:near].sum() / self.lengths.sum())
