"""Bootstrap over images, or over clusters of images that are not independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Method = Literal["percentile", "normal"]
INTERVALS = {"percentile": "percentile bootstrap", "normal": "normal bootstrap with Student's quantiles"}
"""What notes call the methods."""


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


def interval(
    value: NDArray[np.float64], replicates: NDArray[np.float64], *, level: float, units: int, method: Method
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval of a value by either method.

    Args:
        value: float64 () or (K,), of the set itself.
        replicates: float64 (R,) or (R, K); NaN where undefined in a replicate, which is then left out.
        level: coverage, in 0..1.
        units: how many images or clusters were resampled. One of them is always itself: then there is no interval,
            since a width of 0 would claim certainty.
        method: `percentile`, or `normal` for `normal_interval`.

    Returns:
        Lower and upper ends, float64 () or (K,); NaN where there is no interval.
    """
    if units < 2:
        nothing = np.full(np.shape(value), np.nan)
        return nothing, nothing
    if method == "percentile":
        return percentile_interval(replicates, level)
    return normal_interval(value, replicates, level=level, units=units)


def normal_interval(
    value: NDArray[np.float64], replicates: NDArray[np.float64], *, level: float, units: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value less its bias, plus and minus standard errors, both as the replicates tell them.

    The bias is that of the replicates' mean. Their spread is enlarged by sqrt(n / (n - 1)), and the number of standard
    errors is Student's for n - 1 degrees of freedom: both matter for few units. Ends may lie outside 0..1. Source:
    Davison and Hinkley, Bootstrap Methods and their Application, 1997, Section 5.2.1; for few units: Hesterberg, What
    Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, Section 4.

    Args:
        value, replicates, level, units: as of `interval`; two units or more.

    Returns:
        Lower and upper ends, float64 () or (K,); NaN where fewer than two replicates are defined.
    """
    from scipy.stats import t

    defined = ~np.isnan(replicates)
    count = np.count_nonzero(defined, axis=0)
    known = np.where(count > 1, count, np.nan)
    # From the value, so that replicates that all equal it have no spread at all.
    shift = np.where(defined, replicates - value, 0.0)
    bias = shift.sum(axis=0) / known
    variance = np.where(defined, np.square(shift - bias), 0.0).sum(axis=0) / known
    half = t.ppf((1 + level) / 2, units - 1) * np.sqrt(variance * units / (units - 1))
    return np.asarray(value - bias - half), np.asarray(value - bias + half)


def percentile_interval(
    replicates: NDArray[np.float64], level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Between quantiles of the replicates.

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
