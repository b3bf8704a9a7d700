from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.analysis.bootstrap import cluster_numbers
from boundary_bench.bench.analysis.permutation import (
    exchanges,
    holm,
    is_exhaustive,
    p_value,
    p_values,
    permuted_differences,
)
from boundary_bench.metrics.functional.statistics import Measurement, Summary, divide, weighted_sum
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from tests.calibration.populations import instances


class Ratio:
    """Sum of one statistic over that of another: the simplest number that is no mean over images."""

    def definition(self) -> dict[str, Any]:
        return {}

    def measure(self, *, prediction: Any, truth: Any) -> Any:
        raise NotImplementedError

    def summarise(self, measurements: Any, weights: Any = None) -> Summary:
        part, whole = (weighted_sum(measurements, key, weights) for key in ("part", "whole"))
        return Summary({"ratio": divide(part, whole)}, {"ratio": divide(part, whole)[..., None]})

    @staticmethod
    def of(parts: Any, wholes: Any) -> list[Any]:
        return [{"part": np.array(p), "whole": np.array(w)} for p, w in zip(parts, wholes, strict=True)]


def test_all_exchanges_are_there_once_where_they_are_few() -> None:
    swapped = exchanges(np.arange(4), 8, seed=0)
    assert {tuple(row) for row in swapped.tolist()} == {(*row, False) for row in product((False, True), repeat=3)}
    assert not swapped[0].any()
    assert is_exhaustive(np.arange(4), 8)
    assert not is_exhaustive(np.arange(4), 7)
    assert exchanges(np.arange(4), 7, seed=0).shape == (7, 4)
    assert exchanges(np.arange(100), 50, seed=0).shape == (50, 100)


def test_images_of_a_cluster_change_sides_together() -> None:
    units = cluster_numbers(["b", "a", "b", None, "a"])
    for count in (4, 3):
        swapped = exchanges(units, count, seed=1)
        assert len(swapped) == count
        np.testing.assert_array_equal(swapped[:, 0], swapped[:, 2])
        np.testing.assert_array_equal(swapped[:, 1], swapped[:, 4])
    np.testing.assert_array_equal(exchanges(units[:1], 9, seed=0), [[False]])


def test_a_few_exchanges_by_hand() -> None:
    first, second = Ratio.of([1, 2, 6], [10, 10, 10]), Ratio.of([0, 3, 2], [10, 5, 10])
    swapped = np.array([[False, False, False], [True, False, False], [False, True, True]])
    found = permuted_differences(Ratio(), first, second, swapped)
    by_hand = [9 / 30 - 5 / 25, 8 / 30 - 6 / 25, 6 / 25 - 8 / 30]
    np.testing.assert_allclose(found.values["ratio"], by_hand, rtol=1e-12)
    np.testing.assert_allclose(found.per_class["ratio"][:, 0], by_hand, rtol=1e-12)


def _overlap(rng: np.random.Generator) -> Measurement:
    both = rng.integers(0, 9, 4)
    return {"both": both, "true": both + rng.integers(0, 9, 4), "predicted": both + rng.integers(0, 9, 4)}


@pytest.mark.parametrize("metric", [MeanIoU(4), AveragePrecision(2, area_ranges={})])
def test_exchanged_measurements_give_what_their_own_summary_gives(metric: Any) -> None:
    rng = np.random.default_rng(3)
    if isinstance(metric, MeanIoU):
        pairs = [(_overlap(rng), _overlap(rng)) for _ in "12345"]
    else:
        # Equal scores too: their order is that of the images, whoever measured them.
        pairs = [tuple({**side, "score": np.round(side["score"])} for side in p) for p in instances(5, 2).pool]
    first, second = ([pair[side] for pair in pairs] for side in (0, 1))
    swapped = exchanges(np.arange(5), 16, seed=0)
    found = permuted_differences(metric, first, second, swapped)
    for row, pattern in enumerate(swapped):
        one = metric.summarise([pair[int(away)] for pair, away in zip(pairs, pattern, strict=True)])
        other = metric.summarise([pair[1 - int(away)] for pair, away in zip(pairs, pattern, strict=True)])
        for name in one.values:
            expected = one.values[name] - other.values[name]
            np.testing.assert_allclose(found.values[name][row], expected, atol=1e-12)


@pytest.mark.parametrize("images", [6, 30])
def test_p_is_that_of_scipy(images: int) -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(0.4, 1, images), rng.normal(0, 1, images)
    swapped = exchanges(np.arange(images), 4000, seed=0)
    ones = np.ones(images)
    found = permuted_differences(Ratio(), Ratio.of(one, ones), Ratio.of(other, ones), swapped).values["ratio"]
    exhaustive = is_exhaustive(np.arange(images), 4000)
    assert exhaustive == (images == 6)
    p = p_value(one.mean() - other.mean(), found, exhaustive=exhaustive)
    peer = scipy.stats.permutation_test(
        (one, other), lambda a, b, axis: (a - b).mean(axis), permutation_type="samples", n_resamples=20000, rng=0
    )
    assert p == pytest.approx(peer.pvalue, abs=1e-12 if exhaustive else 0.02)


def test_p_counts_what_is_as_large_and_what_is_undefined() -> None:
    permuted = np.array([0.5, -0.5, 0.2, np.nan])
    assert p_value(0.5, permuted, exhaustive=True) == 3 / 4
    assert p_value(-0.5 - 1e-15, permuted, exhaustive=False) == 4 / 5
    assert p_value(9.0, np.zeros(99), exhaustive=False) == 1 / 100
    assert np.isnan(p_value(np.nan, permuted, exhaustive=True))


def _tested(metric: Any, sides: Any, count: int) -> tuple[float, float, int]:
    """p that stops, p of all exchanges, and how many a metric was handed until then."""
    first, second = sides
    images = np.arange(len(first))
    swapped = exchanges(images, count, seed=0)
    observed = float(metric.summarise(first).values["ratio"] - metric.summarise(second).values["ratio"])
    exhaustive = is_exhaustive(images, count)
    metric.seen = 0
    found = p_values(metric, first, second, {"ratio": observed, "other": np.nan}, swapped, exhaustive=exhaustive)
    seen = metric.seen
    assert np.isnan(found["other"])
    every = permuted_differences(metric, first, second, swapped).values["ratio"]
    whole = p_value(observed, every, exhaustive=exhaustive)
    if not exhaustive and seen < 2 * count:
        as_large = np.abs(every) >= abs(observed) - 1e-12
        assert found["ratio"] == 100 / (1 + int(np.flatnonzero(as_large)[99]))
    return found["ratio"], whole, seen


class Counting(Ratio):
    """Counts the weightings that it is handed."""

    seen = 0

    def summarise(self, measurements: Any, weights: Any = None) -> Summary:
        self.seen += 0 if weights is None else len(weights)
        return super().summarise(measurements, weights)


@pytest.mark.parametrize(("shift", "stops"), [(0.0, True), (0.9, False)])
def test_random_exchanges_stop_where_p_is_large_for_certain(shift: float, stops: bool) -> None:
    rng = np.random.default_rng(4)
    sides = [Ratio.of(rng.normal(mean, 1, 40), np.ones(40)) for mean in (shift, 0.0)]
    p, whole, seen = _tested(Counting(), sides, 1999)
    assert (seen < 2 * 1999) == stops
    assert p == pytest.approx(whole, rel=0.35) if stops else p == whole
    few = [side[:8] for side in sides]
    p, whole, seen = _tested(Counting(), few, 1999)
    assert (p, seen) == (whole, 2 * 128)


def test_stopping_keeps_the_level() -> None:
    rng = np.random.default_rng(5)
    ones = np.ones(12)
    p = []
    for _ in range(120):
        one, other = rng.normal(0, 1, 12), rng.normal(0, 1, 12)
        p.append(_tested(Counting(), (Ratio.of(one, ones), Ratio.of(other, ones)), 999)[0])
    assert scipy.stats.kstest(p, "uniform").pvalue > 0.01


def test_holm_by_hand() -> None:
    # Sorted 0.01 0.02 0.04: times 3, 2, 1 makes 0.03 0.04 0.04.
    np.testing.assert_allclose(holm([0.04, np.nan, 0.01, 0.02]), [0.04, np.nan, 0.03, 0.04])
    np.testing.assert_allclose(holm([0.02, 0.021, 0.9]), [0.06, 0.06, 0.9])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_lies_between_p_and_bonferroni_and_keeps_the_order(p: list[float]) -> None:
    adjusted = np.array(holm(p))
    assert (adjusted >= np.array(p) - 1e-15).all()
    assert (adjusted <= np.minimum(1, len(p) * np.array(p)) + 1e-12).all()
    assert (np.diff(adjusted[np.argsort(p, kind="stable")]) >= 0).all()
