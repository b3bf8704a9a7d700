from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from boundary_bench.bench.analysis.bootstrap import (
    cluster_numbers,
    interval,
    normal_interval,
    percentile_interval,
    weights,
)


def test_every_replicate_draws_as_many_images_as_there_are() -> None:
    drawn = weights([None] * 7, replicates=50, seed=1)
    assert drawn.shape == (50, 7)
    assert drawn.dtype == np.float64
    assert (drawn.sum(axis=1) == 7).all()
    assert (drawn == np.round(drawn)).all()
    assert len(np.unique(drawn, axis=0)) > 40


def test_images_of_a_cluster_are_drawn_together() -> None:
    drawn = weights(["a", "b", "a", None], replicates=4000, seed=0)
    np.testing.assert_array_equal(drawn[:, 0], drawn[:, 2])
    # Three clusters (a, b and the image by itself), three draws.
    assert (drawn[:, 0] + drawn[:, 1] + drawn[:, 3] == 3).all()
    # P(a is not drawn) = (2/3)^3, by hand.
    assert np.mean(drawn[:, 0] == 0) == pytest.approx(8 / 27, abs=0.03)


def test_the_variance_of_a_mean_is_that_of_whole_clusters() -> None:
    # Four clusters of two equal images, 0 0 1 1 2 2 3 3: the variance of the mean is var(0..3) / 4 = 0.3125, and
    # half of that would result if images were drawn one by one.
    values = np.repeat(np.arange(4.0), 2)
    names = [f"c{int(value)}" for value in values]
    means = weights(names, 20000, seed=3) @ values / 8
    assert means.var() == pytest.approx(0.3125, rel=0.05)
    alone = weights([None] * 8, 20000, seed=3) @ values / 8
    assert alone.var() == pytest.approx(0.3125 / 2, rel=0.05)


def test_seeds_decide() -> None:
    first, again, other = (weights([None] * 5, 10, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_clusters_are_numbered_by_first_occurrence() -> None:
    assert cluster_numbers(["x", None, "y", None, "x"]).tolist() == [0, 1, 2, 3, 0]
    assert weights([], 3, 0).shape == (3, 0)


@pytest.mark.parametrize("level", [0.5, 0.9, 0.95])
def test_percentile_interval_is_that_of_numpy(level: float) -> None:
    replicates = np.random.default_rng(0).normal(size=(101, 4))
    low, high = percentile_interval(replicates, level)
    tails = [(1 - level) / 2, (1 + level) / 2]
    np.testing.assert_allclose([low, high], np.quantile(replicates, tails, axis=0), rtol=1e-12)
    found = percentile_interval(replicates[:, 0], level)
    np.testing.assert_allclose(found, np.quantile(replicates[:, 0], tails), rtol=1e-12)


def test_undefined_replicates_are_left_out_of_an_interval() -> None:
    nan = np.nan
    replicates = np.array([[0.0, nan, nan], [nan, nan, 4.0], [1.0, nan, nan], [2.0, nan, nan]])
    low, high = percentile_interval(replicates, 0.5)
    np.testing.assert_array_equal(low, [0.5, nan, 4.0])
    np.testing.assert_array_equal(high, [1.5, nan, 4.0])


def test_normal_interval_by_hand() -> None:
    # Replicates 1 3 5 of the value 2: mean 3, so the bias is 1; variance 8/3, times 4/3 for four units. Student's
    # quantile of 95 % with three degrees of freedom is 3.182446 (any printed table).
    half = 3.182446305 * np.sqrt(8 / 3 * 4 / 3)
    found = normal_interval(np.float64(2), np.array([1.0, 3.0, 5.0]), level=0.95, units=4)
    np.testing.assert_allclose(found, [1 - half, 1 + half], rtol=1e-8)


def test_normal_interval_of_a_mean_is_students() -> None:
    values = np.random.default_rng(2).normal(size=12)
    replicates = weights([None] * 12, 40000, seed=5) @ values / 12
    found = normal_interval(values.mean(), replicates, level=0.9, units=12)
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.9)
    np.testing.assert_allclose(found, [expected.low, expected.high], atol=0.01)


def test_what_is_undefined_has_no_normal_interval() -> None:
    replicates = np.array([[0.0, np.nan, np.nan, 1.0], [2.0, 1.0, np.nan, 1.0], [np.nan, np.nan, np.nan, 1.0]])
    low, high = normal_interval(np.ones(4), replicates, level=0.95, units=9)
    np.testing.assert_array_equal(np.isnan(low), [False, True, True, False])
    assert (low + high)[0] == pytest.approx(2)
    assert (low[3], high[3]) == (1, 1)


def test_one_unit_has_no_interval() -> None:
    replicates = np.ones((10, 2))
    for method in ("percentile", "normal"):
        low, high = interval(np.ones(2), replicates, level=0.95, units=1, method=method)
        assert np.isnan([low, high]).all()
        low, high = interval(np.ones(2), replicates, level=0.95, units=2, method=method)
        assert (low == high).all()
