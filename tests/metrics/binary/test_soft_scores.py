"""F, E, S, weighted F, MAE and HCE against pysodmetrics, and what holds for all of them."""

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from boundary_bench.metrics.binary.e_measure import EMeasure
from boundary_bench.metrics.binary.f_measure import FMeasure
from boundary_bench.metrics.binary.human_correction_effort import HumanCorrectionEffort
from boundary_bench.metrics.binary.mean_absolute_error import MeanAbsoluteError
from boundary_bench.metrics.binary.s_measure import SMeasure
from boundary_bench.metrics.binary.weighted_f import WeightedF
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.effort import examples
from tests.metrics.binary.pysodmetrics import mean_squared_error, results
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei

METRICS = {
    "F": FMeasure,
    "E": EMeasure,
    "S": SMeasure,
    "weighted_F": WeightedF,
    "MAE": MeanAbsoluteError,
    "HCE": HumanCorrectionEffort,
}


def summary(metric, pairs, weights=None):
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs], weights)


def values(metric, pairs):
    return {name: float(value) for name, value in summary(metric, pairs).values.items()}


def assert_equal_to_pysodmetrics(pairs, normalise=True):
    """Image by image; one pixel has no E here, where the peer divides by 2e-16."""
    for name, metric in METRICS.items():
        for number, pair in enumerate(pairs):
            if name == "E" and pair[1].mask.size == 1:
                continue
            expected = results([pair], name, normalise=normalise)
            if name == "MAE":
                expected["MSE"] = mean_squared_error([pair], normalise=normalise)
            found = values(metric(normalise=normalise), [pair])
            assert found == pytest.approx(expected, abs=1e-12, rel=0, nan_ok=True), (name, number)


def soft_pairs(count, seed=3):
    """Levels of few and of many kinds, which meet thresholds exactly, constant ones too."""
    rng = np.random.default_rng(seed)
    for _, truth in mask_pairs(count, seed=seed, largest=40):
        some = rng.integers(0, 256, rng.integers(1, 5))
        yield BinaryMask.soft(rng.choice(some, truth.size).astype(np.uint8)), truth


@pytest.mark.parametrize("count", [100])
def test_random_masks_have_the_numbers_of_pysodmetrics(count):
    assert_equal_to_pysodmetrics(list(mask_pairs(count)))
    assert_equal_to_pysodmetrics(list(soft_pairs(count // 2)))
    assert_equal_to_pysodmetrics(list(soft_pairs(count // 2, seed=4)), normalise=False)


TIES = ([[111, 254, 108], [184, 111, 108]], [[51, 12, 214], [12, 51, 172], [51, 214, 51]])
"""Maps in which twice the mean is a level, and the sum over pixels rounds otherwise than the sum over levels."""


@pytest.mark.parametrize("levels", TIES)
def test_a_level_that_is_the_adaptive_threshold_reaches_it_where_pysodmetrics_has_it_so(levels):
    levels = np.array(levels, np.uint8)
    for level in np.unique(levels):
        assert_equal_to_pysodmetrics([(BinaryMask.soft(levels), BinaryMask(levels == level))])


@settings(max_examples=examples(60))
@given(st.data())
def test_any_masks_have_the_numbers_of_pysodmetrics(data):
    size = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=9))
    levels = st.sampled_from([0, 1, 64, 127, 128, 200, 254, 255])
    found = data.draw(hnp.arrays(np.uint8, size, elements=levels, fill=levels))
    pair = BinaryMask.soft(found), BinaryMask(data.draw(hnp.arrays(np.bool_, size)))
    assert_equal_to_pysodmetrics([pair], normalise=data.draw(st.booleans()))


@pytest.mark.parametrize("count", [4])
def test_real_masks_have_the_numbers_of_pysodmetrics(count):
    pairs = []
    for some in (camvid("car"), camvid("pedestrian"), nuclei()):
        for each in islice(some, count):
            pairs.append((each.prediction, each.truth))
            if each.soft is not None:
                pairs.append((BinaryMask.soft(each.soft.levels), each.truth))
    assert_equal_to_pysodmetrics(pairs)


def test_a_set_has_the_numbers_of_pysodmetrics_where_each_image_has_one():
    pairs = [pair for pair in mask_pairs(60) if pair[1].mask.size > 1 and defined(pair[1])]
    for name, metric in METRICS.items():
        found = values(metric(), pairs)
        expected = results(pairs, name)
        assert {each: found[each] for each in expected} == pytest.approx(expected, abs=1e-12), name


def defined(truth):
    """Whether the S-measure is: the centre of the object is in neither the last row nor the last column."""
    return not np.isnan(values(SMeasure(), [(truth, truth)])["S"])


def test_void_is_left_out_where_pixels_are_counted_and_background_where_shapes_are_compared():
    rng = np.random.default_rng(8)
    pairs = []
    for prediction, truth in soft_pairs(40, seed=9):
        void = rng.random(truth.size) < 0.3
        pairs.append((prediction, BinaryMask(truth.mask & ~void, void=void)))
    pairs = [pair for pair in pairs if not pair[1].void.all()]
    assert_equal_to_pysodmetrics(pairs)
    assert_equal_to_pysodmetrics(pairs, normalise=False)


def test_what_is_predicted_in_void_changes_nothing():
    (_, truth), rng = next(soft_pairs(1, seed=2)), np.random.default_rng(0)
    void = ~truth.mask & (rng.random(truth.size) < 0.4)
    levels = rng.integers(30, 220, truth.size).astype(np.uint8)
    other = np.where(void, rng.integers(0, 256, truth.size), levels).astype(np.uint8)
    truth = BinaryMask(truth.mask, void=void)
    assert not np.array_equal(levels, other)
    for metric in METRICS.values():
        pairs = [[(BinaryMask.soft(each), truth)] for each in (levels, other)]
        assert values(metric(), pairs[0]) == values(metric(), pairs[1])


EMPTY, FULL = np.zeros((4, 5), np.bool_), np.ones((4, 5), np.bool_)
N = 20 / 19
# Beyond the image there is no error, so that in a small one even an object missed as a whole has some weighted recall.
GAUSSIAN = np.exp(-(np.arange(-3, 4) ** 2) / 50) / np.exp(-(np.arange(-3, 4) ** 2) / 50).sum()
SHARES = [np.convolve(GAUSSIAN, np.ones(side))[3 : 3 + side].mean() for side in (4, 5)]
MISSED = 2 * (1 - SHARES[0] * SHARES[1]) / (2 - SHARES[0] * SHARES[1])
CASES = {
    # truth, prediction: F_max, F_mean, F_adaptive, E_max, E_mean, E_adaptive, S, weighted_F, MAE, MSE, HCE.
    # A constant map reaches threshold 0 only where it is 0, so that curves hold one or 256 times the same.
    "both empty": (EMPTY, EMPTY, (0, 0, 0, N, N * 255 / 256, 0, 1, 0, 0, 0, 0)),
    "empty truth": (EMPTY, FULL, (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1)),
    "empty prediction": (FULL, EMPTY, (1, 1 / 256, 1, N, N / 256, N, 0, MISSED, 1, 1, 1)),
    "both full": (FULL, FULL, (1, 1, 1, N, N, N, 1, 1, 0, 0, 0)),
}


@pytest.mark.parametrize("case", CASES)
def test_empty_and_full_masks(case):
    truth, prediction, expected = CASES[case]
    found = {}
    for metric in METRICS.values():
        found |= values(metric(), [(BinaryMask(prediction), BinaryMask(truth))])
    names = ["F_max", "F_mean", "F_adaptive", "E_max", "E_mean", "E_adaptive", "S", "weighted_F", "MAE", "MSE", "HCE"]
    assert [found[name] for name in names] == pytest.approx(expected)


def test_what_is_undefined_is_counted():
    nothing = BinaryMask(EMPTY, void=FULL)
    for name, metric in METRICS.items():
        found = summary(metric(), [(BinaryMask(FULL), nothing), (BinaryMask(FULL), BinaryMask(FULL))])
        undefined = {"F", "MAE"} & {name}
        assert set(found.undefined.values()) == {len(undefined)}
        assert set(found.scored.values()) == {2 - len(undefined)}
    corner = np.zeros((4, 5), np.bool_)
    corner[3, 4] = True
    found = summary(SMeasure(), [(BinaryMask(FULL), BinaryMask(corner)), (BinaryMask(FULL), BinaryMask(FULL))])
    assert (found.values["S"], found.undefined["S"], found.scored["S"]) == (1, 1, 1)
    one = BinaryMask(np.ones((1, 1), np.bool_))
    assert summary(EMeasure(), [(one, one)]).undefined == dict.fromkeys(("E_max", "E_mean", "E_adaptive"), 1)


def test_the_greatest_value_over_thresholds_is_that_of_the_mean_curve():
    truth = np.zeros((2, 4), np.bool_)
    truth[:, :2] = True
    pairs = []
    for low, high in ((50, 100), (150, 200)):
        levels = np.where(truth, high, low).astype(np.uint8)
        levels[0, 0], levels[0, 3] = 255, 0
        pairs.append((BinaryMask.soft(levels), BinaryMask(truth)))
    alone = [values(FMeasure(), [pair])["F_max"] for pair in pairs]
    assert alone == [1, 1]
    curves = np.stack([FMeasure().measure(prediction=p, truth=t)["curve"] for p, t in pairs])
    found = summary(FMeasure(), pairs, np.array([[1.0, 1], [1, 3], [0, 2]]))
    expected = [(curves * np.array(w)[:, None]).sum(0).max() / sum(w) for w in ((1, 1), (1, 3), (0, 2))]
    np.testing.assert_allclose(found.values["F_max"], expected)
    assert found.values["F_max"][0] < 1


def test_levels_of_float_maps_are_rounded():
    truth = BinaryMask(np.array([[True, False, True, False]]))
    exact = np.array([[0.9, 0.2, 1.0, 0.0]], np.float32)
    soft, rounded = BinaryMask.soft(exact), BinaryMask.soft(np.rint(exact * 255).astype(np.uint8))
    for metric in METRICS.values():
        assert values(metric(), [(soft, truth)]) == pytest.approx(values(metric(), [(rounded, truth)]), nan_ok=True)
    mean = np.abs(exact - truth.mask).mean()
    assert values(MeanAbsoluteError(), [(soft, truth)])["MAE"] == pytest.approx(mean, abs=0.5 / 255)


@pytest.mark.parametrize("metric", METRICS.values())
def test_sizes_that_differ_are_refused(metric):
    with pytest.raises(ValueError, match=r"prediction has size \(4, 5\); allowed: that of the truth, \(4, 4\)"):
        metric().measure(prediction=BinaryMask(FULL), truth=BinaryMask(np.ones((4, 4), np.bool_)))


@pytest.mark.parametrize(
    "build",
    [
        lambda: FMeasure(beta_squared=0),
        lambda: SMeasure(alpha=1.5),
        lambda: HumanCorrectionEffort(relax_px=-1),
        lambda: HumanCorrectionEffort(epsilon_px=-0.5),
    ],
)
def test_parameters_out_of_range_are_refused(build):
    with pytest.raises(ValueError, match="allowed"):
        build()
