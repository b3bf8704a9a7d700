"""Means under many weightings at once against the plain way, to the last bit."""

import numpy as np
import pytest

from boundary_bench.metrics.functional.detection_settings import ABSENT
from boundary_bench.metrics.instance.detections import Detections
from boundary_bench.metrics.instance.precision_means import Mean, summarise_means
from boundary_bench.metrics.kernels.matching.precision import LANES
from tests.metrics.plain_precision import plain_mean, plain_tables, random_measurements

CLASSES = 6
SOME = np.array([True, False, True, True, False, True])
MEANS = {
    "AP": Mean("precision"),
    "AP@1": Mean("precision", threshold=1),
    "AP_2": Mean("precision", area=2),
    "AP_some": Mean("precision", classes=SOME),
    "AR": Mean("recall"),
    "AR_3": Mean("recall", area=3),
    "AR1": Mean("first", limit=0),
    "AR3": Mean("first", limit=1),
}


def plain_values(measured):
    precision, recall, first = plain_tables(measured, CLASSES, (1, 3))
    tables = {
        "AP": precision[0],
        "AP@1": precision[0, 1],
        "AP_2": precision[2],
        "AP_some": precision[0][..., SOME],
        "AR": recall[0],
        "AR_3": recall[3],
        "AR1": first[0],
        "AR3": first[1],
    }
    by_class = {"AP": precision[0].reshape(-1, CLASSES), "AP@1": precision[0, 1]}
    return {name: plain_mean(table) for name, table in tables.items()}, {
        name: np.ascontiguousarray(table.T).mean(axis=1) for name, table in by_class.items()
    }


def summary(measured, weights=None):
    return summarise_means(Detections(measured, classes=CLASSES, limits=(1, 3)), weights, MEANS, ["AP", "AP@1"])


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
@pytest.mark.parametrize("rows", [1, LANES - 1, LANES + 3])
def test_replicates_are_the_plain_way_on_repeated_images(levels, rows):
    rng = np.random.default_rng(levels * 100 + rows)
    measured = random_measurements(rng, 7, CLASSES, levels=levels)
    weights = rng.multinomial(7, np.full(7, 1 / 7), rows).astype(np.float64)
    found = summary(measured, weights)
    for row, times in enumerate(weights.astype(int)):
        repeated = [one for one, count in zip(measured, times, strict=True) for _ in range(count)]
        values, by_class = plain_values(repeated)
        for name, value in values.items():
            np.testing.assert_array_equal(found.values[name][row], value, err_msg=name)
        for name, value in by_class.items():
            np.testing.assert_array_equal(found.per_class[name][row], value, err_msg=name)


def test_large_weights_and_long_lists():
    rng = np.random.default_rng(0)
    measured = random_measurements(rng, 60, CLASSES, levels=40)
    weights = rng.integers(0, 6, 60).astype(np.float64)
    repeated = [one for one, count in zip(measured, weights.astype(int), strict=True) for _ in range(count)]
    values, _ = plain_values(repeated)
    for name, value in summary(measured, weights).values.items():
        np.testing.assert_array_equal(value, values[name], err_msg=name)


def test_fractional_weights_scale():
    rng = np.random.default_rng(1)
    measured = random_measurements(rng, 9, CLASSES, levels=1000)
    whole = rng.integers(0, 4, 9).astype(np.float64)
    for name, value in summary(measured, whole * 0.3).values.items():
        # A recall may fall to the other side of one of the 101.
        np.testing.assert_allclose(value, summary(measured, whole).values[name], atol=0.02)


def test_no_weightings_at_all():
    found = summary(random_measurements(np.random.default_rng(2), 3, CLASSES, levels=5), np.empty((0, 3)))
    assert found.values["AP"].shape == (0,)
    assert found.per_class["AP"].shape == (0, CLASSES)


def test_a_threshold_that_is_not_there_is_undefined():
    measured = random_measurements(np.random.default_rng(3), 5, CLASSES, levels=5)
    detections = Detections(measured, classes=CLASSES, limits=())
    found = summarise_means(detections, None, {"AP50": Mean("precision", threshold=ABSENT)}, ["AP50"])
    assert np.isnan(found.values["AP50"])
    assert np.isnan(found.per_class["AP50"]).all()
    assert (found.scored["AP50"], found.undefined["AP50"]) == (0, CLASSES)


@pytest.mark.parametrize("truths", [99, 100, 200, 700])
def test_recalls_that_are_exactly_those_of_the_points(truths):
    # As 29 of 100, whose share times 100 is rounded to below 29; wrong detections between make each precision count.
    outcome = np.tile(np.array([1, 0], np.uint8), truths)
    places = np.arange(len(outcome))
    one = {
        "category": np.zeros(len(outcome), np.int64),
        "score": 1 - places / len(outcome),
        "rank": places,
        "outcome": np.tile(outcome, (4, 3, 1)),
        "true_category": np.zeros(truths, np.int64),
        "counted": np.ones((4, truths), np.bool_),
    }
    one["outcome"][:, 1] = 1 - one["outcome"][:, 1]
    one["outcome"][:, 2, ::6] = 0
    values, _ = plain_values([one])
    for name, value in summary([one]).values.items():
        np.testing.assert_array_equal(value, values[name], err_msg=name)
