"""Percentile bootstrap over images, or over clusters of images that are not independent of each other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def weights(clusters: Sequence[str | None], replicates: int, seed: int) -> NDArray[np.float64]:
    """How often each image occurs in each replicate.

    A replicate draws as many clusters as there are, with replacement, and takes all images of each; an image without
    a cluster is one by itself. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, Section 8;
    whole clusters: Davison and Hinkley, Bootstrap Methods and their Application, 1997, Section 3.8.

    Args:
        clusters: of N images.
        replicates: R.
        seed: of the draws.

    Returns:
        float64 (R, N), whole numbers. Without clusters every row sums to N.
    """
    members = cluster_numbers(clusters)
    if not len(members):
        return np.empty((replicates, 0))
    count = int(members.max()) + 1
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=replicates)
    return drawn[:, members].astype(np.float64)


def cluster_numbers(clusters: Sequence[str | None]) -> NDArray[np.int64]:
    """int64 (N,): clusters by number in order of first occurrence; each None is a cluster of its own."""
    known: dict[object, int] = {}
    keys = [(position,) if cluster is None else cluster for position, cluster in enumerate(clusters)]
    return np.array([known.setdefault(key, len(known)) for key in keys], dtype=np.int64)


def interval(replicates: NDArray[np.float64], level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Percentile interval.

    Args:
        replicates: float64 (R,) or (R, K); NaN where undefined in a replicate, which is then left out.
        level: coverage, in 0..1.

    Returns:
        Lower and upper ends, float64 () or (K,); NaN where every replicate is undefined.
    """
    ordered = np.sort(replicates, axis=0)  # NaN last
    defined = np.count_nonzero(~np.isnan(ordered), axis=0)
    low, high = (_quantile(ordered, defined, tail) for tail in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def _quantile(ordered: NDArray[np.float64], defined: NDArray[np.int64], share: float) -> NDArray[np.float64]:
    """Quantile of the first `defined` of each column, linear between neighbours; NaN where there are none."""
    position = np.maximum(defined - 1, 0) * share
    below = np.floor(position).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(defined - 1, 0))
    left, right = (np.take_along_axis(ordered, index[None], axis=0)[0] for index in (below, above))
    return np.asarray(left + (right - left) * (position - below))
