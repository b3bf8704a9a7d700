"""Bootstrap over images, or over clusters of images that are not independent of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.ranges import UNBOUNDED, Range, Scale, at_end

Method = Literal["logit", "normal", "percentile", "none"]
INTERVALS: dict[Method, str] = {
    "logit": "normal bootstrap with Student's quantiles, of values on the logit scale, of differences as they are",
    "normal": "normal bootstrap with Student's quantiles",
    "percentile": "percentile bootstrap",
    "none": "none",
}
"""What notes call the methods."""
OF_DIFFERENCES: dict[Method, str] = {**INTERVALS, "logit": INTERVALS["normal"]}
"""The same of differences alone."""
NOT_ASKED = "no interval was asked for"
"""Why there is no interval where the method is `none`."""
FEWEST = 5
"""With fewer images or clusters there is no interval: whatever it would be, it would promise more than they tell."""


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
    value: NDArray[np.float64],
    replicates: NDArray[np.float64],
    *,
    level: float,
    units: int,
    method: Method,
    range_: Range = UNBOUNDED,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval of a value.

    Args:
        value: float64 () or (K,), of the set itself.
        replicates: float64 (R,) or (R, K); NaN where undefined in a replicate, which is then left out.
        level: coverage, in 0..1.
        units: how many images or clusters were resampled.
        method: `percentile`; `normal` for `normal_interval`; `logit` for the same on the scale of the range, which
            keeps the ends within it; `none`.
        range_: what values there can be.

    Returns:
        Lower and upper ends, float64 () or (K,); NaN where there is no interval, for the reason that `without` gives.
    """
    nothing = np.full(np.shape(value), np.nan)
    if units < FEWEST or method == "none":
        return nothing, nothing
    if method == "percentile":
        low, high = percentile_interval(replicates, level)
    else:
        scale = range_ if method == "logit" else UNBOUNDED
        low, high = normal_interval(value, replicates, level=level, units=units, range_=scale)
    inside = ~at_end(value, range_)
    return np.where(inside, low, np.nan), np.where(inside, high, np.nan)


def interval_of_difference(
    value: NDArray[np.float64],
    replicates: NDArray[np.float64],
    *,
    level: float,
    units: int,
    method: Method,
    range_: Range = UNBOUNDED,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The interval of a difference: by `logit` as by `normal`, but where that would leave the range of differences.

    Args:
        value, replicates, level, units, method: as of `interval`.
        range_: what differences there can be.

    Returns:
        As `interval`.
    """
    plain: Method = "normal" if method == "logit" else method
    low, high = interval(value, replicates, level=level, units=units, method=plain)
    left = (low < range_[0]) | (high > range_[1])
    if method != "logit" or not left.any():
        return low, high
    within = interval(value, replicates, level=level, units=units, method=method, range_=range_)
    return np.where(left, within[0], low), np.where(left, within[1], high)


def without(
    value: NDArray[np.float64],
    low: NDArray[np.float64],
    *,
    units: int,
    unit: str,
    method: Method,
    range_: Range = UNBOUNDED,
) -> list[str]:
    """Why a value has no interval: "" where it has one, or is undefined itself.

    Args:
        value, low: float64 (K,).
        units, method, range_: as of `interval`.
        unit: `image` or `cluster`.

    Returns:
        K texts.
    """
    if method == "none":
        general = NOT_ASKED
    elif units < FEWEST:
        general = too_few(units, unit)
    else:
        general = "no interval: defined in fewer than two replicates"
    ends = at_end(value, range_) if units >= FEWEST and method != "none" else np.zeros(value.shape, np.bool_)
    lacking = np.isnan(low) & ~np.isnan(value)
    return [
        "" if not lacks else "no interval at an end of the range, where replicates do not vary" if end else general
        for lacks, end in zip(lacking.tolist(), ends.tolist(), strict=True)
    ]


def too_few(units: int, unit: str) -> str:
    """So many images or clusters, and how many there should be."""
    return f"too few for an interval: {units} {unit}{'' if units == 1 else 's'}, at least {FEWEST} are needed"


def normal_interval(
    value: NDArray[np.float64],
    replicates: NDArray[np.float64],
    *,
    level: float,
    units: int,
    range_: Range = UNBOUNDED,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Value less its bias, plus and minus standard errors, both as the replicates tell them.

    The bias is that of the replicates' mean. Their spread is enlarged by sqrt(n / (n - 1)), and the number of standard
    errors is Student's for n - 1 degrees of freedom: both matter for few units. Source: Davison and Hinkley, Bootstrap
    Methods and their Application, 1997, Section 5.2.1; for few units: Hesterberg, What Teachers Should Know About the
    Bootstrap, The American Statistician 69, 2015, Section 4.

    Within a range the interval is made on its scale (`ranges.Scale`), onto which bias and standard error are carried
    by its slope at the value, the delta method (Davison and Hinkley, Section 5.2.2): replicates at an end of the range,
    where the scale is infinite, count like any others.

    Args:
        value, replicates, level, units: as of `interval`; two units or more.
        range_: what values there can be; none but `UNBOUNDED` has values at its ends.

    Returns:
        Lower and upper ends, float64 () or (K,); NaN where fewer than two replicates are defined, or at an end.
    """
    from scipy.special import stdtrit  # equal to scipy.stats.t.ppf, whose package takes a second to import

    defined = ~np.isnan(replicates)
    count = np.count_nonzero(defined, axis=0)
    known = np.where(count > 1, count, np.nan)
    # From the value, so that replicates that all equal it have no spread at all.
    shift = np.where(defined, replicates - value, 0.0)
    bias = shift.sum(axis=0) / known
    variance = np.where(defined, np.square(shift - bias), 0.0).sum(axis=0) / known
    half = stdtrit(units - 1, (1 + level) / 2) * np.sqrt(variance * units / (units - 1))
    scale = Scale(range_)
    return scale.moved(value, -bias - half), scale.moved(value, -bias + half)


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
