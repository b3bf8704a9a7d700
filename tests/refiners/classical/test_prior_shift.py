import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.plugins.protocols import FileRefiner
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.prior_shift import PriorShift
from boundary_bench.refiners.common.probabilities import relabelled, require
from tests.strategies import CLASSES, semantic_maps
from tests.void import WIDE_VOID

IMAGE = np.zeros((1, 3, 3), np.uint8)


def test_by_hand():
    # Column by column: 0.6 * 1 > 0.4 * 1.2; 0.5 * 1 < 0.5 * 1.2; void.
    saved = np.array([[[0.6, 0.5, 0.1]], [[0.4, 0.5, 0.9]]], np.float32)
    shifted = PriorShift([1.0, 1.2]).refine(IMAGE, SemanticMap(np.array([[1, 1, WIDE_VOID]], np.int32), saved))
    assert shifted.labels.dtype == np.int32
    np.testing.assert_array_equal(shifted.labels, [[0, 1, WIDE_VOID]])
    np.testing.assert_allclose(shifted.probabilities[1, 0, :2], [0.48 / 1.08, 0.6 / 1.1], rtol=1e-6)


@given(semantic_maps(), st.floats(0.01, 100))
def test_equal_weights_give_the_argmax_of_the_probabilities(prediction, factor):
    shifted = PriorShift([factor] * CLASSES).refine(IMAGE, prediction)
    expected = relabelled(prediction, require(prediction, "the test"))
    np.testing.assert_array_equal(shifted.labels, expected)


@given(semantic_maps(void=False), st.lists(st.floats(0.1, 10), min_size=CLASSES, max_size=CLASSES))
def test_shifted_probabilities_describe_the_labels(prediction, weights):
    shifted = PriorShift(weights).refine(IMAGE, prediction)
    np.testing.assert_allclose(shifted.probabilities.sum(axis=0), 1, atol=1e-5)
    chosen = np.take_along_axis(shifted.probabilities, shifted.labels[None].astype(int), axis=0)
    np.testing.assert_allclose(chosen[0], shifted.probabilities.max(axis=0), rtol=1e-6)


@given(semantic_maps(void=False), st.integers(0, CLASSES - 1))
def test_a_larger_weight_never_shrinks_its_class(prediction, class_id):
    weights = np.ones(CLASSES)
    before = PriorShift(weights).refine(IMAGE, prediction).labels == class_id
    weights[class_id] = 1.5
    after = PriorShift(weights).refine(IMAGE, prediction).labels == class_id
    assert (after | ~before).all()


def test_pixels_without_any_probability_do_not_divide_by_zero():
    nothing = SemanticMap(np.zeros((1, 3), np.uint8), np.zeros((2, 1, 3), np.float32))
    assert not PriorShift([1, 2]).refine(IMAGE, nothing).probabilities.any()


def test_a_preset_is_read_and_is_part_of_the_identity(tmp_path):
    preset = tmp_path / "shift.json"
    preset.write_text(json.dumps({"weights": [1, 4], "seed": 0}))
    refiner = PriorShift(str(preset))
    np.testing.assert_array_equal(refiner.weights, np.array([0.25, 1], np.float32))
    assert isinstance(refiner, FileRefiner)
    assert refiner.files("any") == [preset]
    assert refiner.for_sample("any") is refiner
    assert PriorShift([1, 4]).files("any") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("weights: [1]", "bad.json is not JSON"),
        ("[1, 2]", 'bad.json has no "weights"'),
        ('{"weights": [1, 0]}', "weights of bad.json are"),
        ('{"weights": "many"}', "weights of bad.json are 'many'"),
    ],
)
def test_files_that_are_no_preset_are_refused(tmp_path, text, message):
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=message):
        PriorShift(tmp_path / "bad.json")


@pytest.mark.parametrize("weights", [[], [1, -1], [1, float("inf")], [float("nan")], [[1, 2]], ["a"]])
def test_weights_that_are_not_positive_numbers_are_refused(weights):
    with pytest.raises(ValueError, match="allowed: one positive"):
        PriorShift(weights)


def test_another_number_of_classes_is_refused():
    prediction = SemanticMap(np.zeros((1, 3), np.uint8), np.ones((3, 1, 3), np.float32))
    with pytest.raises(ValueError, match="K = 3; allowed: 2"):
        PriorShift([1, 2]).refine(IMAGE, prediction)
