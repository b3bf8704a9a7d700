"""Objects and segments of some categories alone, drawn by hand."""

from __future__ import annotations

import numpy as np

from boundary_bench.metrics.functional.categories import predicted_of, true_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, StatedSizes

SIZE = (4, 6)


def objects(**more):
    dense = np.zeros((3, *SIZE), np.bool_)
    dense[0, :2], dense[1, 2:], dense[2, :, :1] = True, True, True
    masks = Masks.from_dense(SIZE, list(dense))
    stated = StatedSizes(masks, np.array([1.0, 2.0, 3.0]), np.array([4.0, 5.0, 6.0]))
    return InstanceSet(masks, np.array([1, 0, 2]), ids=np.array([7, 8, 9]), stated=stated, **more)


def test_objects_keep_what_belongs_to_them():
    found = predicted_of(objects(scores=np.array([0.1, 0.2, 0.3])), {0, 2})
    assert (found.ids.tolist(), found.categories.tolist(), found.scores.tolist()) == ([8, 9], [0, 2], [0.2, 0.3])
    assert found.areas.tolist() == [12, 4]
    assert (found.stated.areas.tolist(), found.stated.boxes.tolist()) == ([2, 3], [5, 6])
    truth = true_of(objects(crowd=np.array([True, False, True]), areas=np.array([10.0, 20.0, 30.0])), {1, 2})
    assert (truth.ids.tolist(), truth.crowd.tolist(), truth.areas.tolist()) == ([7, 9], [True, True], [10, 30])


def test_nothing_is_left_where_there_is_nothing():
    found = predicted_of(objects(scores=np.ones(3)), {5})
    assert len(found) == 0
    assert found.size == SIZE
    assert len(true_of(found, {0})) == 0


def test_what_is_all_of_them_stays_the_same_object():
    one = objects()
    assert true_of(one, {0, 1, 2}) is one


def test_predicted_segments_become_void_and_true_ones_crowd():
    ids = np.repeat([[3, 3, 0, 5, 5, 9]], 4, axis=0).astype(np.int32)
    segments = PanopticMap(ids, np.array([9, 3, 5], np.int32), np.array([2, 0, 1]), scores=np.array([0.9, 0.3, 0.5]))
    found = predicted_of(segments, {0, 2})
    assert found.ids[0].tolist() == [3, 3, 0, 0, 0, 9]
    assert (found.segments.tolist(), found.categories.tolist(), found.scores.tolist()) == ([9, 3], [2, 0], [0.9, 0.3])
    truth = true_of(segments, {0, 2})
    assert truth.ids is not None
    assert np.array_equal(truth.ids, ids)
    assert truth.crowd.tolist() == [False, False, True]
