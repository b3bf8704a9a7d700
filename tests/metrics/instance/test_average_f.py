import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.matching import IOU_THRESHOLDS
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.instance.average_f import AverageF, mask_boundary_f
from tests.metrics import definitions
from tests.metrics.objects import CLASSES, dense, drawn, instance_pairs, instances


def plain_f(predicted, true, tolerance_px):
    return definitions.boundary_scores(predicted.astype(np.uint8), true.astype(np.uint8), 1, tolerance_px)[0]


def summary(metric, *pairs):
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])


@given(instance_pairs(), st.integers(0, 4))
def test_f_of_two_masks_is_that_of_the_whole_image(pair, tolerance_px):
    prediction, truth = pair
    for i, predicted in enumerate(dense(prediction)):
        for j, true in enumerate(dense(truth)):
            got = mask_boundary_f(
                prediction=prediction.masks,
                predicted_index=i,
                truth=truth.masks,
                true_index=j,
                tolerance_px=tolerance_px,
            )
            assert got == pytest.approx(plain_f(predicted, true, tolerance_px), abs=1e-12)


@given(st.lists(instance_pairs(), min_size=1, max_size=4), st.integers(0, 2))
def test_plain_definition(pairs, tolerance_px):
    metric = AverageF(CLASSES, tolerance_px=tolerance_px)
    scores = [[[] for _ in IOU_THRESHOLDS] for _ in range(CLASSES)]
    objects = np.zeros(CLASSES)
    for prediction, truth in pairs:
        found = true_positives(
            prediction=prediction, truth=truth, classes=CLASSES, thresholds=IOU_THRESHOLDS, max_detections=100
        )
        predicted, true = dense(prediction), dense(truth)
        for t, j in zip(*np.nonzero(found >= 0), strict=True):
            scores[truth.categories[j]][t].append(plain_f(predicted[found[t, j]], true[j], tolerance_px))
        np.add.at(objects, truth.categories[~truth.crowd], 1)
    result = summary(metric, *pairs)
    for category in range(CLASSES):
        means = [np.mean(some) if some else 0.0 for some in scores[category]]
        expected = np.mean(means) if objects[category] else np.nan
        np.testing.assert_allclose(result.per_class["AF"][category], expected)
        if objects[category]:
            of_all = np.mean([sum(some) for some in scores[category]]) / objects[category]
            found = np.mean([len(some) for some in scores[category]]) / objects[category]
            np.testing.assert_allclose(result.per_class["AF_all_objects"][category], of_all)
            np.testing.assert_allclose(result.per_class["AF_found_share"][category], found)
    np.testing.assert_allclose(result.values["AF"], np.nanmean(result.per_class["AF"]) if objects.any() else np.nan)
    assert result.scored["AF"] == (objects > 0).sum()


def test_by_hand():
    true, near, wide = drawn(
        """
        ..........
        .####.....
        .####.....
        .####.....
        ..........
        """,
        """
        ..........
        .#####....
        .#####....
        .#####....
        ..........
        """,
        """
        ..........
        .#######..
        .#######..
        .#######..
        ..........
        """,
    )
    truth = instances([true], [0])
    one_px = mask_boundary_f(
        prediction=instances([near], [0]).masks, predicted_index=0, truth=truth.masks, true_index=0, tolerance_px=1
    )
    assert one_px == 1
    # The edge of 7 x 3 lies on 2 * 8 + 2 * 2 = 20 pixels, that of 4 x 3 on 14. Six of the 20 are further than 1 px:
    # columns 6 and 7 of both rows and the two of the right side. Every true one is reached: 12 directly and the two of
    # the right side by those above and below.
    metric = AverageF(2)
    measured = metric.measure(prediction=instances([wide], [0], [1.0]), truth=truth)
    f = 2 * (14 / 20) / (1 + 14 / 20)
    np.testing.assert_allclose(measured["f_sum"][0], [f, f] + [0] * 8)  # IoU 12 / 21 = 0.57
    result = metric.summarise([measured])
    assert result.values["AF"] == pytest.approx(f * 2 / 10)
    assert result.values["AF_found_share"] == pytest.approx(2 / 10)
    assert np.isnan(result.per_class["AF"][1])
    assert (result.scored["AF"], result.undefined["AF"]) == (1, 1)


def test_missed_objects_lower_all_but_the_score_of_the_found():
    left, right = drawn("###......\n###......", "......###\n......###")
    truth = instances([left, right], [0, 0])
    result = summary(AverageF(1), (instances([left], [0], [1.0]), truth))
    assert result.values["AF"] == 1
    assert result.values["AF_all_objects"] == 1 / 2
    assert result.values["AF_found_share"] == 1 / 2


def test_a_class_that_is_never_found_scores_0_and_a_crowd_is_no_class():
    left, right = drawn("###......\n###......", "......###\n......###")
    nothing = instances([], [], [], size=(2, 9))
    found = summary(AverageF(2), (nothing, instances([left, right], [0, 1], crowd=[0, 1])))
    np.testing.assert_array_equal(found.per_class["AF"], [0, np.nan])


@given(instance_pairs())
def test_the_truth_itself_scores_1(pair):
    _, truth = pair
    masks, seen = [], set()
    for index, mask in enumerate(dense(truth)):
        # Empty masks overlap nothing; of equal ones of a category, scores say which is which.
        if mask.any() and not truth.crowd[index]:
            masks.append((mask, int(truth.categories[index])))
            seen.add(int(truth.categories[index]))
    columns = [mask for mask, _ in masks], [category for _, category in masks]
    objects = instances(*columns, size=truth.size)
    result = summary(AverageF(CLASSES), (instances(*columns, np.ones(len(masks)), truth.size), objects))
    for name in ("AF", "AF_all_objects", "AF_found_share"):
        np.testing.assert_array_equal(result.per_class[name], [1.0 if c in seen else np.nan for c in range(CLASSES)])


@given(st.lists(instance_pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions_and_replicates_come_together(three):
    metric = AverageF(CLASSES)
    measured = [metric.measure(prediction=p, truth=t) for p, t in three]
    together = metric.summarise(measured, np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, images in enumerate(([0, 2, 2], [0, 1, 2])):
        alone = metric.summarise([measured[i] for i in images])
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                np.testing.assert_allclose(getattr(together, kind)[name][row], value, rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("parameters", [{"tolerance_px": -1}, {"max_detections": 0}])
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        AverageF(3, **parameters)


def test_definition_is_plain_data():
    definition = AverageF(3).definition()
    assert json.loads(json.dumps(definition)) == definition
    assert "source" in definition
