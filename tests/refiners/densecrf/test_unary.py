import numpy as np
import pytest

from boundary_bench.refiners.densecrf.unary import normalised, of_labels
from tests.void import VOID, WIDE_VOID


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(-1, 1, 1)


def test_labels_by_hand():
    labels = np.array([[3, 7, WIDE_VOID]], np.int32)
    scores = of_labels(labels, np.array([3, 5, 7]), 0.8)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores[:, 0].T, [[0.8, 0.1, 0.1], [0.1, 0.1, 0.8], [1 / 3] * 3], rtol=1e-6)


def test_a_number_of_classes_stands_for_the_ids_below_it():
    labels = np.array([[0, 2, VOID]], np.uint8)
    np.testing.assert_array_equal(of_labels(labels, 3, 0.7), of_labels(labels, [0, 1, 2], 0.7))
    np.testing.assert_allclose(of_labels(labels, 3, 0.7)[:, 0, 0], [0.7, 0.15, 0.15], rtol=1e-6)


def test_void_of_wide_labels_is_not_255():
    labels = np.array([[0, 255, 299, WIDE_VOID]], np.int32)
    scores = of_labels(labels, 300, 0.7)
    assert scores.argmax(axis=0)[0, :3].tolist() == [0, 255, 299]
    np.testing.assert_array_equal(scores[:, 0, 3], np.float32(1 / 300))


@pytest.mark.parametrize("classes", [1, 0, [3], [2, 1], [1, 1], [[0, 1]]])
def test_classes_that_are_none(classes):
    with pytest.raises(ValueError, match="allowed: their number, 2 or more, or that many ids in ascending order"):
        of_labels(np.zeros((1, 1), np.uint8), classes, 0.7)


@pytest.mark.parametrize("certainty", [0, 1, -0.5, np.nan])
def test_certainties_that_are_none(certainty):
    with pytest.raises(ValueError, match="allowed: above 0 and below 1"):
        of_labels(np.zeros((1, 1), np.uint8), 2, certainty)


def test_labels_that_are_no_class():
    with pytest.raises(ValueError, match=r"labels have the ids 4, 9; allowed: 0\.\.2 and 255"):
        of_labels(np.array([[4, 9, 1, VOID]], np.uint8), np.arange(3), 0.7)


def test_the_first_five_strange_labels_are_named():
    labels = np.array([[9, 300, 4, 9, 0], [WIDE_VOID, -2, 7, 12, 5]], np.int32)
    with pytest.raises(ValueError, match=r"ids -2, 4, 5, 7, 9; allowed: 0\.\.2 and -1 for void"):
        of_labels(labels, np.arange(3), 0.7)


def test_what_sums_to_one_is_taken_as_it_is():
    scores = column(0.25, 0.7504)
    assert normalised(scores) is scores


def test_what_does_not_is_normalised_and_counted():
    scores = np.array([[[0.5, 1, 0, 0.5]], [[0.5, 3, 0, 0.3]]], np.float32)
    before = scores.copy()
    with pytest.warns(UserWarning, match=r"do not sum to 1 at 3 of 4 pixels, but to 0\.\.4; they are normalised"):
        result = normalised(scores)
    np.testing.assert_allclose(result[:, 0].T, [[0.5, 0.5], [0.25, 0.75], [0.5, 0.5], [0.625, 0.375]], rtol=1e-6)
    np.testing.assert_array_equal(scores, before)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -0.1])
def test_what_is_no_probability_is_refused(bad):
    scores = np.full((2, 3, 3), 0.5, np.float32)
    scores[0, 1, 1] = scores[1, 1, 1] = scores[0, 2, 0] = bad
    with pytest.raises(ValueError, match="not finite at 2 pixels"):
        normalised(scores)
