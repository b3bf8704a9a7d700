import copy
import json
import logging

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.instance.lvis_ap import LvisAP
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import Federated, InstanceSet
from tests.effort import examples
from tests.metrics.instances import as_coco, instance_pairs
from tests.metrics.replicates import assert_weights_are_repetitions

CLASSES = 4
FREQUENCIES = ["r", "c", "f", "f"]
SETS = st.lists(instance_pairs(classes=CLASSES, federated=True), min_size=1, max_size=4)
OFFICIAL = {
    "AP": "AP",
    "AP50": "AP50",
    "AP75": "AP75",
    "AP_S": "APs",
    "AP_M": "APm",
    "AP_L": "APl",
    "AP_r": "APr",
    "AP_c": "APc",
    "AP_f": "APf",
    "AR": "AR@{}",
    "AR_S": "ARs@{}",
    "AR_M": "ARm@{}",
    "AR_L": "ARl@{}",
}


def official(pairs, limit, monkeypatch):
    """Numbers of lvis-api, where crowd is `ignore`."""
    lvis = pytest.importorskip("lvis")
    logging.getLogger("lvis").setLevel(logging.ERROR)
    annotations, results = as_coco(pairs, CLASSES, frequency=FREQUENCIES)
    truth = lvis.LVIS.__new__(lvis.LVIS)
    truth.logger, truth.dataset = logging.getLogger("lvis"), copy.deepcopy(annotations)
    truth._create_index()
    with monkeypatch.context() as patch:
        patch.setattr(np, "float", float, raising=False)  # it was written for an older numpy
        found = lvis.LVISResults(truth, copy.deepcopy(results), max_dets=limit)
        evaluation = lvis.LVISEval(truth, found, "segm")
        evaluation.params.max_dets = limit
        evaluation.run()
    numbers = {ours: evaluation.results[theirs.format(limit)] for ours, theirs in OFFICIAL.items()}
    return {name: np.nan if value == -1 else value for name, value in numbers.items()}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("limit", [300, 3])
@settings(max_examples=examples(100))
@given(pairs=SETS)
def test_bits_of_lvis_api(pairs, limit):
    if not sum(len(prediction) for prediction, _ in pairs):
        return  # it refuses an empty list
    with pytest.MonkeyPatch.context() as monkeypatch:
        theirs = official(pairs, limit, monkeypatch)
    metric = LvisAP(CLASSES, FREQUENCIES, max_detections=limit)
    summary = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])
    assert {name: float(summary.values[f"{name}_lvis"]) for name in OFFICIAL} == pytest.approx(
        theirs, rel=0, abs=0, nan_ok=True
    )


@pytest.mark.parametrize("kind", ["mask", "boundary"])
@settings(max_examples=examples(50))
@given(pairs=st.lists(instance_pairs(classes=CLASSES, federated=True), min_size=3, max_size=3))
def test_weights_are_repetitions(pairs, kind):
    assert_weights_are_repetitions(LvisAP(CLASSES, FREQUENCIES, iou=kind, band_px=1), pairs)


def squares(*places, classes, scores=None, negative=(), not_exhaustive=()):
    masks = [(np.ones((2, 2), np.bool_), top, left) for top, left in places]
    federated = Federated(frozenset(negative), frozenset(not_exhaustive)) if scores is None else None
    scores = None if scores is None else np.array(scores, np.float64)
    categories = np.array(classes, np.int64)
    return InstanceSet(Masks.from_windows((20, 20), masks), categories, scores, federated=federated)


@pytest.mark.parametrize(
    ("federation", "expected"),
    [
        ({}, [1, 1, 0.5]),  # class 1 was not looked for: its detection is left out
        ({"negative": [1]}, [1, 1, 0.5]),  # it is wrong, but the class has no objects
        ({"not_exhaustive": [2]}, [1, 1, 1]),  # the wrong detection of class 2 may be an object
        ({"not_exhaustive": [0]}, [1, 1, 0.5]),
    ],
)
def test_by_hand(federation, expected):
    truth = squares((0, 0), (4, 4), classes=[0, 2], **federation)
    prediction = squares((0, 0), (9, 9), (9, 9), (4, 4), classes=[0, 1, 2, 2], scores=[0.9, 0.8, 0.7, 0.6])
    metric = LvisAP(3, ["r", "c", "f"])
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    np.testing.assert_allclose(summary.per_class["AP_lvis"], [expected[0], np.nan, expected[2]])
    assert summary.values["AP_r_lvis"] == pytest.approx(expected[0])
    assert summary.values["AP_f_lvis"] == pytest.approx(expected[2])
    assert np.isnan(summary.values["AP_c_lvis"])
    assert (summary.scored["AP_c_lvis"], summary.undefined["AP_c_lvis"]) == (0, 1)


def test_classes_looked_for_in_one_image_count_there():
    metric = LvisAP(1, ["f"])
    wrong = squares((9, 9), classes=[0], scores=[0.9])
    right = squares((0, 0), classes=[0], scores=[0.5])
    there = metric.measure(prediction=right, truth=squares((0, 0), classes=[0]))
    for negative, expected in (([], 1), ([0], 0.5)):
        elsewhere = metric.measure(prediction=wrong, truth=squares(classes=[], negative=negative))
        assert metric.summarise([there, elsewhere]).values["AP_lvis"] == pytest.approx(expected)


def test_objects_without_a_pixel_are_left_out():
    # Class 0 has one object in full and one of no pixel, class 1 only one of no pixel.
    shapes = [((2, 2), 0), ((0, 0), 0), ((0, 0), 1)]
    masks = Masks.from_dense(
        (20, 20), [np.pad(np.ones(s, np.bool_), [(0, 20 - s[0]), (0, 20 - s[1])]) for s, _ in shapes]
    )
    truth = InstanceSet(masks, np.array([k for _, k in shapes]), federated=Federated(frozenset(), frozenset()))
    prediction = squares((0, 0), (9, 9), classes=[0, 1], scores=[0.5, 0.9])
    metric = LvisAP(2, ["f", "f"])
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    np.testing.assert_allclose(summary.per_class["AP_lvis"], [1, np.nan])
    assert summary.values["AR_lvis"] == 1


def test_the_limit_is_over_all_classes():
    prediction = squares((0, 0), (9, 9), classes=[0, 1], scores=[0.5, 0.9])
    truth = squares((0, 0), classes=[0])
    for limit, expected in ((1, 0), (2, 1)):
        metric = LvisAP(2, ["r", "f"], max_detections=limit)
        summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
        assert summary.values["AP_lvis"] == pytest.approx(expected)


def test_no_class_of_a_frequency():
    metric = LvisAP(1, ["f"], iou="boundary")
    measured = metric.measure(prediction=squares(classes=[], scores=[]), truth=squares((0, 0), classes=[0]))
    summary = metric.summarise([measured])
    assert np.isnan(summary.values["boundary_AP_r_lvis"])
    assert (summary.scored["boundary_AP_r_lvis"], summary.undefined["boundary_AP_r_lvis"]) == (0, 0)
    assert summary.values["boundary_AP_f_lvis"] == 0
    assert summary.values["saturated_share"] == 1


def test_the_definition_is_plain_data_and_what_is_refused():
    metric = LvisAP(2, ["r", "f"])
    assert json.loads(json.dumps(metric.definition())) == metric.definition()
    plain = InstanceSet(Masks.from_runs((20, 20), []), np.zeros(0))
    with pytest.raises(ValueError, match="allowed: a federated truth"):
        metric.measure(prediction=squares(classes=[], scores=[]), truth=plain)
    with pytest.raises(ValueError, match="the prediction has no scores"):
        metric.measure(prediction=plain, truth=squares(classes=[]))
    with pytest.raises(ValueError, match="frequencies are 'r'; allowed: r, c or f for each of 2 classes"):
        LvisAP(2, ["r"])
    with pytest.raises(ValueError, match="frequencies are 'rx'"):
        LvisAP(2, ["r", "x"])
    with pytest.raises(ValueError, match="max_detections is 0"):
        LvisAP(1, ["r"], max_detections=0)
