import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.common.ensemble import average
from tests.strategies import semantic_maps, sizes


def test_mean_by_hand():
    ours = np.array([[[0.9, 0.2]], [[0.1, 0.8]]], np.float32)
    theirs = np.array([[[0.0, 0.6]], [[1.0, 0.4]]], np.float32)
    labels = np.array([[0, 1]], np.uint8)
    joint = average([SemanticMap(labels, ours), SemanticMap(labels, theirs)])
    np.testing.assert_allclose(joint.probabilities, [[[0.45, 0.4]], [[0.55, 0.6]]])
    # Pixel 0: each model is sure of its own class; the surer one wins.
    np.testing.assert_array_equal(joint.labels, [[1, 1]])
    assert joint.labels.dtype == np.uint8


def test_resolutions_may_differ():
    fine = np.array([[[1.0, 1.0, 0.0, 0.0]], [[0.0, 0.0, 1.0, 1.0]]], np.float32)
    coarse = np.array([[[0.0, 1.0]], [[1.0, 0.0]]], np.float32)
    labels = np.zeros((1, 4), np.uint8)
    joint = average([SemanticMap(labels, fine), SemanticMap(labels, coarse)])
    # The coarse one becomes 0, 0.25, 0.75, 1 for class 0.
    np.testing.assert_allclose(joint.probabilities[0], [[0.5, 0.625, 0.375, 0.5]])
    np.testing.assert_array_equal(joint.labels, [[0, 0, 1, 0]])


@given(st.data())
def test_order_does_not_matter_and_one_map_is_its_own_average(data):
    size = data.draw(sizes())
    first, second = data.draw(semantic_maps(size, void=False)), data.draw(semantic_maps(size, void=False))
    one, other = average([first, second]), average([second, first])
    np.testing.assert_array_equal(one.labels, other.labels)
    np.testing.assert_array_equal(one.probabilities, other.probabilities)
    np.testing.assert_array_equal(average([first, first]).probabilities, average([first]).probabilities)
    np.testing.assert_allclose(one.probabilities.sum(axis=0), 1, atol=1e-5)


def test_void_stays_only_where_all_agree_on_it():
    even = np.full((2, 1, 2), 0.5, np.float32)
    both = SemanticMap(np.array([[255, 255]], np.uint8), even)
    one = SemanticMap(np.array([[255, 1]], np.uint8), even)
    np.testing.assert_array_equal(average([both, one]).labels, [[255, 0]])


def test_what_cannot_be_averaged_is_refused():
    labels, two, three = np.zeros((2, 2), np.uint8), np.ones((2, 2, 2), "f4"), np.ones((3, 2, 2), "f4")
    good = SemanticMap(labels, two)
    with pytest.raises(ValueError, match="0 maps"):
        average([])
    with pytest.raises(ValueError, match=r"map 1 .* labels only"):
        average([good, SemanticMap(labels)])
    with pytest.raises(ValueError, match=r"numbers of classes \[2, 3\]"):
        average([good, SemanticMap(labels, three)])
    with pytest.raises(ValueError, match=r"sizes \[\(2, 2\), \(4, 4\)\]"):
        average([good, SemanticMap(np.zeros((4, 4), np.uint8), two)])
