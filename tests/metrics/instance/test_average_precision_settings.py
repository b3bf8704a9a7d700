"""What average precision can be set to, against pycocotools with its parameters set so."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.instance.lvis_ap import LvisAP
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, StatedSizes
from tests.effort import examples
from tests.metrics import coco
from tests.metrics.instances import AREAS, as_coco, instance_pairs

SETS = st.lists(instance_pairs(), min_size=1, max_size=4)
ALL = [0, 1e10]


def ours(pairs, **parameters):
    metric = AveragePrecision(2, **parameters)
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs])


def mean(table):
    known = table[table > -1]
    return known.mean() if known.size else np.nan


@settings(max_examples=examples(60))
@given(SETS, st.sampled_from([[0.2, 0.3], [0.5], [0.1, 0.75, 1.0], [0.9, 0.95]]))
def test_iou_thresholds(pairs, thresholds):
    annotations, results = as_coco(pairs, classes=2)
    if not results:
        return
    evaluation = coco.pycocotools_evaluation(annotations, results, areas=AREAS, iouThrs=np.array(thresholds))
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    found = ours(pairs, area_ranges=AREAS, iou_thresholds=thresholds)
    np.testing.assert_array_equal(found.values["AP"], mean(precision[:, :, :, 0, -1]))
    np.testing.assert_array_equal(found.values["AP_S"], mean(precision[:, :, :, 1, -1]))
    np.testing.assert_array_equal(found.values["AR"], mean(recall[:, :, 0, -1]))
    for name, threshold in (("AP50", 0.5), ("AP75", 0.75), ("AP90", 0.9)):
        if threshold in thresholds:
            expected = mean(precision[thresholds.index(threshold), :, :, 0, -1])
            np.testing.assert_array_equal(found.values[name], expected)
        else:
            assert np.isnan(found.values[name])
            assert (found.scored[name], found.undefined[name]) == (0, 2)


def test_thresholds_written_out_are_the_default_ones():
    metric = AveragePrecision(1, iou_thresholds=[0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
    # However the last bits of 0.75 are written.
    shifted = AveragePrecision(1, iou_thresholds=[np.nextafter(0.75, 1)])
    truth = InstanceSet(Masks.from_dense((4, 4), [np.ones((4, 4), np.bool_)]), np.array([0]))
    prediction = InstanceSet(truth.masks, np.array([0]), np.array([0.5]))
    for one, names in ((metric, ("AP50", "AP75", "AP90")), (shifted, ("AP75",))):
        values = one.summarise([one.measure(prediction=prediction, truth=truth)]).values
        assert [float(values[name]) for name in names] == [pytest.approx(1)] * len(names)
    assert metric.definition()["iou_thresholds"] in ("0.50 to 0.95 by 0.05", metric.iou_thresholds.tolist())


@settings(max_examples=examples(80))
@given(SETS)
def test_class_agnostic(pairs):
    annotations, results = as_coco(pairs, classes=2)
    if not results:
        return
    evaluation = coco.pycocotools_evaluation(annotations, results, areas=AREAS, useCats=0)
    precision, recall = evaluation.eval["precision"], evaluation.eval["recall"]
    found = ours(pairs, area_ranges=AREAS, class_agnostic=True)
    for area, suffix in enumerate(("", "_S", "_M", "_L")):
        np.testing.assert_array_equal(found.values[f"AP{suffix}"], mean(precision[:, :, :, area, -1]))
        np.testing.assert_array_equal(found.values[f"AR{suffix}"], mean(recall[:, :, area, -1]))
    np.testing.assert_array_equal(found.values["AR1"], mean(recall[:, :, 0, 0]))
    assert found.per_class == {}
    boundary = ours(pairs, class_agnostic=True, iou="boundary")
    assert boundary.per_class == {}
    assert "boundary_AP" in boundary.values


@settings(max_examples=examples(60))
@given(SETS, st.sampled_from([[1, 2, 3], [2], [1, 100]]))
def test_several_limits_of_detections(pairs, limits):
    annotations, results = as_coco(pairs, classes=2)
    if not results:
        return
    evaluation = coco.pycocotools_evaluation(annotations, results, areas=AREAS, maxDets=limits)
    found = ours(pairs, area_ranges=AREAS, max_detections=limits)
    np.testing.assert_array_equal(found.values["AP"], mean(evaluation.eval["precision"][:, :, :, 0, -1]))
    names = [*(f"AR{limit}" for limit in limits[:-1]), "AR"]
    for place, name in enumerate(names):
        np.testing.assert_array_equal(found.values[name], mean(evaluation.eval["recall"][:, :, 0, place]))
    assert {name for name in found.values if name[2:].isdigit() and name[:2] == "AR"} == set(names[:-1])


def test_ranges_as_people_write_them():
    written = {"tiny": [0, "16"], "large": ["64", "1e10"], "beyond": [16, None], "any": [None, math.inf]}
    metric = AveragePrecision(2, area_ranges=written)
    assert metric.area_ranges == {"tiny": (0, 16), "large": (64, 1e10), "beyond": (16, math.inf), "any": (0, math.inf)}
    assert metric.definition()["areas_px"]["beyond"] == [16, None]
    assert "AP_beyond" in ours([(squares(8, scores=True), squares(8))], area_ranges=written).values


@settings(max_examples=examples(60))
@given(SETS, st.sampled_from(["annotated", "mask", "box"]), st.integers(0, 99))
def test_whose_areas_are_ranged(pairs, source, seed):
    rng = np.random.default_rng(seed)
    annotations, results = as_coco(pairs, classes=2)
    if not results:
        return
    if source == "mask":
        areas = [area for _, truth in pairs for area in truth.masks.areas.tolist()]
        for one, area in zip(annotations["annotations"], areas, strict=True):
            one["area"] = float(area)
    if source == "box":
        for one in results:
            one["bbox"] = [0, 0, float(rng.integers(1, 12)), float(rng.integers(1, 12))]
        pairs = with_stated_sizes(pairs, annotations, results)
    evaluation = coco.pycocotools_evaluation(annotations, results, areas=AREAS)
    found = ours(pairs, area_ranges=AREAS, areas=source)
    for area, suffix in enumerate(("", "_S", "_M", "_L")):
        np.testing.assert_array_equal(
            found.values[f"AP{suffix}"], mean(evaluation.eval["precision"][:, :, :, area, -1])
        )


def with_stated_sizes(pairs, annotations, results):
    """The pairs with areas and boxes as the documents state them; pycocotools ranges results by their boxes then."""
    areas, boxes = iter(annotations["annotations"]), iter(results)
    found = []
    for prediction, truth in pairs:
        nothing = np.full(len(prediction), np.nan), np.full(len(truth), np.nan)
        stated = np.array([next(areas)["area"] for _ in range(len(truth))], np.float64)
        sides = np.array([next(boxes)["bbox"][2:] for _ in range(len(prediction))], np.float64).reshape(-1, 2)
        found.append(
            (
                replaced(prediction, StatedSizes(prediction.masks, nothing[0], sides.prod(axis=1))),
                replaced(truth, StatedSizes(truth.masks, stated, nothing[1])),
            )
        )
    return found


def replaced(objects, stated):
    areas = None if objects.scores is not None else objects.areas
    return InstanceSet(objects.masks, objects.categories, objects.scores, objects.crowd, areas, stated=stated)


def squares(*sides, scores=False):
    masks = [(np.ones((side, side), np.bool_), 0, 0) for side in sides]
    given_scores = np.linspace(0.9, 0.1, len(sides)) if scores else None
    return InstanceSet(Masks.from_windows((20, 20), masks), np.zeros(len(sides), np.int64), given_scores)


@pytest.mark.parametrize("make", [lambda **p: AveragePrecision(2, **p), lambda **p: LvisAP(2, ["r", "f"], **p)])
@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"iou_thresholds": []}, r"iou_thresholds are \[\]; allowed: rising numbers above 0 and up to 1"),
        ({"iou_thresholds": [0.5, 0.5]}, r"iou_thresholds are \[0.5, 0.5\]"),
        ({"iou_thresholds": [0.7, 0.5]}, r"iou_thresholds are \[0.7, 0.5\]"),
        ({"iou_thresholds": [0, 0.5]}, r"iou_thresholds are \[0, 0.5\]"),
        ({"iou_thresholds": [50, 75]}, r"iou_thresholds are \[50, 75\]"),
        ({"iou_thresholds": [math.nan]}, r"iou_thresholds are \[nan\]"),
        ({"iou_thresholds": 0.5}, "iou_thresholds are 0.5"),
        ({"iou_thresholds": "0.5"}, "iou_thresholds are 0.5"),
        ({"area_ranges": {"tiny": [5, 1]}}, r"area_ranges: tiny is \[5, 1\]; allowed: two rising numbers of pixels"),
        ({"area_ranges": {"tiny": [5]}}, r"area_ranges: tiny is \[5\]"),
        ({"area_ranges": {"tiny": ["small", 1]}}, "area_ranges: tiny is"),
        ({"area_ranges": {"tiny": "10"}}, "area_ranges: tiny is '10'"),
        ({"area_ranges": [[0, 1]]}, r"area_ranges are \[\[0, 1\]\]; allowed: a name and two rising numbers"),
        ({"areas": {"S": [0, 1]}}, r"areas is \{'S': \[0, 1\]\}; allowed: annotated, mask, file, box .*`area_ranges`"),
        ({"max_detections": 0}, "max_detections is 0; allowed: "),
    ],
)
def test_what_is_refused(make, parameters, message):
    with pytest.raises(ValueError, match=message):
        make(**parameters)


@pytest.mark.parametrize("limits", [[10, 1], [], [0, 1], [1.5], "100", [True]])
def test_limits_that_are_refused(limits):
    with pytest.raises(ValueError, match=r"max_detections is .*; allowed: a whole number >= 1, or several, rising"):
        AveragePrecision(2, max_detections=limits)


def test_definitions_say_what_was_set():
    definition = AveragePrecision(
        2, iou_thresholds=[0.2, 0.3], max_detections=[1, 50], areas="box", class_agnostic=True
    ).definition()
    assert definition["iou_thresholds"] == [0.2, 0.3]
    assert definition["max_detections"] == 50
    assert "at most 1 (AR1) and 50 (AR) detections" in definition["AR"]
    assert "box areas of predictions" in definition["areas"]
    assert "not looked at" in definition["categories"]
    assert "categories" not in AveragePrecision(2).definition()


def test_lvis_takes_thresholds_and_ranges():
    from boundary_bench.metrics.structures.segmentation import Federated

    truth = squares(8)
    truth = InstanceSet(truth.masks, truth.categories, federated=Federated(frozenset(), frozenset()))
    metric = LvisAP(1, ["f"], iou_thresholds=[0.3], area_ranges={"all": [0, None]}, areas="mask")
    values = metric.summarise([metric.measure(prediction=squares(5, scores=True), truth=truth)]).values
    assert values["AP_lvis"] == values["AP_all_lvis"] == pytest.approx(1)  # 25 of 64 px
    assert np.isnan(values["AP50_lvis"])


@pytest.mark.parametrize(("categories", "expected"), [([1, 0], 1.0), ([0, 1], 0.5)])
def test_of_equal_overlaps_the_object_of_the_last_category_is_taken(categories, expected):
    # The better detection overlaps both objects by a third, the other one is the second object.
    def row(*ranges):
        return Masks.from_windows((1, 100), [(np.ones((1, b - a), np.bool_), 0, a) for a, b in ranges])

    truth = InstanceSet(row((0, 40), (40, 80)), np.array(categories))
    prediction = InstanceSet(row((20, 60), (40, 80)), np.array([0, 0]), np.array([0.9, 0.8]))
    annotations, results = as_coco([(prediction, truth)], classes=2)
    evaluation = coco.pycocotools_evaluation(annotations, results, useCats=0, iouThrs=np.array([0.3]))
    found = ours([(prediction, truth)], class_agnostic=True, iou_thresholds=[0.3])
    assert found.values["AR"] == evaluation.eval["recall"][0, 0, 0, -1] == expected
