from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.schedule import Schedule
from tests.effort import examples
from tests.strategies import label_maps
from tests.void import VOID

SIZE = (14, 20)
PLAIN = Contour(smoothing=0)


def walls(*columns: int, classes: int = 2, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Certain edges of every class in some columns."""
    edges = np.zeros((classes, *size), np.float32)
    edges[:, :, list(columns)] = 1
    return edges


def halves(border: int, void: tuple[int, int] = (0, 0)) -> SemanticMap:
    labels = np.zeros(SIZE, np.uint8)
    labels[:, border:] = 1
    labels[:, slice(*void)] = VOID
    return SemanticMap(labels)


def coarse(steps: int, contour: Contour = PLAIN, reduction: int = 1) -> Evolution:
    return Evolution(contour, Schedule((steps,), reduction), coarse=True)


@settings(max_examples=examples(40))
@given(labels=label_maps(SIZE, classes=4), steps=st.integers(0, 9))
def test_without_edges_void_goes_to_the_nearest_label(labels, steps):
    """By chessboard distance, as balloons grow; the foreign oracle is SciPy's."""
    found = coarse(steps).refined(SemanticMap(labels), np.zeros((4, *SIZE), np.float32)).labels
    away = np.full((4, *SIZE), 99)
    for k in np.unique(labels[labels != void_of(labels)]):
        away[k] = ndimage.distance_transform_cdt(labels != k, "chessboard")
    nearest = np.where(away.min(axis=0) <= steps, away.argmin(axis=0), void_of(labels))
    np.testing.assert_array_equal(found, np.where(labels == void_of(labels), nearest, labels))


def test_coarse_labels_grow_to_edges_and_not_over_them():
    drawn = halves(14, void=(4, 14))  # the true border is at 8, much nearer to the left
    found = coarse(12).refined(drawn, walls(7, 8)).labels
    assert (found[:, :7] == 0).all()
    assert (found[:, 9:] == 1).all()
    assert (coarse(12).refined(drawn, walls()).labels[:, 8] == 0).all(), "the test has no wall to miss"


def test_what_leaks_late_takes_nothing():
    """Through a hole in the wall the left half would pour into the right one, which was there before."""
    edges = walls(7, 8)
    edges[:, 5:9] = 0
    found = coarse(30).refined(halves(14, void=(4, 14)), edges).labels
    assert (found[:, 11:] == 1).all()
    assert np.count_nonzero(found[:, 9:] == 0) <= 8
    alone = SemanticMap(np.where(halves(14, void=(4, 14)).labels == 0, 0, VOID).astype(np.uint8))
    assert np.count_nonzero(coarse(30).refined(alone, edges).labels[:, 9:] == 0) > 8, "there is no leak"


def test_coarse_labels_themselves_stay():
    labels = np.random.default_rng(0).choice(np.array([0, 1, VOID], np.uint8), SIZE, p=[0.2, 0.2, 0.6])
    found = coarse(4, Contour(smoothing=2), reduction=2).refined(SemanticMap(labels), walls(3, 9)).labels
    np.testing.assert_array_equal(found[labels != VOID], labels[labels != VOID])
    assert (found[labels == VOID] != VOID).any()


def test_void_of_predictions_stays_void():
    labels = halves(10, void=(4, 7)).labels
    found = Evolution(Contour(), Schedule((5,), 1)).refined(SemanticMap(labels), walls(8)).labels
    np.testing.assert_array_equal(found == void_of(found), labels == void_of(labels))


def test_without_a_balloon_contours_slide_into_edges_nearby():
    evolution = Evolution(Contour(balloon=0, smoothing=0), Schedule((5,), 1))
    blurred = ndimage.gaussian_filter1d(walls(8), 2, axis=2)
    for start, end in ((10, 9), (6, 8)):  # on the near side of the column that is highest
        np.testing.assert_array_equal(evolution.refined(halves(start), blurred).labels, halves(end).labels)


@pytest.mark.parametrize(("closeness", "end"), [(0, 9), (0.02, 9), (1, 12)])
def test_closeness_holds_contours_to_where_they_were(closeness, end):
    """Edges of masks reach 2 px to either side; leaving them costs more than the pull of the edge if λ is large."""
    evolution = Evolution(Contour(balloon=0, smoothing=0), Schedule((9,), 1), closeness=closeness)
    blurred = ndimage.gaussian_filter1d(walls(8), 3, axis=2)
    np.testing.assert_array_equal(evolution.refined(halves(13), blurred).labels, halves(end).labels)


@pytest.mark.parametrize("reduction", [1, 2, 3])
@pytest.mark.parametrize("settings", [{}, {"coarse": True}])
def test_objects_move_in_a_window_as_in_the_whole_image(reduction, settings):
    size, rng = (60, 71), np.random.default_rng(reduction)
    edges = ndimage.gaussian_filter(rng.random(size), 1.5).astype(np.float32)
    edges = np.stack([((edges - edges.min()) / np.ptp(edges)) ** 3] * 2)  # of both sides the same
    evolution = Evolution(Contour(threshold=0.8), Schedule((2,), reduction), **settings)
    for _ in range(6):
        mask = np.zeros(size, bool)
        top, left = rng.integers(0, 50, 2)
        mask[top : top + rng.integers(1, 16), left : left + rng.integers(1, 20)] = True
        objects = InstanceSet(Masks.from_dense(size, [mask]), np.array([1]), np.ones(1))
        found = evolution.refined(objects, edges).masks.dense(0)
        outside = np.uint8(VOID if evolution.coarse else 0)
        whole = evolution.refined(SemanticMap(np.where(mask, np.uint8(1), outside)), edges).labels
        np.testing.assert_array_equal(found, whole == 1)


def test_coarse_objects_grow_each_by_itself_and_may_overlap():
    masks = [halves(14, void=(4, 14)).labels == label for label in (0, 1)]
    objects = InstanceSet(Masks.from_dense(SIZE, masks), np.array([0, 1]), np.ones(2))
    found = coarse(30).refined(objects, walls()).masks
    assert found.areas.tolist() == [SIZE[0] * SIZE[1]] * 2
    walled = coarse(30).refined(objects, walls(7, 8)).masks
    assert [walled.dense(0)[:, 9:].any(), walled.dense(1)[:, :7].any()] == [False, False]
    np.testing.assert_array_equal(walled.dense(0) & masks[0], masks[0])


def test_segments_of_one_class_share_out_the_pixels():
    ids = halves(14, void=(4, 14)).labels.astype(np.int32) + 7
    ids[:, 4:14] = 0
    drawn = PanopticMap(ids, np.array([7, 8], np.int32), np.array([1, 1]))
    found = coarse(12).refined(drawn, walls(7, 8))
    assert (found.ids[:, :7] == 7).all()
    assert (found.ids[:, 9:] == 8).all()
    np.testing.assert_array_equal(found.segments, drawn.segments)


def test_maps_may_be_of_some_classes():
    labels = np.where(halves(14, void=(4, 14)).labels == 1, 200, halves(14, void=(4, 14)).labels)
    found = coarse(12).refined(SemanticMap(np.where(labels == 0, 3, labels).astype(np.uint8)), walls(7, 8), [3, 200])
    expected = coarse(12).refined(halves(14, void=(4, 14)), walls(7, 8)).labels
    np.testing.assert_array_equal(found.labels, np.array([3, 200, VOID])[np.minimum(expected, 2)])


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        (walls(2, size=(14, 19)), r"edges have size \(14, 19\); allowed: \(14, 20\)"),
        (walls(2, classes=1), "class 1 has no edges; allowed: 0"),
    ],
)
def test_edges_that_do_not_fit_are_refused(edges, message):
    with pytest.raises(ValueError, match=message):
        coarse(2).refined(halves(10), edges)


@pytest.mark.parametrize("closeness", [-0.5, np.nan, np.inf])
def test_values_out_of_range_are_refused(closeness):
    with pytest.raises(ValueError, match=f"closeness is {closeness}; allowed: finite, 0 or more"):
        Evolution(closeness=closeness)
