"""Permutation tests of two methods on the same images, and what many of them are worth together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.metrics.functional.statistics import Measurement, Summary

AT_ONCE = 250
"""Exchanges that a metric is handed together: more would need more memory and save no time."""

ENOUGH = 100
"""Random exchanges are no longer drawn once so many made a difference as large: p is known to a tenth of itself."""

ROUNDING = 1e-12
"""Differences closer than this are equal: sums in another order differ in their last bits."""


def exchanges(units: NDArray[np.int64], count: int, seed: int) -> NDArray[np.bool_]:
    """Which images change sides in each permutation; those of one unit do so together.

    All patterns where there are not more than `count`, else so many random ones. A pattern and its complement only
    turn the sign of a difference round, so that one of them stands for both: the last unit never changes sides.

    Args:
        units: (N,), the unit of each image: itself, or the cluster that it is in.
        count: how many permutations at most.
        seed: of the draws.

    Returns:
        bool (P, N), P = min(count, 2 ** (number of units - 1)). The first row exchanges nothing where all patterns
        are there; random rows do not hold it.
    """
    _, members = np.unique(units, return_inverse=True)
    free = int(members.max()) if len(members) else 0
    if free < 62 and 2**free <= count:
        patterns = (np.arange(2**free)[:, None] >> np.arange(free)) & 1
    else:
        patterns = np.random.default_rng(seed).integers(0, 2, (count, free))
    swapped: NDArray[np.bool_] = np.pad(patterns, ((0, 0), (0, 1)))[:, members].astype(np.bool_)
    return swapped


def is_exhaustive(units: NDArray[np.int64], count: int) -> bool:
    """Whether `exchanges` holds every pattern."""
    free = len(np.unique(units)) - 1
    return free < 62 and 2**free <= count


def p_values(
    metric: Metric,
    first: Sequence[Measurement],
    second: Sequence[Measurement],
    observed: Mapping[str, float],
    swapped: NDArray[np.bool_],
    *,
    exhaustive: bool,
) -> dict[str, float]:
    """Tests of several numbers of a metric at once, with as many exchanges as are needed.

    Random exchanges are drawn until each of the numbers has `ENOUGH` that made a difference as large, at most those of
    `swapped`. Each number by itself stops where it has them: p is `ENOUGH` / draws until then, else that of `p_value`.
    The test holds its level all the same, since where it stops depends on nothing but the draws before. Source: Besag
    and Clifford, Sequential Monte Carlo p-values, Biometrika 78, 1991.

    Args:
        metric: what summarises.
        first, second: N measurements of the same images.
        observed: first minus second as it was found, by number; NaN gives NaN.
        swapped: bool (P, N), those of `exchanges`.
        exhaustive: whether these are all patterns, which are then all tried.
    """
    defined = {name: value for name, value in observed.items() if not np.isnan(value)}
    found: dict[str, list[NDArray[np.bool_]]] = {name: [] for name in defined}
    for start in range(0, len(swapped) if defined else 0, AT_ONCE):
        permuted = permuted_differences(metric, first, second, swapped[start : start + AT_ONCE]).values
        for name, value in defined.items():
            found[name].append(_as_large(value, permuted[name]))
        if not exhaustive and all(sum(map(np.count_nonzero, each)) >= ENOUGH for each in found.values()):
            break
    tested = {name: _stopped(np.concatenate(each), exhaustive=exhaustive) for name, each in found.items()}
    return {name: tested.get(name, float("nan")) for name in observed}


def _stopped(as_large: NDArray[np.bool_], *, exhaustive: bool) -> float:
    """p of one number, of draws that may go on for longer than it needs them."""
    count = int(np.count_nonzero(as_large))
    if exhaustive:
        return count / len(as_large)
    if count >= ENOUGH:
        return float(ENOUGH / (1 + np.flatnonzero(as_large)[ENOUGH - 1]))
    return (count + 1) / (len(as_large) + 1)


def permuted_differences(
    metric: Metric, first: Sequence[Measurement], second: Sequence[Measurement], swapped: NDArray[np.bool_]
) -> Summary:
    """First minus second, with measurements of both exchanged.

    Both sides lie in one list, image by image, and weights of 0 and 1 tell who is where: whatever a metric makes of
    its weights, it makes of exchanged measurements too.

    Args:
        metric: what summarises.
        first, second: N measurements of the same images.
        swapped: bool (P, N).

    Returns:
        Values (P,) and values by class (P, K); NaN where either side is undefined.
    """
    both = [measurement for pair in zip(first, second, strict=True) for measurement in pair]
    values: dict[str, list[NDArray[np.float64]]] = {}
    per_class: dict[str, list[NDArray[np.float64]]] = {}
    for start in range(0, len(swapped), AT_ONCE):
        away = swapped[start : start + AT_ONCE].astype(np.float64)
        own = np.stack([1 - away, away], axis=-1).reshape(len(away), -1)
        # In one call, so that what does not depend on weights is done once.
        sides = metric.summarise(both, np.concatenate([own, 1 - own]))
        for parts, of_sides in ((values, sides.values), (per_class, sides.per_class)):
            for name, both_sides in of_sides.items():
                one, other = np.split(both_sides, 2)
                parts.setdefault(name, []).append(one - other)
    return Summary(
        {name: np.concatenate(parts) for name, parts in values.items()},
        {name: np.concatenate(parts) for name, parts in per_class.items()},
    )


def p_value(observed: float, permuted: NDArray[np.float64], *, exhaustive: bool) -> float:
    """Two-sided: how often chance alone makes a difference as large.

    Of random permutations the one that was observed counts as one more, so that p is never 0 and the test holds its
    level with any number of them. A permutation in which the difference is undefined counts as one as large. Source:
    Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005; Phipson and Smyth, Permutation p-values
    should never be zero, Statistical Applications in Genetics and Molecular Biology 9, 2010.

    Args:
        observed: the difference; NaN gives NaN.
        permuted: float64 (P,), those of `permuted_differences`.
        exhaustive: whether these are all patterns, the observed one among them.
    """
    if np.isnan(observed):
        return float("nan")
    as_large = np.count_nonzero(_as_large(observed, permuted))
    return float(as_large / len(permuted) if exhaustive else (as_large + 1) / (len(permuted) + 1))


def _as_large(observed: float, permuted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which differences are as large as the one that was found, or undefined."""
    found: NDArray[np.bool_] = ~(np.abs(permuted) < abs(observed) - ROUNDING)
    return found


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted for being several: that any of them is below a level by chance alone is no more likely than the level.

    Holds however the tests depend on each other. Source: Holm, A simple sequentially rejective multiple test
    procedure, Scandinavian Journal of Statistics 6, 1979.

    Args:
        p_values: NaN stays NaN and is not counted.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)[: np.count_nonzero(~np.isnan(p))]
    adjusted = np.full(p.shape, np.nan)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(order), 0, -1)), 1.0)
    found: list[float] = adjusted.tolist()
    return found
