import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet
from tests.effort import examples
from tests.metrics import coco
from tests.metrics.instances import AREAS, as_coco, instance_pairs
from tests.metrics.replicates import assert_weights_are_repetitions
from tests.paths import data_dir, reference_dir

SETS = st.lists(instance_pairs(), min_size=1, max_size=4)


@pytest.mark.parametrize("dataset", ["coco100", "citylike"])
@pytest.mark.parametrize(
    ("key", "settings"),
    [
        ("mask_pycocotools", {}),
        ("boundary_dr002_boundary_iou_api", {"iou": "boundary"}),
        ("boundary_dr0005_boundary_iou_api", {"iou": "boundary", "band_ratio": 0.005}),
    ],
)
def test_reference_values_to_the_last_bit(dataset, key, settings):
    stored = coco.read(reference_dir("values", "coco_outputs.json"))[dataset]
    annotations, results = coco.reference(dataset)
    metric = AveragePrecision(len(annotations["categories"]), **settings)
    ours = coco.our_stats(metric, coco.pairs(annotations, results))
    np.testing.assert_array_equal(ours, coco.undefined_as_nan(np.array(stored[key])))
    if key.startswith("boundary_dr002"):
        np.testing.assert_allclose(ours, stored["boundary_dr002_faster_coco_eval"], rtol=0, atol=1e-12)


def test_published_output_of_pycocotools():
    folder = data_dir("coco_fakesegm100")
    lines = (folder / "expected_pycocotools.txt").read_text().split("type=segm")[1].splitlines()
    published = [line.rsplit("= ", 1)[1] for line in lines if " = " in line][:12]
    annotations = coco.encoded(coco.read(folder / "instances_val2014_100.json"))
    results = coco.read(folder / "instances_val2014_fakesegm100_results.json")
    ours = coco.our_stats(AveragePrecision(len(annotations["categories"])), coco.pairs(annotations, results))
    assert [f"{value:.3f}" for value in ours] == published


@pytest.mark.parametrize(
    ("baseline", "expected", "boundary"),
    [("quarter", [18.85, 41.42, 15.32, 0.63], 17.79), ("full", [38.38, 67.39, 39.39, 10.61], 37.51)],
)
def test_nuclei_with_more_objects_than_the_usual_limit(baseline, expected, boundary):
    folder = data_dir("nuclei")
    annotations = coco.encoded(coco.read(folder / "instances_val.json"))
    pairs = coco.pairs(annotations, coco.read(folder / f"predictions_watershed_{baseline}_val.json"))
    for kind, names, values in (
        ("mask", ["AP", "AP50", "AP75", "AP90"], expected),
        ("boundary", ["boundary_AP"], [boundary]),
    ):
        metric = AveragePrecision(len(annotations["categories"]), iou=kind, max_detections=1000)
        summary = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])
        assert [round(100 * float(summary.values[name]), 2) for name in names] == values


@settings(max_examples=examples(150))
@given(SETS)
def test_bits_of_pycocotools(pairs):
    annotations, results = as_coco(pairs, classes=2)
    if results:  # it refuses an empty list
        metric = AveragePrecision(2, area_ranges=AREAS)
        theirs = coco.pycocotools_stats(annotations, results, areas=AREAS)
        np.testing.assert_array_equal(coco.our_stats(metric, pairs), theirs)


@given(SETS, st.integers(1, 3), st.integers(0, 1))
def test_other_limits_and_classes_one_by_one(pairs, limit, k):
    annotations, results = as_coco(pairs, classes=2)
    if not results:
        return
    evaluation = coco.pycocotools_evaluation(annotations, results, max_detections=limit)
    # Its limits are sorted, and detections are cut at the largest.
    column = sorted([1, 10, limit]).index(limit)
    by_class = coco.undefined_as_nan(evaluation.eval["precision"][..., k, 0, column])
    recall = coco.undefined_as_nan(evaluation.eval["recall"][:, k, 0, column])
    metric = AveragePrecision(2, max_detections=limit)
    summary = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])
    np.testing.assert_array_equal(summary.per_class["AP"][k], by_class.mean())
    np.testing.assert_array_equal(summary.per_class["AP50"][k], by_class[0].mean())
    if np.isnan(summary.per_class["AP"][1 - k]):
        np.testing.assert_array_equal(summary.values["AP90"], by_class[8].mean())
        np.testing.assert_array_equal(summary.values["AR"], recall.mean())


@settings(max_examples=examples(60))
@given(SETS, st.sampled_from([("segm", {}), ("boundary", {"iou": "boundary"})]), st.sampled_from([0.02, 0.1, 0.3]))
def test_faster_coco_eval(pairs, kind, ratio):
    annotations, results = as_coco(pairs, classes=2)
    if results and annotations["annotations"]:  # it divides by their number
        metric = AveragePrecision(2, **kind[1], band_ratio=ratio, area_ranges=AREAS)
        theirs = coco.faster_stats(annotations, results, kind[0], ratio, areas=AREAS)
        np.testing.assert_allclose(coco.our_stats(metric, pairs), theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", ["mask", "boundary"])
@settings(max_examples=examples(50))
@given(pairs=st.lists(instance_pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions(pairs, kind):
    assert_weights_are_repetitions(AveragePrecision(2, iou=kind, band_px=1, area_ranges=AREAS), pairs)


def squares(*places, classes=None, scores=None, **columns):
    """2 x 2 squares at rows and columns of a 20 x 20 image."""
    masks = [(np.ones((2, 2), np.bool_), top, left) for top, left in places]
    categories = np.array(classes or [0] * len(places))
    given_scores = None if scores is None else np.array(scores)
    return InstanceSet(Masks.from_windows((20, 20), masks), categories, given_scores, **columns)


def summary_of(prediction, truth, classes=1, **settings):
    metric = AveragePrecision(classes, **settings)
    return metric.summarise([metric.measure(prediction=prediction, truth=truth)])


def test_by_hand():
    # In order: right, wrong, right; one of three objects is not found. Precision is 1 up to recall 1/3 (recalls 0 to
    # 0.33: 34 points), 2/3 up to 2/3 (33 points), 0 beyond.
    truth = squares((0, 0), (4, 4), (8, 8))
    prediction = squares((4, 4), (12, 12), (0, 0), scores=[0.9, 0.8, 0.7])
    summary = summary_of(prediction, truth)
    expected = (34 + 33 * 2 / 3) / 101
    for name in ("AP", "AP50", "AP75", "AP90", "AP_S"):
        assert summary.values[name] == pytest.approx(expected)
    assert summary.values["AR"] == pytest.approx(2 / 3)
    assert summary.values["AR1"] == pytest.approx(1 / 3)
    assert np.isnan(summary.values["AP_M"])
    assert (summary.scored["AP"], summary.undefined["AP"]) == (1, 0)
    assert (summary.scored["AP_M"], summary.undefined["AP_M"]) == (0, 1)


def strips(*widths, scores=None):
    """Masks that begin in the left column of a row of 100."""
    masks = Masks.from_windows((1, 100), [(np.ones((1, width), np.bool_), 0, 0) for width in widths])
    return InstanceSet(masks, np.zeros(len(widths), np.int64), None if scores is None else np.array(scores))


@pytest.mark.parametrize(
    ("width", "reached"), [(49, 0), (50, 1), (54, 1), (56, 2), (89, 8), (92, 9), (94, 9), (96, 10)]
)
def test_how_many_thresholds_an_iou_reaches(width, reached):
    summary = summary_of(strips(width, scores=[0.5]), strips(100))
    assert summary.values["AP"] == pytest.approx(reached / 10)
    assert summary.values["AR"] == pytest.approx(reached / 10)
    for name, threshold in (("AP50", 0.5), ("AP75", 0.75), ("AP90", 0.9)):
        assert summary.values[name] == pytest.approx(float(width >= 100 * threshold))


def test_a_detection_takes_the_object_that_it_overlaps_most():
    # The better detection reaches both objects, the other one only the second.
    summary = summary_of(strips(100, 40, scores=[0.9, 0.8]), strips(100, 60))
    assert summary.values["AP50"] == pytest.approx(1)


def test_prediction_as_truth_scores_one():
    places = [(0, 0), (4, 4), (18, 18)]
    for kind in ("mask", "boundary"):
        summary = summary_of(squares(*places, scores=[0.5, 0.5, 0.5]), squares(*places), iou=kind)
        prefix = "" if kind == "mask" else "boundary_"
        assert summary.values[f"{prefix}AP"] == pytest.approx(1, abs=1e-15)
        assert summary.values[f"{prefix}AR"] == 1
    assert summary.values["saturated_share"] == 1
    assert summary.per_class["saturated_share"] == [1]


def test_an_object_whose_id_is_zero_is_found():
    truth = squares((0, 0), ids=np.array([0]))
    assert summary_of(squares((0, 0), scores=[0.5]), truth).values["AP"] == pytest.approx(1)


def test_classes_without_objects_are_undefined_and_those_without_detections_score_zero():
    truth, prediction = squares((0, 0), (4, 4), classes=[0, 1]), squares((0, 0), (9, 9), classes=[0, 2], scores=[1, 1])
    summary = summary_of(prediction, truth, classes=4)
    np.testing.assert_allclose(summary.per_class["AP"], [1, 0, np.nan, np.nan])
    assert summary.values["AP"] == pytest.approx(0.5)
    assert (summary.scored["AP"], summary.undefined["AP"]) == (2, 2)


def test_nothing_at_all():
    metric = AveragePrecision(2, iou="boundary")
    measured = metric.measure(prediction=squares(scores=[]), truth=squares())
    summary = metric.summarise([measured, measured], np.ones((3, 2)))
    assert all(np.isnan(value).all() and value.shape == (3,) for value in summary.values.values())
    assert all(np.isnan(value).all() and value.shape == (3, 2) for value in summary.per_class.values())
    assert set(summary.scored.values()) == {0}
    assert set(summary.undefined.values()) == {2}


def test_fractional_weights_are_weighted_counts():
    truth, right, wrong = squares((0, 0)), squares((0, 0), scores=[0.5]), squares((9, 9), scores=[0.9])
    metric = AveragePrecision(1)
    measured = [metric.measure(prediction=p, truth=truth) for p in (right, wrong)]
    summary = metric.summarise(measured, np.array([1.5, 0.5]))
    # Three quarters of the objects are found, at a precision of three quarters: recalls 0 to 0.75 are 76 points.
    assert summary.values["AP"] == pytest.approx(0.75 * 76 / 101)
    assert summary.values["AR"] == pytest.approx(0.75)


def test_both_kinds_share_one_pass(monkeypatch):
    from boundary_bench.metrics.kernels import spans

    calls = []
    close_pairs = spans.close_pairs
    monkeypatch.setattr(spans, "close_pairs", lambda *args: calls.append(1) or close_pairs(*args))
    prediction, truth = squares((0, 0), scores=[0.5]), squares((0, 0))
    for kind in ("mask", "boundary"):
        AveragePrecision(1, iou=kind).measure(prediction=prediction, truth=truth)
    assert calls == [1]


def test_definitions_are_plain_data():
    for settings_ in ({}, {"iou": "boundary"}, {"iou": "boundary", "band_px": 3}):
        definition = AveragePrecision(3, **settings_).definition()
        assert json.loads(json.dumps(definition)) == definition
        assert "source" in definition


def test_what_is_refused():
    metric = AveragePrecision(2)
    with pytest.raises(ValueError, match="the prediction has no scores"):
        metric.measure(prediction=squares(), truth=squares())
    with pytest.raises(ValueError, match="the prediction has category 2; allowed: 0 to 1"):
        metric.measure(prediction=squares((0, 0), classes=[2], scores=[1]), truth=squares())
    with pytest.raises(ValueError, match="the truth has category 2; allowed: 0 to 1"):
        metric.measure(prediction=squares(scores=[]), truth=squares((0, 0), classes=[2]))
    with pytest.raises(ValueError, match="no measurements"):
        metric.summarise([])
    with pytest.raises(ValueError, match="3 weights for 1 measurements"):
        metric.summarise([metric.measure(prediction=squares(scores=[]), truth=squares())], np.ones(3))
    with pytest.raises(ValueError, match="max_detections is 0"):
        AveragePrecision(2, max_detections=0)
    with pytest.raises(ValueError, match=r"area_ranges: tiny is \[5, 1\]"):
        AveragePrecision(2, area_ranges={"tiny": (5, 1)})
