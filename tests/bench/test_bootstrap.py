from __future__ import annotations

import numpy as np
import pytest

from bench.bootstrap import cluster_numbers, interval, weights


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
def test_interval_is_that_of_numpy(level: float) -> None:
    replicates = np.random.default_rng(0).normal(size=(101, 4))
    low, high = interval(replicates, level)
    tails = [(1 - level) / 2, (1 + level) / 2]
    np.testing.assert_allclose([low, high], np.quantile(replicates, tails, axis=0), rtol=1e-12)
    np.testing.assert_allclose(interval(replicates[:, 0], level), np.quantile(replicates[:, 0], tails), rtol=1e-12)


def test_undefined_replicates_are_left_out_of_an_interval() -> None:
    nan = np.nan
    replicates = np.array([[0.0, nan, nan], [nan, nan, 4.0], [1.0, nan, nan], [2.0, nan, nan]])
    low, high = interval(replicates, 0.5)
    np.testing.assert_array_equal(low, [0.5, nan, 4.0])
    np.testing.assert_array_equal(high, [1.5, nan, 4.0])
