import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.class_statistics import class_sums
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.instance.instance_error_distance import InstanceErrorDistance
from tests.metrics import definitions
from tests.metrics.objects import CLASSES, dense, drawn, instance_pairs, instances


def plain_bins(mask, max_px):
    distance = definitions.other_label_distance(mask.astype(np.uint8))
    return np.where(distance <= max_px, np.ceil(distance), 0).astype(int)


@given(instance_pairs(), st.sampled_from([5, 30]))
def test_plain_definition(pair, max_px):
    prediction, truth = pair
    measured = InstanceErrorDistance(CLASSES, max_px).measure(prediction=prediction, truth=truth)
    (matches,) = true_positives(
        prediction=prediction, truth=truth, classes=CLASSES, thresholds=[0.5], max_detections=100
    )
    counts = {name: np.zeros((CLASSES, max_px + 1)) for name in ("errors", "pixels", "own")}
    predicted = dense(prediction)
    for j, (true, category) in enumerate(zip(dense(truth), truth.categories, strict=True)):
        if truth.crowd[j]:
            continue
        bins = plain_bins(true, max_px)
        np.add.at(counts["own"][category], bins[true], 1)
        if matches[j] >= 0:
            other = predicted[matches[j]]
            np.add.at(counts["errors"][category], bins[true ^ other], 1)
            np.add.at(counts["pixels"][category], bins[(bins > 0) | true | other], 1)
    for name, expected in counts.items():
        np.testing.assert_array_equal(class_sums([measured], name, classes=CLASSES), expected, err_msg=name)
    real = truth.categories[~truth.crowd]
    np.testing.assert_array_equal(
        class_sums([measured], "objects", classes=CLASSES), np.bincount(real, minlength=CLASSES)
    )
    found = truth.categories[matches >= 0]
    np.testing.assert_array_equal(
        class_sums([measured], "found", classes=CLASSES), np.bincount(found, minlength=CLASSES)
    )


def test_by_hand():
    true, predicted, missed = drawn("######........", "..########....", "............##")
    metric = InstanceErrorDistance(2, max_px=5)
    truth = instances([true, missed], [0, 0])
    # IoU is 4 of 10: too little. With two pixels more in common it is 6 of 10.
    apart = metric.measure(prediction=instances([predicted], [0], [1.0]), truth=truth)
    assert apart["errors"].sum() == 0
    assert apart["found"].tolist() == [0]
    wide = drawn("##########....")[0]
    summary = metric.summarise([metric.measure(prediction=instances([wide], [0], [1.0]), truth=truth)])
    curve = summary.curves["error_distance"]
    assert curve["distance_px"].tolist() == [1, 2, 3, 4, 5, np.inf]
    # Four pixels too many, at 1 to 4 px from the right end. Within 5 px of it lie 5 + 5 pixels, and one beyond is true.
    assert curve["errors"].tolist() == [1, 1, 1, 1, 0, 0]
    assert curve["pixels"].tolist() == [2, 2, 2, 2, 2, 1]
    assert summary.values["error_rate"] == pytest.approx(4 / 10)  # 1 - IoU
    assert summary.values["found_share"] == 1 / 2
    assert summary.values["boundary_error_share@1px"] == 1 / 4
    # Of eight true pixels each object has one at its end; the image border is no end.
    assert summary.values["boundary_pixel_share@1px"] == 2 / 8
    assert summary.values["boundary_pixel_share@2px"] == 4 / 8
    np.testing.assert_array_equal(summary.per_class["found_share"], [0.5, np.nan])
    assert (summary.scored["error_rate"], summary.undefined["error_rate"]) == (1, 1)
    nothing_found = metric.summarise([apart])
    assert np.isnan(nothing_found.values["error_rate"])
    assert (nothing_found.scored["error_rate"], nothing_found.scored["found_share"]) == (0, 1)


def test_far_errors_fall_into_the_last_bin():
    true, predicted = drawn("####################....", "########################")
    far = instances([np.pad(true, ((0, 0), (0, 0)))], [0])
    measured = InstanceErrorDistance(1, max_px=5).measure(prediction=instances([predicted], [0], [1.0]), truth=far)
    assert measured["errors"][0].tolist() == [0, 1, 1, 1, 1, 0]
    longer = drawn("##############..............")[0], drawn("############################")[0]
    measured = InstanceErrorDistance(1, max_px=5).measure(
        prediction=instances([longer[1]], [0], [1.0]), truth=instances([longer[0]], [0])
    )
    assert measured["errors"][0].tolist() == [14 - 5, 1, 1, 1, 1, 1]
    assert measured["pixels"][0].tolist() == [28 - 10, 2, 2, 2, 2, 2]


@given(instance_pairs())
def test_errors_are_among_the_pixels(pair):
    measured = InstanceErrorDistance(CLASSES, 5).measure(prediction=pair[0], truth=pair[1])
    assert (measured["errors"] <= measured["pixels"]).all()
    assert (measured["found"] <= measured["objects"]).all()


@given(st.lists(instance_pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions_and_replicates_come_together(three):
    metric = InstanceErrorDistance(CLASSES, 5)
    measured = [metric.measure(prediction=p, truth=t) for p, t in three]
    together = metric.summarise(measured, np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, images in enumerate(([0, 2, 2], [0, 1, 2])):
        alone = metric.summarise([measured[i] for i in images])
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                np.testing.assert_allclose(getattr(together, kind)[name][row], value, rtol=1e-12, err_msg=name)
        for name, series in alone.curves["error_distance"].items():
            whole = together.curves["error_distance"][name]
            np.testing.assert_array_equal(whole if name == "distance_px" else whole[row], series)


@pytest.mark.parametrize("parameters", [{"max_px": 4}, {"max_px": 127}, {"max_detections": 0}])
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        InstanceErrorDistance(3, **parameters)


def test_definition_is_plain_data():
    definition = InstanceErrorDistance(3).definition()
    assert json.loads(json.dumps(definition)) == definition
    assert "source" in definition
