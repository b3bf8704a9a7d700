import csv
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.io import loadmat

from boundary_bench.metrics.edges.semantic_edges import COUNTS, THRESHOLDS, SemanticEdges
from boundary_bench.metrics.functional.correspondence import matching_pairs
from boundary_bench.metrics.functional.geometry import semantic_edges, thin
from boundary_bench.metrics.kernels.edge_scores import areas, best_points
from boundary_bench.metrics.structures.segmentation import EdgeMaps
from tests.metrics.functional.test_geometry import blobs
from tests.metrics.replicates import assert_weights_are_repetitions
from tests.paths import data_dir

K = 4


def scene(seed, size=(30, 41), annotators=1):
    """Edges of a label map, each annotator's moved by a pixel or so; the prediction is a blurred and noisy one."""
    rng = np.random.default_rng(seed)
    edges = semantic_edges(blobs(size, seed), classes=K, radius_px=1, sides="own")
    truth = np.stack([np.roll(edges, tuple(rng.integers(-1, 2, 2)), axis=(1, 2)) for _ in range(annotators)])
    around = sum(np.roll(edges, (dy, dx), axis=(1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 9
    predicted = np.clip(around * rng.random(size) + 0.2 * rng.random((K, *size)), 0, 1)
    return EdgeMaps(predicted.astype(np.float32)), EdgeMaps(truth)


def expected_counts(metric, prediction, truth):
    """Threshold by threshold, each from scratch."""
    top, bottom, left, right = metric.margins_px
    height, width = truth.size
    inside = (slice(top, height - bottom), slice(left, width - right))
    reach = metric.max_distance_ratio * np.hypot(height, width)
    counts = {name: np.zeros((K, len(metric.thresholds)), int) for name in COUNTS}
    for k in range(K):
        for t, threshold in enumerate(metric.thresholds):
            mask = prediction.maps[k][inside] >= np.float32(threshold)
            mask = thin(mask) if metric.thin_prediction else mask
            found = np.zeros_like(mask)
            for annotation in truth.maps[:, k]:
                pairs = matching_pairs(mask, annotation[inside], max_distance_px=reach)
                found[tuple(pairs[:, 0].T)] = True
                counts["true_matched"][k, t] += len(pairs)
                counts["true"][k, t] += annotation[inside].sum()
            counts["predicted"][k, t] = mask.sum()
            counts["predicted_matched"][k, t] = found.sum()
    return counts


@pytest.mark.parametrize("thin_prediction", [False, True])
@pytest.mark.parametrize("annotators", [1, 3])
@pytest.mark.parametrize("margins_px", [(0, 0, 0, 0), (2, 7, 1, 3)])
def test_counts_are_those_of_each_threshold_alone(thin_prediction, annotators, margins_px):
    thresholds = (0.02, 0.1, 0.3, 0.31, 0.7, 1.0)
    metric = SemanticEdges(K, 0.03, thresholds, thin_prediction, margins_px)
    prediction, truth = scene(9, annotators=annotators)
    measured = metric.measure(prediction=prediction, truth=truth)
    for name, expected in expected_counts(metric, prediction, truth).items():
        np.testing.assert_array_equal(measured[name], expected, err_msg=name)


def row(*pixels, width=9):
    maps = np.zeros((1, 1, width), np.float32)
    for column, probability in pixels:
        maps[0, 0, column] = probability
    return maps


def test_by_hand():
    """Three predicted pixels, two true ones, one pixel of slack."""
    metric = SemanticEdges(1, 0.12, [0.3, 0.6, 0.9], thin_prediction=False)
    prediction = EdgeMaps(row((1, 0.6), (2, 0.95), (7, 0.3)))
    counts = metric.measure(prediction=prediction, truth=EdgeMaps(row((2, 1), (5, 1)) > 0))
    assert counts["predicted"].tolist() == [[3, 2, 1]]
    assert counts["predicted_matched"].tolist() == counts["true_matched"].tolist() == [[1, 1, 1]]
    assert counts["true"].tolist() == [[2, 2, 2]]
    summary = metric.summarise([counts])
    assert summary.values["MF_ODS"] == pytest.approx(2 / 3)
    assert summary.values["MF_OIS"] == pytest.approx(2 / 3)
    assert summary.values["edge_AP"] == 0  # a curve of one recall
    assert summary.per_class["ODS_threshold"] == 0.9
    assert summary.curves["edges"]["precision"].tolist() == [[1 / 3, 1 / 2, 1]]
    assert summary.scored == dict.fromkeys(summary.values, 1)


def test_a_pixel_found_by_two_annotators_is_predicted_once():
    metric = SemanticEdges(1, 0.12, [0.5])
    truth = EdgeMaps(np.stack([row((2, 1)), row((2, 1), (5, 1)), row((8, 1))]) > 0)
    counts = metric.measure(prediction=EdgeMaps(row((2, 1), (5, 1), (0, 1))), truth=truth)
    assert [counts[name].item() for name in COUNTS] == [3, 2, 4, 3]


def test_probabilities_in_255ths_are_those_in_float32():
    prediction, truth = scene(5)
    coarse = np.round(prediction.maps * 255).astype(np.uint8)
    metric = SemanticEdges(K, 0.02)
    results = [
        metric.measure(prediction=EdgeMaps(maps), truth=truth) for maps in (coarse, (coarse / 255).astype(np.float32))
    ]
    for name in COUNTS:
        np.testing.assert_array_equal(results[0][name], results[1][name])


def test_a_pixel_reaches_the_threshold_that_it_was_saved_at():
    """In float32 as in float64: 0.7 as float32 is less than 0.7 as float64."""
    metric = SemanticEdges(1)
    for k in range(1, 100):
        prediction = EdgeMaps(np.full((1, 1, 1), k / 100, np.float32))
        counts = metric.measure(prediction=prediction, truth=EdgeMaps(np.ones((1, 1, 1), bool)))
        assert counts["predicted"].sum() == k


def test_the_truth_predicted_is_perfect():
    _, truth = scene(4)
    metric = SemanticEdges(K, 0.01, thin_prediction=False)
    perfect = EdgeMaps(truth.maps[0].astype(np.uint8) * 255)
    summary = metric.summarise([metric.measure(prediction=perfect, truth=truth)])
    assert summary.values["MF_ODS"] == summary.values["MF_OIS"] == 1


def test_a_class_without_true_pixels_is_undefined_and_counted():
    prediction, truth = scene(4)
    maps = truth.maps.copy()
    maps[:, [1, 2]] = False
    metric = SemanticEdges(K)
    summary = metric.summarise([metric.measure(prediction=prediction, truth=EdgeMaps(maps))])
    for name, value in summary.values.items():
        assert np.isnan(summary.per_class[name]).tolist() == [False, True, True, False]
        assert value == pytest.approx(np.nanmean(summary.per_class[name]))
        assert (summary.scored[name], summary.undefined[name]) == (2, 2)


def test_an_image_without_the_class_costs_its_fewest_pixels_at_its_own_scale():
    metric = SemanticEdges(1, 0.12, [0.3, 0.6], thin_prediction=False)
    images = [(row((2, 0.4)), row((2, 1)) > 0), (row((4, 0.5), (6, 0.5)), row() > 0)]
    summary = metric.summarise([metric.measure(prediction=EdgeMaps(p), truth=EdgeMaps(t)) for p, t in images])
    assert summary.values["MF_OIS"] == 1
    assert summary.values["MF_ODS"] == pytest.approx(0.5)


def measured(counts):
    names = ("predicted", "matched", "true")
    predicted, matched, true = (np.array([[one[name] for one in counts]]) for name in names)
    return {"predicted": predicted, "predicted_matched": matched, "true": true, "true_matched": matched}


@st.composite
def image_counts(draw):
    """Counts of one image of one class at four thresholds."""
    true = draw(st.integers(0, 50))
    counts = []
    for _ in range(4):
        predicted = draw(st.integers(0, 80))
        counts.append({"true": true, "predicted": predicted, "matched": draw(st.integers(0, min(true, predicted)))})
    return measured(counts)


@given(st.lists(image_counts(), min_size=1, max_size=4))
def test_no_single_threshold_beats_the_scale_of_each_image(images):
    summary = SemanticEdges(1, thresholds=(0.2, 0.4, 0.6, 0.8)).summarise(images)
    ods, ois = summary.values["MF_ODS"], summary.values["MF_OIS"]
    assert ois >= ods or np.isnan(ods)


def test_whole_weights_are_repetitions():
    assert_weights_are_repetitions(SemanticEdges(K, 0.02), [scene(seed) for seed in (1, 4, 9)])


CURVES = st.integers(1, 12).flatmap(
    lambda count: st.tuples(*[st.lists(st.sampled_from(np.linspace(0, 1, 9)), min_size=count, max_size=count)] * 2)
)


@given(CURVES)
def test_best_points_are_the_best_of_all_positions(curve):
    precision, recall = np.array(curve)
    thresholds = np.arange(1, len(precision) + 1) / 100
    along = np.concatenate([np.linspace(t, t + 1, 100) for t in range(max(len(precision) - 1, 1))])
    p, r = (np.interp(along, np.arange(len(side)), side) for side in (precision, recall))
    f = 2 * p * r / np.where(p + r > 0, p + r, 1)
    best = best_points(thresholds, precision[None], recall[None])[0]
    assert best[3] == pytest.approx(f.max(), abs=1e-12)
    at = np.interp(best[0], thresholds, np.arange(len(precision)))
    for value, side in zip(best[1:3], (precision, recall), strict=True):
        assert value == pytest.approx(np.interp(at, np.arange(len(side)), side), abs=1e-9)


@given(CURVES)
def test_areas_are_sums_of_interpolated_precision(curve):
    precision, recall = np.array(curve)
    distinct, first = np.unique(recall, return_index=True)
    read = np.interp(np.arange(101) / 100, distinct, precision[first], left=0, right=0)
    expected = read.sum() / 100 if len(distinct) > 1 else 0
    assert areas(precision[None], recall[None])[0] == pytest.approx(expected, abs=1e-9)


def test_between_thresholds_by_hand():
    """Precision 0.5 and 1, recall 1 and 0.5: F is 2/3 at both ends, and 0.75 half-way."""
    precision, recall = np.array([[0.5, 1.0]]), np.array([[1.0, 0.5]])
    threshold, *_, f = best_points(np.array([0.1, 0.2]), precision, recall)[0]
    assert f == pytest.approx(0.75, abs=1e-4)
    assert threshold == pytest.approx(0.15, abs=1e-3)
    assert areas(precision, recall)[0] == pytest.approx(0.01 * sum(1 - i / 100 for i in range(51)))


def test_prediction_and_truth_swapped_are_caught():
    prediction, truth = scene(4)
    metric = SemanticEdges(K)
    for wrong in ({"prediction": truth, "truth": prediction}, {"prediction": truth, "truth": truth}):
        with pytest.raises(ValueError, match="may be swapped"):
            metric.measure(**wrong)


def test_maps_that_do_not_fit_are_refused():
    prediction, truth = scene(4)
    with pytest.raises(ValueError, match="the prediction has 4 classes; allowed: 3"):
        SemanticEdges(3).measure(prediction=prediction, truth=truth)
    with pytest.raises(ValueError, match="the truth has 3 classes; allowed: 4"):
        SemanticEdges(K).measure(prediction=prediction, truth=EdgeMaps(truth.maps[:, :3]))
    with pytest.raises(ValueError, match=r"allowed: the size of the truth, \(30, 40\)"):
        SemanticEdges(K).measure(prediction=prediction, truth=EdgeMaps(truth.maps[..., :40]))
    with pytest.raises(ValueError, match="margins_px are"):
        SemanticEdges(K, margins_px=(20, 10, 0, 0)).measure(prediction=prediction, truth=truth)


@pytest.mark.parametrize(
    "wrong",
    [
        {"classes": 0},
        {"max_distance_ratio": -0.1},
        {"max_distance_ratio": np.nan},
        {"thresholds": []},
        {"thresholds": [0.1, 0.2, 0.2]},
        {"thresholds": [0.2, 0.1]},
        {"thresholds": [0.0, 0.1]},
        {"thresholds": [0.5, 1.1]},
        {"thresholds": [np.nan]},
        {"thresholds": np.linspace(0.1, 1, 256)},
        {"margins_px": (1, 2, 3)},
        {"margins_px": (0, -1, 0, 0)},
        {"margins_px": (0, 0.5, 0, 0)},
    ],
)
def test_bad_parameters_are_refused(wrong):
    (name,) = wrong
    with pytest.raises(ValueError, match=f"^{name} (is|are) "):
        SemanticEdges(**{"classes": K, **wrong})


def test_the_definition_is_plain_data():
    definition = SemanticEdges(K, margins_px=(5, 135, 5, 5)).definition()
    assert json.loads(json.dumps(definition)) == definition
    assert definition["thresholds"] == list(THRESHOLDS)
    assert definition["margins_px"]["bottom"] == 135


def bsds(image):
    """ucm of one image, as BSDS reads it off, and the boundaries of its annotators."""
    ucm = loadmat(data_dir("bsds_sample", "ucm2", f"{image}.mat"))["ucm2"][2::2, 2::2]
    people = loadmat(data_dir("bsds_sample", "groundTruth", f"{image}.mat"))["groundTruth"][0]
    truth = np.stack([one["Boundaries"][0, 0].astype(bool) for one in people])
    return EdgeMaps(np.ascontiguousarray(ucm[None], np.float32)), EdgeMaps(truth[:, None])


def test_the_published_scores_of_bsds():
    """The thresholds around the best ones; there are more pixels below, and time goes into them."""
    metric, measurements = SemanticEdges(1, thresholds=THRESHOLDS[4:44]), []
    with data_dir("bsds_sample", "published_per_image.csv").open() as table:
        rows = list(csv.DictReader(table))
    for published in rows:
        prediction, truth = bsds(published["image"])
        measurements.append(metric.measure(prediction=prediction, truth=truth))
        alone = metric.summarise(measurements[-1:])
        best = float(published["best_threshold"])
        there = round(best * 100) - 5
        precision, recall = (float(alone.curves["edges"][side][0, there]) for side in ("precision", "recall"))
        assert 2 * precision * recall / (precision + recall) == pytest.approx(float(published["f"]), abs=0.002)
        assert precision == pytest.approx(float(published["precision"]), abs=0.002)
        assert recall == pytest.approx(float(published["recall"]), abs=0.002)
        assert alone.values["MF_ODS"] == pytest.approx(float(published["f"]), abs=0.002)
        assert alone.per_class["ODS_threshold"][0] == pytest.approx(best, abs=0.0101)
    together = metric.summarise(measurements)
    assert together.values["MF_OIS"] > together.values["MF_ODS"] + 0.02
