"""When a difference is flagged."""

from __future__ import annotations

import math

import pytest

from boundary_bench.bench.analysis.numbers import Interval
from boundary_bench.bench.papers.pairs import Pair
from boundary_bench.bench.papers.published import Number


@pytest.mark.parametrize(
    ("printed", "low", "high", "flagged"),
    [
        ("79.5", 0.790, 0.800, False),
        ("79.5", 0.7954, 0.800, False),  # may have been 79.549 before rounding
        ("79.5", 0.7956, 0.800, True),
        ("79.5", 0.700, 0.7946, False),
        ("79.5", 0.700, 0.7944, True),
        ("79.50", 0.7954, 0.800, True),  # one more decimal, less room
        ("80", 0.795, 0.800, False),
        ("79.5", math.nan, math.nan, False),
        ("", 0.1, 0.2, False),
    ],
)
def test_beyond_rounding_and_interval(printed, low, high, flagged):
    assert Pair(Number(printed), Interval(0.5, low, high)).flagged == flagged


def test_the_difference_is_ours_minus_the_printed_one():
    assert Pair(Number("79.5"), Interval(0.8)).difference == pytest.approx(0.005)
    assert math.isnan(Pair(Number(""), Interval(0.8)).difference)
