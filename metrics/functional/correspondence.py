"""One-to-one correspondence of two boundary maps: which pixels are the same boundary, up to a distance.

Source: Martin, Fowlkes and Malik, PAMI 2004, Section III-B and appendix. Their solver draws random edges, seeded by the
clock, and so varies by a few pixels; here the matching is exact and always the same one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.matching.correspondence import counts_before, disk, matched_counts, points_by_level
from boundary_bench.metrics.kernels.matching.min_cost import assign


def matching_pairs(
    prediction: NDArray[np.bool_], truth: NDArray[np.bool_], *, max_distance_px: float
) -> NDArray[np.int32]:
    """Pair as many pixels as possible and, among all ways to do so, at the least sum of distances.

    Pairs of equal distance are told apart by up to a millionth of a pixel, by where they lie. So the result does not
    depend on which map comes first.

    Args:
        prediction, truth: bool (H, W).
        max_distance_px: largest distance of a pair, Euclidean, inclusive, >= 0.

    Returns:
        int32 (P, 2, 2): P pairs; pixel of the prediction, pixel of the truth; row, column. Empty for an empty map.

    Raises:
        ValueError: maps of two sizes, or a distance that is negative or not finite.
    """
    _check(prediction, truth, max_distance_px)
    # The smaller side looks for partners: few searches, and most of them end at once.
    turned = np.count_nonzero(truth) < np.count_nonzero(prediction)
    seeking, offering = (truth, prediction) if turned else (prediction, truth)
    points, places = _points(seeking), _points(offering)
    # In reading order each would push its neighbours along; mixed, it takes half the time for the same result.
    points = np.random.default_rng(0).permutation(points)
    found = assign(points, places, counts_before(offering), _disk(max_distance_px, truth))
    pairs = np.stack([points[found >= 0], places[found[found >= 0]]], axis=1)
    return pairs[:, ::-1] if turned else pairs


def matching_sizes(
    levels: NDArray[np.uint8], truth: NDArray[np.bool_], *, count: int, max_distance_px: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How many pixels of the prediction can be paired at once, for maps that grow from level to level.

    Args:
        levels: uint8 (H, W), 0..count: the highest level at which a pixel belongs to the prediction; 0 for none.
        truth: bool (H, W).
        count: number of levels L, 1 to 255.
        max_distance_px: as for `matching_pairs`.

    Returns:
        Both int64 (L,), for levels 1..L: pixels of the prediction, and how many of them (and so of the truth) a
        maximum matching pairs.

    Raises:
        ValueError: as for `matching_pairs`, or a level above L.
    """
    _check(levels, truth, max_distance_px)
    if levels.size and levels.max() > count:
        raise ValueError(f"levels reach {levels.max()}; allowed: 0 to {count}")
    points, stops = points_by_level(levels, count)
    matched = matched_counts(points, stops, counts_before(truth), _disk(max_distance_px, truth))
    return stops[::-1], matched[::-1]


def _points(mask: NDArray[np.bool_]) -> NDArray[np.int32]:
    return np.stack(np.divmod(np.flatnonzero(mask), mask.shape[1]), axis=1).astype(np.int32)


def _disk(radius_px: float, image: NDArray[np.bool_]) -> NDArray[np.int64]:
    """No larger than the image."""
    disk_rows: NDArray[np.int64] = disk(min(float(radius_px), float(sum(image.shape))))
    return disk_rows


def _check(prediction: NDArray[np.uint8] | NDArray[np.bool_], truth: NDArray[np.bool_], max_distance_px: float) -> None:
    if prediction.shape != truth.shape:
        raise ValueError(f"the prediction is {prediction.shape}; allowed: the size of the truth, {truth.shape}")
    if not 0 <= max_distance_px < np.inf:
        raise ValueError(f"max_distance_px is {max_distance_px}; allowed: finite, 0 or more")
