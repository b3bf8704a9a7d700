"""Intervals of a share that were tried: those that an experiment can name, and others that calibrate less well."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.stats
from numpy.typing import NDArray

from boundary_bench.bench.analysis.bootstrap import normal_interval, percentile_interval
from boundary_bench.bench.analysis.ranges import SHARES

LEVEL = 0.95
Floats = NDArray[np.float64]
Ends = tuple[float, float]
Candidate = Callable[[float, Floats, Floats, int], Ends]
"""From the value, its replicates (R,), the values without each unit (N,), and N."""


def normal(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """`normal` of experiments; its ends may lie outside 0..1."""
    low, high = normal_interval(np.float64(value), replicates, level=LEVEL, units=units)
    return float(low), float(high)


def logit(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """`logit` of experiments, the default."""
    low, high = normal_interval(np.float64(value), replicates, level=LEVEL, units=units, range_=SHARES)
    return float(low), float(high)


def percentile(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """`percentile` of experiments."""
    low, high = percentile_interval(replicates, LEVEL)
    return float(low), float(high)


def logit_replicates(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """The normal interval of transformed replicates, all drawn towards a half so that none is infinite."""
    there, back = (lambda x: scipy.special.logit((x * units + 0.5) / (units + 1))), scipy.special.expit
    ends = normal(float(there(value)), there(replicates), jackknife, units)
    low, high = (float(np.clip((back(end) * (units + 1) - 0.5) / units, 0, 1)) for end in ends)
    return low, high


def arcsine(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """The normal interval of the angles whose squared sines the replicates are, which both ends of 0..1 have."""
    there = lambda x: np.arcsin(np.sqrt(np.clip(x, 0, 1)))  # noqa: E731
    ends = normal(float(there(value)), there(replicates), jackknife, units)
    low, high = (float(np.sin(np.clip(end, 0, np.pi / 2)) ** 2) for end in ends)
    return low, high


def bca(value: float, replicates: Floats, jackknife: Floats, units: int) -> Ends:
    """Bias-corrected and accelerated. Source: Efron and Tibshirani, An Introduction to the Bootstrap, 1993, 14.3."""
    replicates, jackknife = (each[~np.isnan(each)] for each in (replicates, jackknife))
    below = (np.mean(replicates < value) + np.mean(replicates <= value)) / 2
    bias = scipy.stats.norm.ppf(np.clip(below, 0.5 / len(replicates), 1 - 0.5 / len(replicates)))
    pull = jackknife.mean() - jackknife
    squares = (pull**2).sum()
    acceleration = (pull**3).sum() / (6 * squares**1.5) if squares > 0 else 0.0
    z = bias + scipy.stats.norm.ppf([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = np.quantile(replicates, scipy.stats.norm.cdf(bias + z / (1 - acceleration * z)))
    return float(low), float(high)


CANDIDATES: dict[str, Candidate] = {
    "normal": normal,
    "percentile": percentile,
    "BCa": bca,
    "arcsine": arcsine,
    "logit of replicates": logit_replicates,
    "logit": logit,
}
