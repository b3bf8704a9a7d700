"""Numbers of two surfaces: Hausdorff distances, average distances, and the share of surface within tolerances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.masks.surfaces import Spacing, Surface, distances

PERCENTILE = 95


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
    both = np.concatenate([to_true, to_predicted])
    lengths = (_lengths(predicted), _lengths(true))
    every = np.concatenate(lengths)
    found[0] = both.max()
    found[1] = max(_percentile(to_true, predicted.lengths), _percentile(to_predicted, true.lengths))
    found[2] = _percentile(both, None if predicted.lengths is None else every)
    found[3] = np.average(to_true, weights=lengths[0])
    found[4] = np.average(both, weights=every)
    found[5:] = [every[both <= tolerance].sum() / every.sum() for tolerance in tolerances]
    return found


def _lengths(surface: Surface) -> NDArray[np.float64]:
    return np.ones(len(surface)) if surface.lengths is None else surface.lengths


def _percentile(found: NDArray[np.float64], lengths: NDArray[np.float64] | None) -> float:
    """Interpolated between points that count the same; by length, the first point at which that much is reached."""
    if lengths is None:
        return float(np.percentile(found, PERCENTILE))
    # As sorted by distance and then by length, which decides where distances are equal.
    order = np.lexsort((lengths, found))
    share = np.cumsum(lengths[order]) / lengths.sum()
    return float(found[order][min(int(np.searchsorted(share, PERCENTILE / 100)), len(found) - 1)])
