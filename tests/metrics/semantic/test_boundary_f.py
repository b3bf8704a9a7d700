import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.boundary_matching import f_score, match_boundaries, tolerance_in_px
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from tests.metrics import definitions
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS, blobs
from tests.paths import reference_dir


def scores(prediction, truth, tolerances, classes=4):
    found = match_boundaries(prediction=prediction, truth=truth, classes=classes, tolerances_px=tolerances)
    return f_score(found.predicted, found.true, found.predicted_matched, found.true_matched)


def test_by_hand():
    # The class edge lies between columns: pixel 1 of the truth, pixel 3 of the prediction, both of classes 0 and 1.
    truth, prediction = draw("001111"), draw("000011")
    f, precision, recall = scores(prediction.labels, truth.labels, [0, 1, 2])
    assert f[:, 0].tolist() == [0, 0, 1]
    assert precision[:, 1].tolist() == recall[:, 1].tolist() == [0, 0, 1]
    assert f[:, 2].tolist() == [1, 1, 1]  # absent from both maps


def test_a_class_in_one_map_only_scores_0():
    f, precision, recall = scores(draw("00110").labels, draw("00000").labels, [1])
    assert (f[0, 1], precision[0, 1], recall[0, 1]) == (0, 0, 1)
    f, precision, recall = scores(draw("00000").labels, draw("00110").labels, [1])
    assert (f[0, 1], precision[0, 1], recall[0, 1]) == (0, 1, 0)


@given(MAPS, st.integers(0, 2**32 - 1), st.sampled_from([[1], [1, 2, 3], [0, 4], [7]]))
def test_plain_definition(truth, seed, tolerances):
    prediction = blobs(truth.shape, seed)
    f, precision, recall = scores(prediction, truth, tolerances)
    for t, radius in enumerate(tolerances):
        for label in range(4):
            expected = definitions.boundary_scores(prediction, truth, label, radius)
            np.testing.assert_allclose((f[t, label], precision[t, label], recall[t, label]), expected, atol=1e-12)


@pytest.mark.parametrize("tolerances", [[1, 3], [20]])
def test_large_maps_are_matched_band_by_band(tolerances):
    rng = np.random.default_rng(5)
    truth = np.kron(rng.choice([0, 1, 2, 3, 255], (20, 7)), np.ones((13, 13))).astype(np.uint8)  # 260 rows
    prediction = np.roll(truth, (2, 1), axis=(0, 1))
    f, precision, recall = scores(prediction, truth, tolerances)
    for t, radius in enumerate(tolerances):
        for label in range(4):
            expected = definitions.boundary_scores(prediction, truth, label, radius)
            np.testing.assert_allclose((f[t, label], precision[t, label], recall[t, label]), expected, atol=1e-12)


@pytest.mark.parametrize("classes", [33, 64, 65, 150])
def test_many_classes_take_several_words(classes):
    rng = np.random.default_rng(classes)
    truth = np.kron(rng.integers(0, classes, (9, 11)), np.ones((4, 4))).astype(np.uint8)
    prediction = np.roll(truth, 1, axis=1)
    f, _, _ = scores(prediction, truth, [1], classes=classes)
    for label in range(classes):
        assert f[0, label] == pytest.approx(definitions.boundary_scores(prediction, truth, label, 1)[0], abs=1e-12)


@given(MAPS)
def test_the_truth_itself_scores_1(truth):
    f, precision, recall = scores(truth, truth, [0, 1])
    for score in (f, precision, recall):
        assert (score == 1).all()


@given(MAPS, st.integers(0, 2**32 - 1))
def test_transposing_and_swapping_change_nothing_that_is_symmetric(truth, seed):
    prediction = blobs(truth.shape, seed)
    truth, prediction = truth % 4, prediction % 4  # without void, which only the truth decides
    f, precision, recall = scores(prediction, truth, [1, 2])
    turned = scores(np.ascontiguousarray(prediction.T), np.ascontiguousarray(truth.T), [1, 2])
    np.testing.assert_allclose(turned[0], f, atol=1e-12)
    swapped = scores(truth, prediction, [1, 2])
    np.testing.assert_array_equal(swapped[1], recall)
    np.testing.assert_array_equal(swapped[2], precision)


@given(MAPS, st.integers(0, 2**32 - 1))
def test_a_larger_tolerance_never_matches_less(truth, seed):
    found = match_boundaries(prediction=blobs(truth.shape, seed), truth=truth, classes=4, tolerances_px=[0, 1, 2, 3, 5])
    assert (np.diff(found.predicted_matched, axis=0) >= 0).all()
    assert (found.predicted_matched <= found.predicted).all()
    assert (found.true_matched <= found.true).all()


def test_gscnn_counts_edges_along_void_and_strict_does_not():
    truth, prediction = draw("00..11"), draw("000111")
    gscnn, strict = (
        BoundaryF(3, tolerances_px=[1], variant=variant).summarise(
            [BoundaryF(3, tolerances_px=[1], variant=variant).measure(prediction=prediction, truth=truth)]
        )
        for variant in ("gscnn", "strict")
    )
    # No edge is left to miss; class 2 is in neither map.
    np.testing.assert_array_equal(gscnn.per_class["boundary_f@1px"], [1, 1, np.nan])
    assert gscnn.undefined["boundary_f@1px"] == 1
    np.testing.assert_array_equal(strict.per_class["boundary_f@1px"], [1, 1, np.nan])
    assert strict.undefined["boundary_f@1px"] == 1


@given(MAPS, st.integers(0, 2**32 - 1))
def test_strict_leaves_out_the_windows_that_hold_void(truth, seed):
    prediction = np.where(truth == 255, 255, blobs(truth.shape, seed)).astype(np.uint8)
    found = match_boundaries(prediction=prediction, truth=truth, classes=4, tolerances_px=[1], variant="strict")
    for labels, counts in ((prediction, found.predicted), (truth, found.true)):
        void = np.pad(labels == 255, ((0, 1), (0, 1)), mode="edge")
        touched = void[:-1, :-1] | void[1:, :-1] | void[:-1, 1:] | void[1:, 1:]
        for label in range(4):
            assert counts[label] == (definitions.seg2bmap(labels == label) & ~touched).sum()


def test_gscnn_gives_1_to_images_without_a_class_that_the_set_has():
    metric = BoundaryF(3, tolerances_px=[1])
    images = [(draw("0000"), draw("0000")), (draw("0000"), draw("0011"))]
    measured = [metric.measure(prediction=p, truth=t) for p, t in images]
    summary = metric.summarise(measured, np.array([[1.0, 1.0], [2.0, 0.0]]))
    f = summary.per_class["boundary_f@1px"]
    np.testing.assert_array_equal(f, [[0.5, 0.5, np.nan], [1, np.nan, np.nan]])
    np.testing.assert_array_equal(summary.values["boundary_f@1px"], [0.5, 1])
    assert (summary.scored["boundary_f@1px"], summary.undefined["boundary_f@1px"]) == (2, 1)


@pytest.mark.parametrize("variant", ["gscnn", "strict"])
def test_an_image_without_a_scored_pixel_is_left_out(variant):
    metric = BoundaryF(2, tolerances_px=[1], variant=variant)
    nothing = metric.measure(prediction=draw("0011"), truth=draw("...."))
    wrong = metric.measure(prediction=draw("1000"), truth=draw("0001"))
    assert np.isnan(list(metric.summarise([nothing]).values.values())).all()
    assert metric.summarise([nothing, wrong]).values == metric.summarise([wrong]).values


def test_strict_counts_edges_between_classes_of_different_words():
    labels = np.repeat(np.arange(100, dtype=np.uint8), 4)[None].repeat(3, axis=0)
    found = match_boundaries(prediction=labels, truth=labels, classes=100, tolerances_px=[0], variant="strict")
    # The last row looks right only: three pixels at each of two edges, one at the ends.
    assert found.true.tolist() == [3, *[6] * 98, 3]


def test_strict_averages_over_the_images_that_have_the_class():
    metric = BoundaryF(2, tolerances_px=[1], variant="strict")
    images = [(draw("0000"), draw("0000")), (draw("0000"), draw("0011"))]
    summary = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in images])
    np.testing.assert_array_equal(summary.per_class["boundary_f@1px"], [0.5, 0.0])


def test_ratios_are_rounded_up_image_by_image():
    assert tolerance_in_px(0.00088, (360, 480)) == 1
    assert tolerance_in_px(0.008, (360, 480)) == 5
    metric = BoundaryF(2, tolerances_px=[5], tolerances_ratio=[0.2])
    assert metric.names() == ["boundary_f@5px", "boundary_f@0.2diagonal"]
    measured = metric.measure(prediction=draw("00000011"), truth=draw("00011111"))
    # 0.2 of the diagonal of 1 x 8 is 2 px: too short to reach 3 columns, 5 px is not.
    assert measured["predicted_matched"].tolist() == [[1, 1], [0, 0]]


@pytest.mark.parametrize(
    "parameters",
    [{"tolerances_px": [-1]}, {"tolerances_px": [1.5]}, {"tolerances_px": []}, {"variant": "other"},
     {"tolerances_ratio": [1.5]}],
)  # fmt: skip
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        BoundaryF(3, **parameters)


def test_reference_values_of_gscnn():
    inputs = np.load(reference_dir("values", "semantic_inputs.npz"))
    expected = json.loads(reference_dir("values", "semantic_outputs.json").read_text())["boundary_f"]
    for entry in expected.values():
        metric = BoundaryF(11, tolerances_px=[entry["pixels"]])
        measured = []
        for image, (prediction, truth) in enumerate(zip(inputs["pred"], inputs["gt"], strict=True)):
            f, precision, _ = scores(prediction, truth, [entry["pixels"]], classes=11)
            np.testing.assert_allclose(f[0], entry["F_image_class"][image], atol=1e-12)
            np.testing.assert_allclose(precision[0], entry["precision_image_class"][image], atol=1e-12)
            found = match_boundaries(prediction=prediction, truth=truth, classes=11, tolerances_px=[entry["pixels"]])
            measured.append(vars(found))
        summary = metric.summarise(measured)
        name = f"boundary_f@{entry['pixels']}px"
        # Their code takes 1 for a class that no image of the set has.
        scored = inputs["gt"] != 255
        absent = ~np.isin(np.arange(11), np.concatenate([inputs["pred"][scored], inputs["gt"][scored]]))
        f = summary.per_class[name]
        np.testing.assert_array_equal(np.isnan(f), absent)
        np.testing.assert_allclose(np.where(absent, 1, f), entry["F_class_mean"], atol=1e-12)
        assert np.where(absent, 1, f).mean() == pytest.approx(entry["F_mean"], abs=1e-12)
        assert summary.values[name] == pytest.approx(f[~absent].mean(), abs=1e-12)
