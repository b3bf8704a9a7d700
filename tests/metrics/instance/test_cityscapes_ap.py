"""Against the official evaluator run on generated folders, and by hand."""

import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.instance.cityscapes_ap import CityscapesAP
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet
from tests.effort import examples
from tests.metrics import definitions
from tests.metrics.instances import instance_pairs
from tests.metrics.replicates import assert_weights_are_repetitions

THINGS = {"person": 24, "rider": 25, "car": 26, "truck": 27, "bus": 28, "train": 31, "motorcycle": 32, "bicycle": 33}
SIZE = (60, 80)


def scene(seed):
    """Instance ids as Cityscapes writes them: objects of 24 to 28, groups, small ones, void and plain classes."""
    rng = np.random.default_rng(seed)
    ids = np.full(SIZE, 7, np.int32)
    ids[:, : rng.integers(0, 30)] = rng.choice([0, 4, 9, 21])
    for number in range(rng.integers(0, 9)):
        label = rng.choice([24, 25, 26, 28])
        top, left = rng.integers(0, SIZE[0] - 5), rng.integers(0, SIZE[1] - 5)
        height, width = rng.integers(4, 25, 2)
        value = label if rng.random() < 0.25 else label * 1000 + number
        ids[top : top + height, left : left + width] = value
    ids[-rng.integers(1, 12) :] = rng.choice([0, 1, 5, 8])
    return ids


def predictions(ids, seed):
    """(label, score, mask): objects moved by up to two pixels, some twice, some of another class, some anywhere."""
    rng = np.random.default_rng(seed + 1000)
    found = []
    for value in np.unique(ids):
        label = value if value < 1000 else value // 1000
        for _ in range(rng.integers(0, 3)):
            if label not in THINGS.values() and rng.random() < 0.5:
                label = rng.choice([24, 26])  # on void or on a plain class
            if label in THINGS.values():
                mask = np.roll(ids == value, rng.integers(-2, 3, 2), (0, 1))
                mask[rng.integers(0, SIZE[0])] ^= rng.random() < 0.3
                found.append((rng.choice([label, 24], p=[0.8, 0.2]), rng.choice([0.1, 0.5, 0.7, 0.9]), mask))
    for _ in range(rng.integers(0, 3)):
        mask = np.zeros(SIZE, np.bool_)
        mask[10 : 10 + rng.integers(1, 20), 5:40] = rng.random() < 0.8  # sometimes empty
        found.append((rng.choice([24, 25, 27]), rng.choice([0.5, 0.95]), mask))
    return found


def write(root, scenes):
    """The official layout: instanceIds PNGs, and a text file and mask PNGs for each image."""
    truths, texts = [], []
    for number, (ids, found) in enumerate(scenes):
        folder = root / "predictions"
        folder.mkdir(parents=True, exist_ok=True)
        truths.append(root / f"city_000000_{number:06d}_gtFine_instanceIds.png")
        cv2.imwrite(str(truths[-1]), ids.astype(np.uint16))
        texts.append(folder / f"city_000000_{number:06d}.txt")
        lines = []
        for index, (label, score, mask) in enumerate(found):
            name = f"{number}_{index}.png"
            cv2.imwrite(str(folder / name), mask.astype(np.uint8) * 255)
            lines.append(f"{name} {label} {score}\n")
        texts[-1].write_text("".join(lines))
    return truths, texts


def official(root, scenes):
    """AP matrix of class and threshold, and the averages."""
    evaluator = pytest.importorskip("cityscapesscripts.evaluation.evalInstanceLevelSemanticLabeling")
    truths, texts = write(root, scenes)
    args = evaluator.CArgs()
    vars(args).update(vars(evaluator.args))
    args.quiet, args.predictionPath, args.gtInstancesFile = True, str(root), str(root / "gtInstances.json")
    evaluator.setInstanceLabels(args)
    instances = evaluator.getGtInstances(list(map(str, truths)), args)
    matches = evaluator.matchGtWithPreds(list(map(str, texts)), list(map(str, truths)), instances, args)
    matrix = evaluator.evaluateMatches(matches, args)
    return args.instLabels, evaluator.computeAverages(matrix, args)


def ignored_labels():
    labels = pytest.importorskip("cityscapesscripts.helpers.labels").labels
    return [label.id for label in labels if label.ignoreInEval]


def as_instances(ids, found):
    classes = {label: k for k, label in enumerate(THINGS.values())}
    values = [v for v in np.unique(ids) if (v // 1000 if v >= 1000 else v) in classes]
    truth = InstanceSet(
        Masks.from_dense(SIZE, [ids == value for value in values]),
        np.array([classes[v // 1000 if v >= 1000 else v] for v in values], np.int64),
        crowd=np.array([v < 1000 for v in values], np.bool_),
        void=Masks.from_dense(SIZE, [np.isin(ids, ignored_labels())]),
    )
    kept = [one for one in found if one[0] in classes]
    prediction = InstanceSet(
        Masks.from_dense(SIZE, [mask for _, _, mask in kept]),
        np.array([classes[label] for label, _, _ in kept], np.int64),
        np.array([score for _, score, _ in kept], np.float64),
    )
    return prediction, truth


@pytest.mark.filterwarnings("ignore")  # it takes means of nothing
@pytest.mark.parametrize("seed", range(12))
def test_bits_of_the_official_evaluator(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(np, "in1d", np.isin, raising=False)  # it was written for an older numpy
    scenes = [(scene(s), predictions(scene(s), s)) for s in range(10 * seed, 10 * seed + (seed % 4) * 3 + 1)]
    try:
        names, averages = official(tmp_path, scenes)
    except IndexError:
        pytest.skip("every prediction of a class is excused: the official evaluator stops")
    metric = CityscapesAP(len(THINGS))
    measured = [metric.measure(prediction=p, truth=t) for p, t in (as_instances(ids, found) for ids, found in scenes)]
    summary = metric.summarise(measured)
    assert names == list(THINGS)
    for k, name in enumerate(names):
        theirs = averages["classes"][name]
        np.testing.assert_array_equal(summary.per_class["AP_cityscapes"][k], theirs["ap"], err_msg=name)
        np.testing.assert_array_equal(summary.per_class["AP50_cityscapes"][k], theirs["ap50%"], err_msg=name)
    np.testing.assert_array_equal(summary.values["AP_cityscapes"], averages["allAp"])
    np.testing.assert_array_equal(summary.values["AP50_cityscapes"], averages["allAp50%"])


@pytest.mark.parametrize("kind", ["mask", "boundary"])
@settings(max_examples=examples(50))
@given(pairs=st.lists(instance_pairs(), min_size=3, max_size=3))
def test_weights_are_repetitions(pairs, kind):
    assert_weights_are_repetitions(CityscapesAP(2, iou=kind, band_px=1, min_region_px=3), pairs)


def boxes(*places, scores=None, crowd=None, void=None):
    """One class; (top, left, height, width) in an image of 40 x 40."""
    size = (40, 40)
    masks = Masks.from_windows(size, [(np.ones((h, w), np.bool_), top, left) for top, left, h, w in places])
    zeros = np.zeros(len(places), np.int64)
    outside = None if void is None else Masks.from_windows(size, [(np.ones(void[2:], np.bool_), *void[:2])])
    flags = zeros.astype(np.bool_) if crowd is None else np.array(crowd)
    return InstanceSet(masks, zeros, None if scores is None else np.array(scores), crowd=flags, void=outside)


def ap(prediction, truth, **options):
    metric = CityscapesAP(1, **options)
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    return float(summary.values[f"{metric.iou.prefix}AP50_cityscapes"])


OBJECT, ELSEWHERE = (0, 0, 10, 10), (20, 20, 10, 10)


@pytest.mark.parametrize(
    ("places", "scores", "truth", "expected"),
    [
        # Steps run halfway between neighbours: a last point of recall 1 holds one half of the way to recall 0, the
        # artificial point of precision 1 the other half.
        ([OBJECT], [0.5], boxes(OBJECT), 1.0),
        ([OBJECT, ELSEWHERE], [0.5, 0.4], boxes(OBJECT), 1.0),
        ([OBJECT, ELSEWHERE], [0.5, 0.5], boxes(OBJECT), 0.5 * 0.5 + 0.5),
        ([OBJECT, OBJECT], [0.5, 0.6], boxes(OBJECT), 1.0),  # the second one is wrong, below the first
        ([OBJECT], [0.5], boxes(OBJECT, ELSEWHERE), 0.5),
        ([ELSEWHERE], [0.5], boxes(OBJECT), 0.0),
        ([(0, 0, 10, 5)], [0.5], boxes(OBJECT), 0.0),  # an IoU of 1/2 does not exceed 1/2
        ([(0, 0, 10, 6)], [0.5], boxes(OBJECT), 1.0),
        ([], [], boxes(OBJECT), 0.0),
        ([OBJECT], [0.5], boxes(), np.nan),
        # A better prediction is wrong (precision 0 there, 1/2 below), or is not counted: on void, a group, a small one.
        ([OBJECT, ELSEWHERE], [0.5, 0.9], boxes(OBJECT), 0.5 * 0.5),
        ([OBJECT, ELSEWHERE], [0.5, 0.9], boxes(OBJECT, void=(20, 20, 10, 10)), 1.0),
        ([OBJECT, ELSEWHERE], [0.5, 0.9], boxes(OBJECT, (15, 15, 20, 20), crowd=[False, True]), 1.0),
        ([OBJECT, ELSEWHERE], [0.5, 0.9], boxes(OBJECT, (20, 20, 10, 9)), 1.0),
    ],
)
def test_by_hand(places, scores, truth, expected):
    np.testing.assert_allclose(ap(boxes(*places, scores=scores), truth), expected)


@pytest.mark.parametrize(("width", "expected"), [(5, 0.25), (6, 1.0)])
def test_more_than_half_must_be_excused(width, expected):
    truth = boxes(OBJECT, void=(20, 20, 10, width))
    assert ap(boxes(OBJECT, ELSEWHERE, scores=[0.5, 0.9]), truth) == pytest.approx(expected)


def test_small_groups_count_twice():
    truth = boxes(OBJECT, (20, 20, 10, 3), crowd=[False, True])  # 30 of 100 pixels, twice
    assert ap(boxes(OBJECT, ELSEWHERE, scores=[0.5, 0.9]), truth) == pytest.approx(1)


def test_everything_excused_and_nothing_found_scores_zero():
    assert ap(boxes(ELSEWHERE, scores=[0.9]), boxes(OBJECT, void=(20, 20, 10, 10))) == 0


def test_empty_predictions_are_none():
    empty = InstanceSet(Masks.from_dense((40, 40), [np.zeros((40, 40), np.bool_)]), np.array([0]), np.array([0.9]))
    assert ap(empty, boxes(OBJECT)) == 0
    assert np.isnan(ap(empty, boxes()))


def test_the_smallest_object_can_be_set():
    assert np.isnan(ap(boxes(OBJECT, scores=[0.5]), boxes(OBJECT), min_region_px=101))
    assert ap(boxes(OBJECT, scores=[0.5]), boxes(OBJECT), min_region_px=100) == 1


def test_boundary_iou_takes_the_place_of_mask_iou():
    moved = (0, 2, 10, 10)
    a, b = (np.zeros((40, 40), np.bool_) for _ in range(2))
    a[0:10, 0:10] = b[0:10, 2:12] = True
    bands = [definitions.inner_band(mask, 1) for mask in (a, b)]
    assert (a & b).sum() / (a | b).sum() > 0.5 > (bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum()
    truth, prediction = boxes(OBJECT), boxes(moved, scores=[0.5])
    assert ap(prediction, truth) == 1
    assert ap(prediction, truth, iou="boundary", band_px=1) == 0
    assert ap(prediction, truth, iou="boundary", band_px=5) == 1


def test_definition_and_refusals():
    metric = CityscapesAP(2, iou="boundary")
    assert json.loads(json.dumps(metric.definition())) == metric.definition()
    assert metric.iou.width_px((1024, 2048)) == 11
    with pytest.raises(ValueError, match="the prediction has no scores"):
        metric.measure(prediction=boxes(), truth=boxes())
    with pytest.raises(ValueError, match="no measurements"):
        metric.summarise([])
    with pytest.raises(ValueError, match="2 weights for 1 measurements"):
        metric.summarise([metric.measure(prediction=boxes(scores=[]), truth=boxes())], np.ones(2))
    with pytest.raises(ValueError, match="min_region_px is -1"):
        CityscapesAP(2, min_region_px=-1)
