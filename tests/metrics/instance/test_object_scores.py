import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.functional.mask_shape import thinness_of
from boundary_bench.metrics.functional.pairing import true_positives
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.instance.object_scores import ObjectScores
from boundary_bench.metrics.kernels.matching.detections import FALSE, TRUE
from tests.metrics import definitions
from tests.metrics.objects import CLASSES, dense, drawn, instance_pairs, instances

MEANS = {"object_iou": "iou", "object_boundary_iou": "boundary_iou", "object_boundary_f": "boundary_f"}


def measured(prediction, truth, **parameters):
    return ObjectScores(CLASSES, **parameters).measure(prediction=prediction, truth=truth)


def plain_iou(left, right):
    return (left & right).sum() / (left | right).sum() if (left | right).any() else 0.0


def plain_boundary_iou(left, right, width):
    bands = definitions.inner_band(left, width), definitions.inner_band(right, width)
    return min(plain_iou(left, right), plain_iou(*bands))


def plain_f(left, right, tolerance_px):
    return definitions.boundary_scores(left.astype(np.uint8), right.astype(np.uint8), 1, tolerance_px)[0]


@given(instance_pairs(), st.sampled_from([0.1, 0.5, 0.75]), st.integers(0, 2))
def test_columns_of_true_objects_follow_their_definitions(pair, threshold, tolerance_px):
    prediction, truth = pair
    got = measured(prediction, truth, iou_threshold=threshold, tolerance_px=tolerance_px)
    predicted, true = dense(prediction), dense(truth)
    (found,) = true_positives(
        prediction=prediction, truth=truth, classes=CLASSES, thresholds=[threshold], max_detections=100
    )
    width = band_width_px(0.02, truth.size)
    np.testing.assert_array_equal(got["found"], found)
    np.testing.assert_array_equal(got["true_id"], truth.ids)
    np.testing.assert_array_equal(got["true_category"], truth.categories)
    np.testing.assert_array_equal(got["crowd"], truth.crowd)
    np.testing.assert_array_equal(got["true_area"], [mask.sum() for mask in true])
    np.testing.assert_array_equal(got["thinness"], thinness_of(truth.masks))
    for g, p in enumerate(found):
        band = definitions.inner_band(true[g], width).sum() / true[g].sum() if true[g].any() else np.nan
        assert got["band_share"][g] == pytest.approx(band, nan_ok=True)
        values = [got[key][g] for key in ("score", "iou", "boundary_iou", "boundary_f")]
        if p < 0:
            assert got["result_id"][g] == -1
            assert np.isnan(values).all()
            continue
        both = predicted[p], true[g]
        ious = plain_iou(*both), plain_boundary_iou(*both, width)
        assert got["result_id"][g] == prediction.ids[p]
        assert values == pytest.approx([prediction.scores[p], *ious, plain_f(*both, tolerance_px)])


@given(instance_pairs(), st.sampled_from([0.1, 0.5]))
def test_columns_of_unmatched_predictions_follow_their_definitions(pair, threshold):
    prediction, truth = pair
    got = measured(prediction, truth, iou_threshold=threshold)
    predicted, true = dense(prediction), dense(truth)
    order = sorted(range(len(prediction)), key=lambda place: -prediction.scores[place])
    assert got["unmatched"].tolist() == [place for place in order if place not in got["found"]]
    for row, place in enumerate(got["unmatched"]):
        mask, category = predicted[place], prediction.categories[place]
        alike = [g for g in range(len(true)) if truth.categories[g] == category]
        best = max([plain_iou(mask, true[g]) for g in alike if not truth.crowd[g]], default=0.0)
        any_best = max([plain_iou(mask, true[g]) for g in range(len(true)) if not truth.crowd[g]], default=0.0)
        held = [(mask & true[g]).sum() >= threshold * mask.sum() > 0 for g in alike if truth.crowd[g]]
        assert got["unmatched_id"][row] == prediction.ids[place]
        assert got["unmatched_category"][row] == category
        assert got["unmatched_score"][row] == prediction.scores[place]
        assert got["unmatched_area"][row] == mask.sum()
        assert got["unmatched_iou"][row] == pytest.approx(best)
        assert got["unmatched_any_iou"][row] == pytest.approx(any_best)
        assert got["unmatched_excused"][row] == any(held)


@given(st.lists(instance_pairs(), min_size=1, max_size=4))
def test_right_and_false_predictions_are_those_of_average_precision(pairs):
    """At IoU 0.5, by another path: outcomes of the matching that AP is made of."""
    metric, precise = ObjectScores(CLASSES), AveragePrecision(CLASSES)
    columns = [metric.measure(prediction=p, truth=t) for p, t in pairs]
    outcomes = np.concatenate([precise.measure(prediction=p, truth=t)["outcome"][0, 0] for p, t in pairs])
    right, false = (outcomes == TRUE).sum(), (outcomes == FALSE).sum()
    assert sum((one["found"] >= 0).sum() for one in columns) == right
    assert sum((~one["unmatched_excused"]).sum() for one in columns) == false
    expected = right / (right + false) if right + false else math.nan
    assert metric.summarise(columns).values["precision"] == pytest.approx(expected, nan_ok=True)


@given(st.lists(instance_pairs(), min_size=1, max_size=4))
def test_means_are_over_all_true_objects_and_a_missed_one_counts_0(pairs):
    metric = ObjectScores(CLASSES)
    columns = [metric.measure(prediction=p, truth=t) for p, t in pairs]
    result = metric.summarise(columns)
    real = np.concatenate([~one["crowd"] for one in columns])
    category = np.concatenate([one["true_category"] for one in columns])
    for name, key in {**MEANS, "recall": "found"}.items():
        scores = np.concatenate([one[key] for one in columns])
        scores = scores >= 0 if name == "recall" else np.nan_to_num(scores)
        for k in range(CLASSES):
            some = scores[real & (category == k)]
            assert result.per_class[name][k] == pytest.approx(some.mean() if len(some) else math.nan, nan_ok=True)
        assert result.values[name] == pytest.approx(scores[real].mean() if real.any() else math.nan, nan_ok=True)
        assert result.scored[name] == len(set(category[real]))
        assert result.undefined[name] == CLASSES - len(set(category[real]))


def test_by_hand():
    left, moved, right, crowd, inside, elsewhere = drawn(
        """
        ..............
        .####.........
        .####.........
        .####.........
        .####.........
        ..............
        """,
        """
        ..............
        ..####........
        ..####........
        ..####........
        ..####........
        ..............
        """,
        """
        ..............
        .......##.....
        .......##.....
        ..............
        ..............
        ..............
        """,
        """
        ..............
        ..............
        ..............
        ..............
        .......#######
        .......#######
        """,
        """
        ..............
        ..............
        ..............
        ..............
        ..............
        ........###...
        """,
        """
        ..............
        .......#......
        .......#......
        ..............
        ..............
        ..............
        """,
    )
    truth = instances([left, right, crowd], [0, 0, 1], crowd=[0, 0, 1], ids=[70, 50, 60])
    prediction = instances([inside, moved, left, elsewhere], [1, 0, 0, 1], [0.4, 0.9, 0.8, 0.3], ids=[4, 3, 2, 1])
    got = measured(prediction, truth, band_px=1)
    # 3 of 5 columns are shared: 12 / 20. Rings of 12 px each share columns 2 to 4 of both rows and, of the two sides,
    # nothing: 6 / 18.
    assert got["found"].tolist() == [1, -1, -1]
    assert got["result_id"].tolist() == [3, -1, -1]
    np.testing.assert_array_equal(got["score"], [0.9, np.nan, np.nan])
    np.testing.assert_allclose(got["iou"], [12 / 20, np.nan, np.nan])
    np.testing.assert_allclose(got["boundary_iou"], [6 / 18, np.nan, np.nan])
    np.testing.assert_allclose(got["boundary_f"], [1, np.nan, np.nan])
    np.testing.assert_allclose(got["band_share"], [12 / 16, 1, 1])
    assert got["unmatched"].tolist() == [2, 0, 3]
    assert got["unmatched_id"].tolist() == [2, 4, 1]
    assert got["unmatched_area"].tolist() == [16, 3, 2]
    np.testing.assert_allclose(got["unmatched_iou"], [1, 0, 0])
    np.testing.assert_allclose(got["unmatched_any_iou"], [1, 0, 2 / 4])
    assert got["unmatched_excused"].tolist() == [False, True, False]
    result = ObjectScores(CLASSES, band_px=1).summarise([got])
    expected = {"object_iou": 0.3, "object_boundary_iou": 1 / 6, "object_boundary_f": 0.5, "recall": 0.5}
    assert {name: float(result.values[name]) for name in expected} == pytest.approx(expected)
    assert result.values["precision"] == 1 / 3
    np.testing.assert_array_equal(result.per_class["precision"], [0.5, 0, np.nan])
    np.testing.assert_array_equal(result.per_class["recall"], [0.5, np.nan, np.nan])


def test_predictions_beyond_the_limit_are_not_looked_at():
    (mask,) = drawn("###\n###")
    prediction, truth = instances([mask] * 3, [0, 0, 1], [0.1, 0.9, 0.5]), instances([mask], [0])
    got = measured(prediction, truth, max_detections=1)
    assert got["found"].tolist() == [1]
    assert got["unmatched"].tolist() == [2]


@given(st.lists(instance_pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions_and_replicates_come_together(three):
    metric = ObjectScores(CLASSES)
    columns = [metric.measure(prediction=p, truth=t) for p, t in three]
    together = metric.summarise(columns, np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, images in enumerate(([0, 2, 2], [0, 1, 2])):
        alone = metric.summarise([columns[i] for i in images])
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                np.testing.assert_allclose(getattr(together, kind)[name][row], value, rtol=1e-12, err_msg=name)


def test_weights_that_are_not_one_per_image_are_refused():
    (mask,) = drawn("###\n###")
    columns = measured(instances([mask], [0], [1.0]), instances([mask], [0]))
    with pytest.raises(ValueError, match="2 weights for 1 measurements"):
        ObjectScores(CLASSES).summarise([columns], np.ones(2))


@pytest.mark.parametrize(
    "parameters",
    [
        {"iou_threshold": 0},
        {"iou_threshold": 1.5},
        {"iou_threshold": math.nan},
        {"tolerance_px": -1},
        {"tolerance_px": 0.5},
        {"band_px": 0},
        {"band_ratio": 1.0},
        {"max_detections": 0},
    ],
)
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        ObjectScores(3, **parameters)


def test_definition_is_plain_data():
    definition = ObjectScores(3, tolerance_px=2, band_px=4).definition()
    assert json.loads(json.dumps(definition)) == definition
    assert (definition["tolerance_px"], definition["band_px"]) == (2, 4)
