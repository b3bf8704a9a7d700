"""What oracles make of the truth of objects and segments."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segment_labels import as_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from boundary_bench.refiners.common.truth import best_objects, labels_of_truth, owners
from tests.effort import examples
from tests.refiners.drawn import dense, mask, objects, segments
from tests.strategies import instance_sets, panoptic_maps
from tests.void import WIDE_VOID


def test_labels_of_a_semantic_truth_are_its_own():
    labels = np.array([[3, WIDE_VOID]], np.int32)
    np.testing.assert_array_equal(labels_of_truth(SemanticMap(labels)), labels)


def test_objects_lie_on_a_background_the_smallest_on_top():
    large, small = "######..\n######..", "....##..\n........"
    assert labels_of_truth(objects(large, small)).tolist() == [[1, 1, 1, 1, 2, 2, 0, 0], [1, 1, 1, 1, 1, 1, 0, 0]]
    assert labels_of_truth(objects(small, large)).tolist() == [[2, 2, 2, 2, 1, 1, 0, 0], [2, 2, 2, 2, 2, 2, 0, 0]]


def test_crowds_and_void_say_nothing_but_where_an_object_is():
    void = Masks.from_dense((1, 6), [mask("....##")])
    crowd, thing = mask("##...."), mask(".####.")
    truth = InstanceSet(
        Masks.from_dense((1, 6), [thing, crowd]), np.array([0, 0]), crowd=np.array([False, True]), void=void
    )
    assert labels_of_truth(truth).tolist() == [[WIDE_VOID, 1, 1, 1, 1, WIDE_VOID]]


def test_any_number_of_objects_has_numbers_of_their_own():
    one_pixel_each = np.eye(300, dtype=bool).reshape(300, 15, 20)
    labels = labels_of_truth(objects(*one_pixel_each))
    np.testing.assert_array_equal(labels.ravel(), np.arange(1, 301))


def test_crowds_of_a_panoptic_truth_are_void():
    truth = segments("1122\n33..", {2: 0, 1: 0, 3: 1}, crowd=[1])
    assert labels_of_truth(truth).tolist() == [[WIDE_VOID, WIDE_VOID, 0, 0], [2, 2, WIDE_VOID, WIDE_VOID]]


def test_an_object_is_meant_by_best_iou_within_the_category():
    predicted = objects("####....", "....##..", "..##....", "#.......", "......##", categories=[0, 0, 1, 0, 0])
    # The first true object is better met by the first prediction, which meets the second in 2 of 4 pixels too.
    truth = objects("###.....", "..####..", "....####", categories=[0, 0, 1])
    # IoU 3/4 and 2/6; 2/4; the category has only the third, elsewhere; 1/3, the same one again; none.
    assert best_objects(predicted, truth).tolist() == [0, 1, -1, 0, -1]


def test_nothing_is_meant_by_an_empty_mask_and_no_crowd_is_meant():
    truth = objects("####", "##..", crowd=[True, False])
    assert best_objects(objects("....", "####"), truth).tolist() == [-1, 1]
    assert best_objects(objects("####"), objects("####", crowd=[True])).tolist() == [-1]


def test_of_equal_overlaps_the_first_is_meant():
    assert best_objects(objects(".##."), objects("##..", "..##")).tolist() == [0]


@given(st.data())
def test_best_objects_are_those_of_the_definition(data):
    size = (20, 24)
    predicted, truth = data.draw(instance_sets(size, classes=2)), data.draw(instance_sets(size, 2, scored=False))
    for index, place in enumerate(best_objects(predicted, truth).tolist()):
        iou = [0.0 if truth.crowd[j] else _iou(dense(predicted)[index], one) for j, one in enumerate(dense(truth))]
        iou = np.where(truth.categories == predicted.categories[index], iou, 0.0)
        best = float(iou.max(initial=0.0))
        assert place == (int(iou.argmax()) if best > 0 else -1)


def _iou(one, other):
    return (one & other).sum() / max((one | other).sum(), 1)


def test_a_segment_stands_for_the_one_that_it_means():
    prediction = segments("1111\n2233\n2233", {1: 0, 2: 1, 3: 1})
    truth = segments("5555\n6667\n6667", {5: 0, 6: 1, 7: 1})
    # 2 means 6 (4/6), 3 means 7 (2/4, against 2/8 with 6).
    assert owners(prediction, truth).tolist() == [0, 1, 2]


def test_only_the_best_of_those_that_mean_a_segment_stands_for_it():
    prediction = segments("1112", {1: 0, 2: 0})
    assert owners(prediction, segments("5555", {5: 0})).tolist() == [0]
    # Two true segments, one prediction: the other one was missed.
    assert owners(segments("1111", {1: 0}), segments("5556", {5: 0, 6: 0})).tolist() == [0, -1]


def test_none_of_another_category_stands_for_a_segment():
    assert owners(segments("1122", {1: 0, 2: 1}), segments("5566", {5: 1, 6: 1})).tolist() == [-1, 1]


def test_what_is_void_or_crowd_in_the_truth_does_not_count():
    # Of 5 known pixels, 2 are all of 5 (IoU 2/5) and 3 are a third of 6 (3/11); of all 15 it would be 2/15 and 3/21.
    prediction = segments("1" * 15 + "2" * 6, {1: 0, 2: 1})
    truth = segments("77777" + "....." + "55" + "6" * 9, {5: 0, 6: 0, 7: 0}, crowd=[7])
    assert owners(prediction, truth).tolist() == [0, -1, -1]


def test_no_segments_no_owners():
    empty = segments("..", {})
    assert owners(empty, segments("11", {1: 0})).tolist() == [-1]
    assert owners(segments("11", {1: 0}), empty).tolist() == []


@settings(max_examples=examples(60))
@given(st.data())
def test_owners_are_those_of_the_definition(data):
    size = (20, 24)
    prediction, truth = data.draw(panoptic_maps(size, classes=2)), data.draw(panoptic_maps(size, 2, crowd=True))
    known = labels_of_truth(truth) != WIDE_VOID
    iou = np.zeros((len(prediction.segments), len(truth.segments)))
    for i, j in np.ndindex(iou.shape):
        if prediction.categories[i] == truth.categories[j] and not truth.crowd[j]:
            iou[i, j] = _iou((prediction.ids == prediction.segments[i]) & known, truth.ids == truth.segments[j])
    standing = owners(prediction, truth)
    for j in range(len(truth.segments)):
        rivals = [i for i in range(len(iou)) if iou[i].max() > 0 and iou[i].argmax() == j]
        assert standing[j] == (max(rivals, key=lambda i: (iou[i, j], -i)) if rivals else -1)
    assert (as_labels(truth)[known] == labels_of_truth(truth)[known]).all()
