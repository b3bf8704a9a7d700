from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.bench.plugins.protocols import OracleRefiner
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.segfix.offsets import apply_offsets, apply_until_interior, targets_to_offsets
from boundary_bench.refiners.segfix.oracle import OracleOffset
from boundary_bench.refiners.segfix.targets import targets_of_labels
from tests.paths import data_dir
from tests.strategies import label_maps
from tests.void import VOID, WIDE_VOID

IMAGE = np.zeros((1, 1, 3), np.uint8)


def refined(oracle, prediction, truth):
    return oracle.refine_with_truth(IMAGE, SemanticMap(prediction), SemanticMap(truth)).labels


@st.composite
def pairs(draw):
    truth = draw(label_maps())
    return draw(label_maps(truth.shape, void=False)), truth


def test_replace_by_hand():
    prediction = np.array([[0, 0, 0, 0, 1, 1, 1, 1]], np.uint8)
    truth = np.array([[2, 2, 2, 2, VOID, 3, 3, 3]], np.uint8)
    # Columns 3 and 4 are 1 px from another predicted label, 2 and 5 are 2 px; void says nothing about column 4.
    assert refined(OracleReplace(1), prediction, truth).tolist() == [[0, 0, 0, 2, 1, 1, 1, 1]]
    assert refined(OracleReplace(2), prediction, truth).tolist() == [[0, 0, 2, 2, 1, 3, 1, 1]]
    assert refined(OracleReplace(1.9), prediction, truth).tolist() == [[0, 0, 0, 2, 1, 1, 1, 1]]


@pytest.mark.parametrize("infinity", [np.inf, "inf"])
def test_an_infinite_distance_replaces_everything_but_void(infinity):
    prediction = np.zeros((2, 3), np.uint8)
    truth = np.array([[1, 2, VOID], [3, 4, 5]], np.uint8)
    assert refined(OracleReplace(infinity), prediction, truth).tolist() == [[1, 2, 0], [3, 4, 5]]


def test_a_prediction_of_one_label_has_no_boundary():
    prediction = np.zeros((4, 4), np.uint8)
    np.testing.assert_array_equal(refined(OracleReplace(3), prediction, prediction + 1), prediction)


@given(pairs(), st.sampled_from([1, 1.5, 2, 3]))
def test_replace_equals_its_definition_class_by_class(pair, distance):
    prediction, truth = pair
    near = np.zeros(prediction.shape, bool)
    if len(np.unique(prediction)) > 1:
        for label in np.unique(prediction):
            inside = prediction == label
            near |= inside & (ndimage.distance_transform_edt(inside) <= distance)
    expected = np.where(near & (truth != void_of(truth)), truth, prediction)
    np.testing.assert_array_equal(refined(OracleReplace(distance), prediction, truth), expected)


def test_truth_of_a_wider_type_is_not_cut():
    prediction, truth = np.array([[0, 1, VOID]], np.uint8), np.array([[300, WIDE_VOID, WIDE_VOID]], np.int32)
    assert refined(OracleReplace(1), prediction, truth).tolist() == [[300, 1, WIDE_VOID]]
    narrow = refined(OracleReplace(1), prediction, np.minimum(truth, 254))
    assert (narrow.dtype, narrow.tolist()) == (np.uint8, [[254, 1, VOID]])


@given(pairs())
@pytest.mark.parametrize("oracle", [OracleReplace(2), OracleOffset(), OracleOffset(16, 2, targets="paper")])
def test_what_every_oracle_keeps(oracle, pair):
    prediction, truth = pair
    before = prediction.copy(), truth.copy()
    found = refined(oracle, prediction, truth)
    np.testing.assert_array_equal(found[truth == void_of(truth)], prediction[truth == void_of(truth)])
    assert set(np.unique(found)) <= {*np.unique(prediction), *np.unique(truth)}
    np.testing.assert_array_equal(prediction, before[0])
    np.testing.assert_array_equal(truth, before[1])


@given(label_maps(void=False))
def test_a_perfect_prediction_stays_perfect_under_replacement(truth):
    np.testing.assert_array_equal(refined(OracleReplace(2), truth, truth), truth)


@given(pairs(), st.sampled_from([(4, 1), (8, 2), (16, 2), (32, 4), ("4_axis", 1)]))
def test_offset_moves_the_prediction_along_the_truths_directions(pair, division):
    prediction, truth = pair
    directions, scale = division
    targets = targets_of_labels(truth, width_px=3)
    offsets = targets_to_offsets(targets, directions, scale)
    oracle = OracleOffset(directions, scale, 3)
    np.testing.assert_array_equal(refined(oracle, prediction, truth), apply_offsets(prediction, offsets))
    walking = OracleOffset(directions, scale, 3, until_interior=True)
    np.testing.assert_array_equal(
        refined(walking, prediction, truth), apply_until_interior(prediction, offsets, targets.boundary)
    )


def test_offset_mends_a_shifted_edge():
    truth = np.zeros((30, 30), np.uint8)
    truth[:, 15:] = 1
    prediction = np.roll(truth, 2, axis=1)
    prediction[:, :2] = 0
    assert (refined(OracleOffset(scale=1), prediction, truth) != truth).sum() == 30
    np.testing.assert_array_equal(refined(OracleOffset(scale=2), prediction, truth), truth)
    np.testing.assert_array_equal(refined(OracleOffset(until_interior=True), prediction, truth), truth)


def test_offset_with_legacy_sampling_blends_only_without_aligned_corners():
    truth = np.zeros((40, 60), np.uint8)
    truth[10:, 20:] = 9
    # The prediction has an edge where the truth has none, and so no offsets.
    prediction = np.zeros((40, 60), np.uint8)
    prediction[:, 45:] = 9
    aligned, blended = (
        refined(OracleOffset(legacy=f"align_corners_{corners}"), prediction, truth) for corners in ("true", "false")
    )
    np.testing.assert_array_equal(aligned, refined(OracleOffset(), prediction, truth))
    assert set(np.unique(blended)) - {0, 9}


@pytest.mark.parametrize("oracle", [OracleReplace(), OracleOffset()])
def test_contract(oracle):
    assert isinstance(oracle, OracleRefiner)
    assert oracle.tasks == {"semantic", "instance", "panoptic", "binary"}
    assert not hasattr(oracle, "refine")
    labels = np.zeros((2, 2), np.uint8)
    with_probabilities = SemanticMap(labels, np.full((3, 2, 2), 0.5, np.float32))
    assert oracle.refine_with_truth(IMAGE, with_probabilities, SemanticMap(labels)).probabilities is None
    with pytest.raises(ValueError, match=r"prediction has size \(2, 2\); allowed: that of the truth, \(2, 3\)"):
        refined(oracle, labels, np.zeros((2, 3), np.uint8))


@pytest.mark.parametrize("distance", [0, -1, np.nan, -np.inf, 20000])
def test_distances_outside_what_is_allowed_are_refused(distance):
    with pytest.raises(ValueError, match=r"distance_px is .*; allowed: above 0 up to 16000, or inf"):
        OracleReplace(distance)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"directions": 6}, "directions is 6"),
        ({"directions": 16, "scale": 1}, "scale is 1 px"),
        ({"width_px": 0}, "width_px is 0"),
        ({"targets": "text"}, "targets is 'text'"),
        ({"legacy": "torch"}, "legacy is 'torch'"),
    ],
)
def test_offset_parameters_outside_what_is_allowed_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        OracleOffset(**arguments)


@pytest.mark.parametrize(
    ("oracle", "percent"),
    [
        (OracleReplace(1), 64.02),
        (OracleReplace(3), 74.16),
        (OracleOffset(8, 1), 60.05),
        (OracleOffset(8, 2), 61.01),
    ],
    ids=["replace 1 px", "replace 3 px", "offset scale 1", "offset scale 2"],
)
def test_camvid_scores_are_those_of_independent_scripts(oracle, percent):
    """mIoU of a real network on every second test image. The scripts did not truncate distances: 0.06 points."""
    confusion = np.zeros((11, 11), np.int64)
    for path in sorted(data_dir("camvid", "testannot").glob("*.png"))[::2]:
        truth = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        truth[truth == 11] = VOID
        saved = data_dir("camvid_predictions", "fcn8_small", "test", path.name)
        found = refined(oracle, cv2.imread(str(saved), cv2.IMREAD_UNCHANGED), truth)
        known = truth != VOID
        confusion += np.bincount(truth[known] * 11 + found[known], minlength=121).reshape(11, 11)
    hits = np.diag(confusion)
    iou = hits / (confusion.sum(axis=0) + confusion.sum(axis=1) - hits)
    assert 100 * iou.mean() == pytest.approx(percent, abs=0.1)
