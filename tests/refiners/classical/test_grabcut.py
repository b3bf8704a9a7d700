import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from boundary_bench.refiners.classical.grabcut import GrabCut, _Claims, _Problem
from tests.effort import examples
from tests.strategies import images, label_maps
from tests.void import VOID, WIDE_VOID


def scene():
    """Two halves whose labels change two pixels beside the image edge, and noise."""
    image = np.full((60, 60, 3), 60, np.uint8)
    image[:, 30:] = 180
    image += np.random.default_rng(0).integers(0, 20, image.shape, dtype=np.uint8)
    labels = np.zeros((60, 60), np.int32)
    labels[:, 32:] = 7
    return image, labels


def test_a_boundary_beside_an_image_edge_moves_onto_it():
    image, labels = scene()
    refined = GrabCut(band_px=4).refine(image, SemanticMap(labels)).labels
    assert refined.dtype == np.int32
    expected = np.zeros((60, 60), np.int32)
    expected[:, 30:] = 7
    np.testing.assert_array_equal(refined, expected)


def test_an_edge_outside_the_band_is_out_of_reach():
    image, labels = scene()
    labels[:] = 0
    labels[:, 40:] = 7
    changed = GrabCut(band_px=4).refine(image, SemanticMap(labels)).labels != labels
    assert not (changed & ~band(labels, width_px=4)).any()


def test_a_thin_object_without_sure_pixels_keeps_its_pixels():
    image, labels = scene()
    labels[:, 10:13] = 3  # looks like its surroundings, which would take it
    refined = GrabCut(band_px=4).refine(image, SemanticMap(labels)).labels
    np.testing.assert_array_equal(refined == 3, labels == 3)


def test_void_is_kept_and_not_given():
    image, labels = scene()
    labels[20:40, 31:34] = WIDE_VOID
    refined = GrabCut(band_px=4).refine(image, SemanticMap(labels)).labels
    np.testing.assert_array_equal(refined == WIDE_VOID, labels == WIDE_VOID)
    assert (refined != labels).any()
    void = np.full((60, 60), VOID, np.uint8)
    np.testing.assert_array_equal(GrabCut().refine(image, SemanticMap(void)).labels, void)


def test_one_class_alone_is_left_as_it_is():
    image, labels = scene()
    labels[:] = 4
    np.testing.assert_array_equal(GrabCut().refine(image, SemanticMap(labels)).labels, labels)


def test_the_callers_random_generator_state_does_not_matter():
    _, labels = scene()
    # Few colours without any order: where the clusters start decides where they end.
    image = np.random.default_rng(1).integers(0, 3, (*labels.shape, 3), dtype=np.uint8) * np.uint8(100)
    results = []
    for seed in (1, 2, 3, 12345):
        cv2.setRNGSeed(seed)
        results.append(GrabCut().refine(image, SemanticMap(labels)).labels.tobytes())
    assert len(set(results)) == 1


@settings(max_examples=examples(30))
@given(label_maps((24, 20), classes=3), st.integers(1, 4))
def test_trimap(labels, band_px):
    class_id = int(labels[0, 0])
    problem = _Problem.of(labels, class_id, band_px, coarse=False)
    inside = labels == class_id
    if inside.all():
        assert (problem.trimap == cv2.GC_FGD).all()
        return
    depth, outer = distance_transform_edt(inside), distance_transform_edt(~inside)
    expected = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD)
    expected[depth > band_px], expected[outer > band_px] = cv2.GC_FGD, cv2.GC_BGD
    # The box leaves nothing outside that is not sure background.
    cropped = np.full(labels.shape, cv2.GC_BGD)
    cropped[problem.box] = problem.trimap
    np.testing.assert_array_equal(cropped, expected)


def test_claims_are_settled_by_own_class_then_distance_then_id():
    """One row of four pixels of class 5, contested by classes 2, 3 and 8."""
    labels = np.array([[5, 5, 5, 5, 2, 3, 8]], np.uint8)
    claims = _Claims.none(labels, coarse=False)
    row = (slice(0, 1), slice(0, 7))
    for class_id, distance, foreground in [
        (2, [4, 3, 2, 1, 0, 1, 2], [0, 1, 1, 0, 1, 0, 0]),
        (3, [9, 3, 1, 2, 1, 0, 1], [0, 1, 1, 0, 0, 1, 0]),
        (5, [0, 0, 0, 0, 1, 2, 3], [1, 0, 0, 0, 0, 0, 0]),
        (8, [1, 9, 9, 9, 2, 1, 0], [1, 0, 0, 0, 0, 0, 1]),
    ]:
        problem = _Problem(row, np.zeros((1, 7), np.uint8), np.array([distance], np.float32))
        claims.add(class_id, problem, np.array([foreground], bool))
    # Kept by its own; 2 and 3 equally near: the smaller id; 3 nearer; claimed by none: kept.
    np.testing.assert_array_equal(claims.settle(labels), [[5, 2, 3, 5, 2, 3, 8]])


@settings(max_examples=examples(15))
@given(st.data())
def test_changes_stay_in_the_band_and_take_near_labels(data):
    labels = data.draw(label_maps((40, 36), classes=3))
    image = data.draw(images(labels))
    refined = GrabCut(band_px=2).refine(image, SemanticMap(labels)).labels
    changed = refined != labels
    assert not (changed & ~band(labels, width_px=2)).any()
    for class_id in np.unique(refined[changed]):
        distance = distance_transform_edt(labels != class_id)
        assert distance[changed & (refined == class_id)].max() <= 2


def coarse_scene():
    """The scene of two halves with labels drawn well inside of them, and its true labels."""
    image, labels = scene()
    labels[:, 30:] = 7
    coarse = labels.copy()
    coarse[:, 20:40] = void_of(coarse)
    return image, coarse, labels


def test_coarse_labels_grow_to_the_image_edge():
    image, coarse, labels = coarse_scene()
    np.testing.assert_array_equal(GrabCut(20, coarse=True).refine(image, SemanticMap(coarse)).labels, labels)
    np.testing.assert_array_equal(GrabCut(20).refine(image, SemanticMap(coarse)).labels, coarse)


def test_a_coarse_mask_of_an_object_grows_to_the_image_edge():
    image, coarse, labels = coarse_scene()
    objects = InstanceSet(Masks.from_dense(labels.shape, [coarse == 7]), np.array([0]), np.array([0.5]))
    refined = GrabCut(20, coarse=True).refine(image, objects)
    np.testing.assert_array_equal(refined.masks.dense(0), labels == 7)


@settings(max_examples=examples(15))
@given(st.data(), st.integers(1, 4))
def test_what_coarse_labels_cover_is_sure(data, band_px):
    labels = data.draw(label_maps((40, 36), classes=3))
    image = data.draw(images(labels))
    refined = GrabCut(band_px, coarse=True).refine(image, SemanticMap(labels)).labels
    np.testing.assert_array_equal(refined[labels != void_of(labels)], labels[labels != void_of(labels)])
    for class_id in np.unique(refined[refined != labels]):
        distance = distance_transform_edt(labels != class_id)
        assert distance[refined == class_id].max() <= band_px


@pytest.mark.parametrize("name", ["band_px", "iterations"])
def test_other_values_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 0"):
        GrabCut(**{name: 0})


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"image is \(4, 5\)"):
        GrabCut().refine(np.zeros((4, 5, 3), np.uint8), SemanticMap(np.zeros((4, 4), np.uint8)))
