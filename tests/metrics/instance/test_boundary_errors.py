import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.analysis.ranges import range_of
from boundary_bench.metrics.functional.pairing import best_first, loose_pairs
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.instance.boundary_errors import ORDER, BoundaryErrors
from boundary_bench.metrics.instance.staged_outcomes import SHIFTS, STAGES
from boundary_bench.metrics.kernels.matching.detections import FALSE, TRUE
from tests.metrics import instances as worlds
from tests.metrics.objects import CLASSES, dense, instance_pairs, instances

SIZE = (30, 60)
BOTH = st.one_of(instance_pairs(), worlds.instance_pairs(classes=CLASSES))


def square(top, left, side=10):
    mask = np.zeros(SIZE, np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def objects(masks, categories, scores=None, **columns):
    return instances(masks, categories, scores, SIZE, **columns)


def summary(prediction, truth, classes=1, **parameters):
    metric = BoundaryErrors(classes, **parameters)
    return metric.summarise([metric.measure(prediction=prediction, truth=truth)])


def parts(result, sort="error_"):
    """Shares that are not 0."""
    values = {name.removeprefix(sort): float(value) for name, value in result.values.items() if name.startswith(sort)}
    return {name: value for name, value in values.items() if abs(value) > 1e-12}


@given(st.lists(BOTH, min_size=1, max_size=4), st.sampled_from(["mask", "boundary"]), st.booleans())
def test_shares_add_up_to_what_average_precision_is_missing(pairs, iou, weighted):
    metric, precise = BoundaryErrors(CLASSES, iou=iou), AveragePrecision(CLASSES, iou=iou)
    weights = np.arange(2 * len(pairs)).reshape(2, -1) % 3.0 if weighted else None
    result = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs], weights)
    expected = precise.summarise([precise.measure(prediction=p, truth=t) for p, t in pairs], weights)
    prefix = metric.iou.prefix
    for kind in ("values", "per_class"):
        of, truth = getattr(result, kind), getattr(expected, kind)
        np.testing.assert_allclose(of[f"{prefix}missing_AP"], 1 - truth[f"{prefix}AP"], rtol=0, atol=1e-12)
        total = sum(of[f"{prefix}error_{name}"] for name in ORDER)
        np.testing.assert_allclose(total, of[f"{prefix}missing_AP"], rtol=0, atol=1e-12)
    for name, value in result.values.items():
        low, high = range_of(metric, name)
        assert (np.isnan(value) | ((value >= low - 1e-12) & (value <= high + 1e-12))).all()


@given(BOTH, st.sampled_from(["mask", "boundary"]), st.sampled_from([1, 2, 100]))
def test_outcomes_without_a_repair_are_those_of_average_precision(pair, iou, most):
    prediction, truth = pair
    got, expected = (
        metric(CLASSES, iou=iou, max_detections=most).measure(prediction=prediction, truth=truth)
        for metric in (BoundaryErrors, AveragePrecision)
    )
    np.testing.assert_array_equal(got["outcomes"][0] >> SHIFTS[:, None] & 3, expected["outcome"][0])
    for name in ("category", "score", "true_category"):
        np.testing.assert_array_equal(got[name], expected[name])


@given(BOTH, st.sampled_from(["mask", "boundary"]))
def test_every_pair_is_right_once_all_is_mended(pair, iou):
    prediction, truth = pair
    got = BoundaryErrors(CLASSES, iou=iou).measure(prediction=prediction, truth=truth)
    outcomes = got["outcomes"][STAGES.index("ragged")] >> SHIFTS[:, None] & 3
    assert (outcomes[:, got["paired"]] == TRUE).all()
    assert (outcomes[:, ~got["paired"]] != TRUE).all()


@given(BOTH)
def test_pairs_at_half_are_those_of_average_precision_and_others_follow(pair):
    prediction, truth = pair
    order = best_first(prediction, truth, classes=CLASSES, max_detections=100)
    found = loose_pairs(prediction=prediction, truth=truth, order=order, found=0.5, met=0.1)
    used = found[found >= 0]
    assert len(np.unique(used)) == len(used)
    assert (found[truth.crowd] == -1).all()
    outcome = AveragePrecision(CLASSES).measure(prediction=prediction, truth=truth)["outcome"][0, 0]
    assert set(order[outcome == TRUE]) <= set(used)
    masks, true = dense(prediction), dense(truth)
    free = set(order[outcome == FALSE]) - set(used)
    for p in range(len(prediction)):
        for g in np.flatnonzero((found < 0) & ~truth.crowd):
            both = (masks[p] & true[g]).sum()
            iou = both / (masks[p] | true[g]).sum() if both else 0.0
            alike = prediction.categories[p] == truth.categories[g]
            assert p not in free or iou < (0.1 if alike else 0.5)


def test_a_moved_mask_a_false_one_and_a_missed_object_by_hand():
    """Moved by 2 of 10 px, IoU is 80 / 120, enough for 4 of 10 thresholds; 51 of 101 recalls are up to 1/2."""
    truth = objects([square(2, 2), square(15, 20)], [0, 0], ids=[5, 4])
    prediction = objects([square(2, 40), square(2, 4)], [0, 0], [0.95, 0.9])
    result = summary(prediction, truth)
    half = 51 / 101 / 2
    assert result.values["missing_AP"] == pytest.approx(1 - 0.4 * half)
    assert parts(result) == pytest.approx({"moved": 0.6 * half, "false": half, "missed": 50 / 101})
    # A missed object that is not asked for: recall 1 and precision 1/2 at 4 thresholds.
    alone = {"moved": 0.6 * half, "false": 0.4 * half, "missed": 0.4 * (1 / 2 - half)}
    assert parts(result, "dAP_") == pytest.approx(alone)
    assert result.values["moved_share"] == 1
    assert result.values["ragged_share"] == 0
    curve = result.curves["boundary_errors"]
    np.testing.assert_array_equal(curve["objects"], [1, 0, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(curve["mean"], [2, *[np.nan] * 6])


def test_repairs_alone_leave_the_other_errors_by_hand():
    """Moved by 2 px and a hole of 4: IoU 76 / 120, 96 / 100 without the move, 80 / 120 without the hole."""
    predicted = square(2, 4)
    predicted[6:8, 7:9] = False
    result = summary(objects([predicted], [0], [1.0]), objects([square(2, 2)], [0]))
    assert result.values["missing_AP"] == pytest.approx(0.7)
    assert parts(result) == pytest.approx({"moved": 0.7})
    assert parts(result, "dAP_") == pytest.approx({"moved": 0.7, "hole": 0.1})
    assert result.values["hole_share"] == 1


def test_a_bad_mask_is_no_false_prediction():
    """Though it costs precision at 6 thresholds, where it comes before a right one."""
    truth = objects([square(2, 2), square(15, 20)], [0, 0])
    result = summary(objects([square(2, 4), square(15, 20)], [0, 0], [0.9, 0.5]), truth)
    missing = 0.6 * (1 - 51 / 101 / 2)
    assert parts(result) == pytest.approx({"moved": missing})
    # Taking the object away that the bad mask is paired with would help; it is not missed.
    assert parts(result, "dAP_") == pytest.approx({"moved": missing})


def test_columns_of_objects_by_hand():
    large, torn, holed = square(1, 21, 8), square(2, 40), square(16, 2)
    torn[2:9, 40:47] = False
    holed[20:22, 5:7] = False
    true = [square(2, 2, 8), square(3, 23, 4), square(2, 40), square(16, 2), square(16, 20), square(16, 40, 9)]
    truth = objects([*true], [0, 0, 0, 0, 0, 0], crowd=[0, 0, 0, 0, 0, 1], ids=[9, 8, 7, 6, 5, 4])
    masks = [square(5, 1, 8), large, torn, holed]
    got = BoundaryErrors(1).measure(prediction=objects(masks, [0] * 4, [0.1, 0.2, 0.3, 0.4]), truth=truth)
    assert got["true_id"].tolist() == [9, 8, 7, 6, 5, 4]
    assert got["found"].tolist() == [0, 1, 2, 3, -1, -1]
    kinds = [ORDER[kind] if kind >= 0 else "" for kind in got["kind"]]
    assert kinds == ["moved", "too_large", "missing_part", "hole", "missed", ""]
    assert got["moved_y"].tolist() == [3, 0, 0, 0, 0, 0]
    assert got["moved_x"].tolist() == [-1, 0, 0, 0, 0, 0]
    assert got["grown_px"].tolist() == [0, 2, 0, 0, 0, 0]
    assert got["hole_area"].tolist() == [0, 0, 0, 4, 0, 0]
    assert got["missing_area"].tolist() == [0, 0, 49, 0, 0, 0]
    assert not got["extra_area"].any()
    assert not got["ragged_area"].any()
    np.testing.assert_allclose(got["iou"], [35 / 93, 16 / 64, 51 / 100, 96 / 100, np.nan, np.nan])


def test_a_wrong_category_by_hand():
    """Class 0 has one object, seen as class 1, whose own object comes first and so keeps AP 1."""
    truth = objects([square(2, 2), square(15, 20)], [0, 1])
    prediction = objects([square(2, 2), square(15, 20)], [1, 1], [0.5, 0.9])
    result = summary(prediction, truth, classes=2)
    assert result.values["missing_AP"] == pytest.approx(0.5)
    assert parts(result) == pytest.approx({"category": 0.5})
    assert parts(result, "dAP_") == pytest.approx({"category": 0.5})
    measured = BoundaryErrors(2).measure(prediction=prediction, truth=truth)
    assert [ORDER[kind] for kind in measured["kind"][:1]] == ["category"]
    assert measured["kind"][1] == -1


def test_bad_boundaries_below_half_are_boundary_errors_not_misses():
    """IoU 3/17 as TIDE's localisation errors."""
    result = summary(objects([square(2, 9)], [0], [1.0]), objects([square(2, 2)], [0]))
    assert parts(result) == pytest.approx({"moved": 1.0})
    far = summary(objects([square(2, 11)], [0], [1.0]), objects([square(2, 2)], [0]))  # IoU 1/19
    assert parts(far) == pytest.approx({"missed": 1.0})


def test_a_prediction_that_finds_an_object_is_not_displaced_by_a_worse_one_of_higher_score():
    near, bad = square(2, 4), square(2, 8)
    got = BoundaryErrors(1).measure(
        prediction=objects([bad, near], [0, 0], [0.9, 0.5]), truth=objects([square(2, 2)], [0])
    )
    assert got["found"].tolist() == [1]


def test_a_crowd_excuses_and_is_not_missed():
    truth = objects([square(2, 2), square(10, 30, 20)], [0, 0], crowd=[0, 1])
    result = summary(objects([square(2, 2), square(12, 32)], [0, 0], [0.5, 0.9]), truth)
    assert result.values["missing_AP"] == pytest.approx(0)
    assert parts(result) == {}


def test_a_prediction_that_a_crowd_excuses_is_no_bad_try_at_an_object():
    """It lies in the crowd as a whole, and shares 8 x 3 px with the object: IoU 24 / 176."""
    crowd, true = square(10, 30, 20), square(10, 27)
    truth = objects([true, crowd], [0, 0], crowd=[0, 1])
    prediction = objects([square(12, 34, 10)], [0], [1.0])
    assert BoundaryErrors(1).measure(prediction=prediction, truth=truth)["found"].tolist() == [-1, -1]
    assert parts(summary(prediction, truth)) == pytest.approx({"missed": 1.0})
    without = objects([true], [0])
    assert BoundaryErrors(1).measure(prediction=prediction, truth=without)["found"].tolist() == [0]


def test_a_class_of_nothing_but_missed_objects_has_none_left_to_miss():
    result = summary(objects([square(2, 40)], [0], [0.5]), objects([square(2, 2)], [0]))
    assert parts(result) == pytest.approx({"missed": 1.0})
    assert parts(result, "dAP_") == pytest.approx({"missed": 1.0})


def test_nothing_and_classes_without_objects_are_undefined():
    result = summary(objects([], [], []), objects([], []), classes=2)
    assert all(np.isnan(value) for value in result.values.values())
    assert set(result.scored.values()) == {0}
    assert set(result.undefined.values()) == {2}


def test_boundary_ap_has_names_of_its_own():
    names = set(summary(objects([square(2, 3)], [0], [1.0]), objects([square(2, 2)], [0]), iou="boundary").values)
    assert names == {f"boundary_{name}" for name in summary(objects([], [], []), objects([], [])).values}


@given(st.lists(BOTH, min_size=3, max_size=3))
def test_weights_are_repetitions_and_replicates_come_together(three):
    metric = BoundaryErrors(CLASSES)
    measured = [metric.measure(prediction=p, truth=t) for p, t in three]
    together = metric.summarise(measured, np.array([[1.0, 0, 2], [1, 1, 1]]))
    for row, images in enumerate(([0, 2, 2], [0, 1, 2])):
        alone = metric.summarise([measured[i] for i in images])
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                got = getattr(together, kind)[name][row]
                np.testing.assert_allclose(got, value, rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize(
    "parameters", [{"part_px": 0}, {"part_px": 1.5}, {"band_px": 0}, {"max_detections": 0}, {"iou": "box"}]
)
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        BoundaryErrors(3, **parameters)


def test_definition_is_plain_data():
    definition = BoundaryErrors(3, iou="boundary", part_px=2, band_px=4).definition()
    assert json.loads(json.dumps(definition)) == definition
    assert (definition["part_px"], definition["band_px"]) == (2, 4)


def test_a_category_that_is_mended_can_cost_ap_by_hand():
    """Class 1 has a right mask of score 0.5; before it now comes one of IoU 80 / 120, false at 6 thresholds of 10."""
    truth = objects([square(2, 2), square(15, 20)], [1, 1])
    result = summary(objects([square(2, 4), square(15, 20)], [0, 1], [0.9, 0.5]), truth, classes=2)
    before, after = 51 / 101, 0.4 + 0.6 * 51 / 101 / 2
    assert parts(result) == pytest.approx({"category": after - before, "moved": 1 - after})
    low, high = range_of(BoundaryErrors(2), "error_category")
    assert (low, high) == (-1, 1)
    assert range_of(BoundaryErrors(2, iou="boundary"), "boundary_dAP_false") == (-1, 1)
    assert range_of(BoundaryErrors(2), "moved_share") == (0, 1)
