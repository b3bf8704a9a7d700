import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.common.probabilities import most_likely, relabelled, require, upsample
from tests.strategies import probabilities, sizes


@given(st.data())
def test_upsample_equals_torch_bilinear_with_half_pixel_centres(data):
    size = data.draw(sizes())
    coarse = data.draw(probabilities(size))
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(coarse)[None], size=size, mode="bilinear", align_corners=False
    )
    np.testing.assert_allclose(upsample(coarse, size), theirs[0].numpy(), atol=1e-5)


def test_upsample_by_hand():
    # Centres of fine pixels lie at coarse coordinates -0.25, 0.25, 0.75, 1.25; the outer ones repeat the edge.
    full = upsample(np.array([[[0.0, 1.0]]], np.float32), (1, 4))
    np.testing.assert_allclose(full, [[[0, 0.25, 0.75, 1]]])


@pytest.mark.parametrize("coarse", [(47, 62), (47, 63), (46, 62), (375, 500), (1, 1), (4, 5), (3, 5)])
def test_sizes_that_a_stride_explains_are_accepted(coarse):
    assert upsample(np.ones((2, *coarse), np.float32), (375, 500)).shape == (2, 375, 500)


@pytest.mark.parametrize("coarse", [(376, 500), (375, 501), (62, 47), (47, 47), (40, 62), (375, 62), (5, 20)])
def test_another_field_of_view_is_refused(coarse):
    with pytest.raises(ValueError, match=rf"{coarse[0]}, {coarse[1]}.*375 x 500"):
        upsample(np.ones((2, *coarse), np.float32), (375, 500))


def test_most_likely_takes_the_smallest_id_of_equals():
    scores = np.array([[[0.2, 0.5, -1.0]], [[0.4, 0.5, -1.0]], [[0.4, 0.0, -0.5]]])
    labels = most_likely(scores, dtype=np.dtype(np.int32))
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels, [[1, 0, 2]])


@given(sizes().flatmap(probabilities))
def test_most_likely_is_argmax(scores):
    np.testing.assert_array_equal(most_likely(scores, dtype=np.dtype(np.uint8)), scores.argmax(axis=0))


def test_classes_that_labels_cannot_hold_are_refused():
    many = np.zeros((256, 1, 1), np.float32)
    with pytest.raises(ValueError, match="K = 256; allowed beside uint8 labels: at most 255"):
        require(SemanticMap(np.zeros((1, 1), np.uint8), many), "my refiner")
    assert len(require(SemanticMap(np.zeros((1, 1), np.uint8), many[1:]), "my refiner")) == 255
    assert len(require(SemanticMap(np.zeros((1, 1), np.int32), many), "my refiner")) == 256


@pytest.mark.parametrize(("classes", "dtype"), [(255, np.uint8), (256, np.int32), (460, np.int32)])
def test_most_likely_of_any_number_of_classes(classes, dtype):
    scores = np.zeros((classes, 1, 3), np.float32)
    scores[[254, classes - 1, classes // 2], 0, [0, 1, 2]] = 1
    labels = most_likely(scores)
    assert labels.dtype == dtype
    np.testing.assert_array_equal(labels, scores.argmax(axis=0))


def test_relabelled_keeps_void_and_dtype():
    for dtype, void in ((np.int32, -1), (np.uint8, 255)):
        labels = relabelled(SemanticMap(np.array([[void, 0]], dtype)), np.array([[[0.0, 0.0]], [[1.0, 1.0]]]))
        assert labels.dtype == dtype
        np.testing.assert_array_equal(labels, [[void, 1]])


def test_absent_probabilities_are_refused_by_the_name_of_the_user():
    with pytest.raises(ValueError, match="my refiner needs class probabilities"):
        require(SemanticMap(np.zeros((2, 2), np.uint8)), "my refiner")
