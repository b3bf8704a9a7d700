from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from boundary_bench.bench.analysis.bootstrap import (
    Method,
    cluster_numbers,
    interval,
    interval_of_difference,
    normal_interval,
    percentile_interval,
    weights,
    without,
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


@pytest.mark.parametrize("method", ["percentile", "normal", "logit"])
def test_fewer_than_five_units_have_no_interval(method: Method) -> None:
    replicates = np.tile([[0.4], [0.6]], (5, 2))
    for make in (interval, interval_of_difference):
        for units in (1, 4):
            found = make(np.full(2, 0.5), replicates, level=0.95, units=units, method=method)
            assert np.isnan(found).all()
        low, high = make(np.full(2, 0.5), replicates, level=0.95, units=5, method=method)
        assert (low < high).all()


def test_logit_interval_by_hand() -> None:
    # The one above, of percents: 2 per cent less a bias of 1 and half of 6.0 (three degrees of freedom), which is
    # carried by the slope 1 / (0.02 * 0.98) onto the logit of 0.02.
    half = 0.03182446305 * np.sqrt(8 / 3 * 4 / 3)
    found = normal_interval(np.float64(0.02), np.array([0.01, 0.03, 0.05]), level=0.95, units=4, range_=(0.0, 1.0))
    odds = 2 / 98 * np.exp(np.array([-0.01 - half, -0.01 + half]) / (0.02 * 0.98))
    np.testing.assert_allclose(found, odds / (1 + odds), rtol=1e-8)


@pytest.mark.parametrize("range_", [(0.0, 1.0), (0.0, np.inf), (-np.inf, 1.0), (-3.0, 7.0)])
def test_ends_stay_in_the_range_and_are_the_normal_ones_far_from_its_ends(range_: tuple[float, float]) -> None:
    shift = np.random.default_rng(0).normal(size=(400, 1))
    wide = interval(np.array([0.97]), 0.97 + 0.2 * shift, level=0.95, units=6, method="logit", range_=range_)
    assert range_[0] < wide[0] < 0.97 < wide[1] < range_[1]
    narrow, plain = (
        interval(np.array([0.5]), 0.5 + 1e-4 * shift, level=0.95, units=50, method="logit", range_=each)
        for each in (range_, (-np.inf, np.inf))
    )
    np.testing.assert_allclose(np.subtract(narrow, 0.5), np.subtract(plain, 0.5), rtol=0.01)


@pytest.mark.parametrize("method", ["percentile", "normal", "logit"])
def test_a_value_at_an_end_of_its_range_has_no_interval(method: Method) -> None:
    # The third: precision as pycocotools rounds it; the last: another value, some of whose replicates lie at the end.
    value = np.array([0.0, 1.0, 1 - 2**-52, 0.9])
    replicates = np.repeat(value[None], 60, axis=0)
    replicates[::2, 3] = 1.0
    replicates[1, 3] = np.nan
    low, high = interval(value, replicates, level=0.95, units=9, method=method, range_=(0.0, 1.0))
    np.testing.assert_array_equal(np.isnan(low + high), [True, True, True, False])
    assert 0 < low[3] < high[3]
    reasons = without(value, low, units=9, unit="image", method=method, range_=(0.0, 1.0))
    assert reasons == ["no interval at an end of the range, where replicates do not vary"] * 3 + [""]


def test_why_there_is_no_interval() -> None:
    value, nothing = np.array([0.5, np.nan]), np.full(2, np.nan)
    assert without(value, nothing, units=1, unit="cluster", method="logit") == [
        "too few for an interval: 1 cluster, at least 5 are needed",
        "",
    ]
    assert without(value, nothing, units=9, unit="image", method="none")[0] == "no interval was asked for"
    assert (
        without(value, nothing, units=9, unit="image", method="logit")[0]
        == "no interval: defined in fewer than two replicates"
    )


def test_differences_have_plain_intervals_but_where_these_leave_their_range() -> None:
    replicates = np.random.default_rng(1).normal(size=(500, 2)) * [0.01, 0.2] + [0.9, 0.9]
    value = np.array([0.9, 0.9])
    found = interval_of_difference(value, replicates, level=0.95, units=20, method="logit", range_=(-1.0, 1.0))
    plain = interval(value, replicates, level=0.95, units=20, method="normal")
    assert plain[1][1] > 1 > found[1][1] > 0.9 > found[0][1] > -1
    assert found[0][1] != plain[0][1]
    np.testing.assert_array_equal([found[0][0], found[1][0]], [plain[0][0], plain[1][0]])
