"""What values a number can have, and the scale on which its interval is made so that it stays within them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.abilities import of_metric
from boundary_bench.bench.plugins.protocols import Metric

Range = tuple[float, float]
"""The least and the greatest value that there can be; infinite where there is none."""
UNBOUNDED: Range = (-math.inf, math.inf)
SHARES: Range = (0.0, 1.0)

BUILT_IN = "boundary_bench.metrics."
"""Where the metrics of the catalogue are: all of their numbers are shares, unless they say otherwise."""
ROUNDING = 1e-12
"""Closer than this to an end is at the end: sums in another order differ in their last bits."""

Floats = NDArray[np.float64]


def range_of(metric: Metric, name: str) -> Range:
    """Range of a number of a metric: what it says itself; 0 to 1 where one of the catalogue says nothing."""
    if type(metric).__module__.startswith(BUILT_IN) and not hasattr(metric, "value_range"):
        return SHARES
    low, high = of_metric(metric).value_range(name)
    return float(low), float(high)


def of_differences(range_: Range) -> Range:
    """Range of the difference of two values."""
    return range_[0] - range_[1], range_[1] - range_[0]


def at_end(value: Floats, range_: Range) -> NDArray[np.bool_]:
    """Which values lie at an end of their range, bool of the value's shape."""
    low, high = range_
    return np.asarray((value <= low + ROUNDING) | (value >= high - ROUNDING))


def require_within(value: Floats, range_: Range, where: str) -> None:
    """Refuse values outside the range that their metric says they have.

    Args:
        value: float64 () or (K,); NaN where undefined.
        range_: of them.
        where: names metric and number.

    Raises:
        InputError: one that lies outside.
    """
    low, high = range_
    outside = np.atleast_1d((value < low - ROUNDING) | (value > high + ROUNDING))
    if outside.any():
        found = f"{np.atleast_1d(value)[outside][0]:g}"
        hint = "the metric's value_range says which values there can be"
        raise InputError(Problem(where, found, f"{low:g} to {high:g}", hint))


@dataclass(frozen=True)
class Scale:
    """A scale on which a range has no ends: the logit between two ends, the logarithm of the distance to one, else the
    values themselves."""

    range_: Range

    def moved(self, value: Floats, by: Floats) -> Floats:
        """Where a step from each value ends.

        Args:
            value: float64 () or (K,).
            by: the step, in units of the value, which the slope of the scale at the value carries onto the scale.

        Returns:
            Of the value's shape; within the range. NaN for values at an end or outside.
        """
        from scipy.special import expit, logit

        low, high = self.range_
        bounded_below, bounded_above = math.isfinite(low), math.isfinite(high)
        if not bounded_below and not bounded_above:
            return np.asarray(value + by)
        inside = (value > low) & (value < high)
        value = np.where(inside, value, np.nan)
        if bounded_below and bounded_above:
            share = (value - low) / (high - low)
            slope = 1 / (share * (1 - share))
            return np.asarray(low + (high - low) * expit(logit(share) + slope * by / (high - low)))
        if bounded_below:
            return np.asarray(low + (value - low) * np.exp(by / (value - low)))
        return np.asarray(high - (high - value) * np.exp(-by / (high - value)))
