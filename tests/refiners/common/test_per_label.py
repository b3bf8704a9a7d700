"""What sets of objects and panoptic maps are to a refiner of label maps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segment_labels import as_labels, with_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.classical.grabcut import GrabCut, _Problem
from boundary_bench.refiners.classical.guided_filter import GuidedFilter
from boundary_bench.refiners.classical.majority_filter import MajorityFilter
from boundary_bench.refiners.common.per_label import grown_box, mask_within, refined
from tests.effort import examples
from tests.refiners.drawn import dense, ids, mask, objects, pictures
from tests.refiners.inputs import contents
from tests.strategies import images, instance_sets, label_maps, panoptic_maps
from tests.void import VOID, WIDE_VOID


def test_segments_are_numbered_in_their_order_and_void_is_below_them():
    found = np.array([[9, 9, 4, 0], [70000, 4, 4, 0]], np.int32)
    segmentation = PanopticMap(found, np.array([70000, 9, 4], np.int32), np.array([2, 0, 1]))
    assert as_labels(segmentation).tolist() == [[1, 1, 2, WIDE_VOID], [0, 2, 2, WIDE_VOID]]


def test_no_number_of_a_segment_is_left_out():
    found = np.arange(1, 301, dtype=np.int32).reshape(20, 15)
    many = PanopticMap(found, found.ravel()[::-1].copy(), np.zeros(300, np.int64))
    labels = as_labels(many)
    assert labels.dtype == np.int32
    np.testing.assert_array_equal(labels.ravel(), np.arange(300)[::-1])
    np.testing.assert_array_equal(with_labels(many, labels).ids, found)


def test_segments_without_pixels_vanish_with_all_that_is_known_of_them():
    order = np.array([3, 1, 2], np.int32)
    before = PanopticMap(
        ids("112\n33."), order, np.array([5, 6, 7]), np.array([False, False, True]), np.array([0.1, 0.2, 0.3])
    )
    # Numbers: 3 is 0, 1 is 1, 2 is 2. Segment 1 loses its pixels to 3 and to void; void becomes 2.
    after = with_labels(before, np.array([[0, WIDE_VOID, 2], [0, 0, 2]], np.int32))
    assert after.ids.tolist() == [[3, 0, 2], [3, 3, 2]]
    assert after.segments.tolist() == [3, 2]
    assert after.categories.tolist() == [5, 7]
    assert after.crowd.tolist() == [False, True]
    assert after.scores.tolist() == [0.1, 0.3]


@given(panoptic_maps())
def test_labels_and_back(segmentation):
    labels = as_labels(segmentation)
    np.testing.assert_array_equal(labels == WIDE_VOID, segmentation.ids == 0)
    assert contents(with_labels(segmentation, labels)) == contents(segmentation)


def test_each_mask_is_a_map_of_its_own_on_its_grown_box():
    pair = ["......\n.##...\n......\n......", "......\n..##..\n..##..\n......"]
    found = objects(*pair, categories=[3, 1], scores=[0.2, 0.9], ids=[8, 5])
    seen = []

    def emptied_or_filled(labels, window):
        seen.append((labels.tolist(), window))
        return np.full_like(labels, len(seen) - 1)

    result = refined(found, emptied_or_filled, margin_px=1)
    assert seen == [
        ([[0, 0, 0, 0], [0, 1, 1, 0], [0, 0, 0, 0]], (slice(0, 3), slice(0, 4))),
        ([[0, 0, 0, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], (slice(0, 4), slice(1, 5))),
    ]
    # The first one's answer was background everywhere, the second one's object: both stay in their places.
    assert result.masks.areas.tolist() == [0, 16]
    assert result.areas.tolist() == [0, 16]
    assert result.masks.boxes[1].tolist() == [0, 1, 4, 5]
    assert (result.categories.tolist(), result.scores.tolist(), result.ids.tolist()) == ([3, 1], [0.2, 0.9], [8, 5])


def test_a_label_that_is_not_the_object_is_background():
    labels = np.array([[1, 0, VOID]], np.uint8)
    assert pictures(refined(objects("###"), lambda *_: labels, margin_px=0)) == ["#.."]


def test_an_empty_mask_is_not_looked_at_and_stays():
    def fail(*_):
        raise AssertionError

    assert refined(objects("...\n..."), fail, margin_px=2).masks.areas.tolist() == [0]


def test_void_and_crowds_of_a_set_are_kept():
    void = Masks.from_dense((1, 3), [mask("..#")])
    found = InstanceSet(objects("##.").masks, np.array([0]), crowd=np.array([True]), void=void)
    result = refined(found, lambda labels, _: labels, margin_px=0)
    assert result.crowd.tolist() == [True]
    assert result.void is void


def test_a_grown_box_ends_at_the_image_border():
    found = objects(".....\n.#...\n.....\n.....\n.....")
    assert grown_box(found, 0, 1) == (0, 0, 3, 3)
    assert grown_box(found, 0, 3) == (0, 0, 5, 5)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((0, 0, 3, 3), [[0, 0, 0], [0, 1, 1], [0, 1, 0]]),
        ((2, 2, 3, 4), [[0, 1]]),
        ((0, 3, 4, 4), [[0], [1], [1], [0]]),
        ((3, 0, 4, 4), [[0, 0, 0, 0]]),
        ((1, 1, 1, 3), []),
    ],
)
def test_the_part_of_a_mask_within_a_box(box, expected):
    found = objects("....\n.###\n.#.#\n....")
    assert mask_within(found, 0, box).astype(int).tolist() == expected


SMOOTHERS = [MajorityFilter(1), MajorityFilter(3), GuidedFilter(1, 1e-6), GuidedFilter(2, 1e-4)]


@pytest.mark.parametrize("refiner", SMOOTHERS)
@settings(max_examples=examples(40))
@given(data=st.data())
def test_masks_come_out_as_from_the_whole_image(refiner, data):
    """The windows are wide enough: alone in a label map of the whole image, the mask becomes the same."""
    found = data.draw(instance_sets((26, 30)))
    image = data.draw(images(data.draw(label_maps(found.size))))
    for before, after in zip(dense(found), dense(refiner.refine(image, found)), strict=True):
        whole = refiner.refine(image, SemanticMap(before.astype(np.uint8))).labels == 1
        np.testing.assert_array_equal(after, whole)


@settings(max_examples=examples(20))
@given(st.data())
def test_a_mask_becomes_its_one_cut_in_the_whole_image(data):
    before = np.zeros((40, 44), np.uint8)
    before[10:30, 12:32] = data.draw(st.booleans()) or np.tri(20, 20, 6, np.uint8)
    image = data.draw(images(data.draw(label_maps(before.shape, classes=3))))
    problem = _Problem.of(before, 1, 2, coarse=False)
    expected = np.zeros(before.shape, bool)
    expected[problem.box] = problem.cut(image, 1)
    (after,) = dense(GrabCut(2).refine(image, objects(before == 1)))
    np.testing.assert_array_equal(after, expected)


@settings(max_examples=examples(20))
@given(st.data())
def test_a_cut_needs_only_the_object_and_its_surroundings(data):
    """GrabCut learns colours in the grown box, so what is further off does not matter."""
    before = np.zeros((40, 44), bool)
    before[12:28, 12:30] = data.draw(st.booleans()) or np.tri(16, 18, 6, bool)
    image = data.draw(images(before.astype(np.uint8)))
    (near,) = dense(GrabCut(3).refine(image, objects(before)))
    image[:6], image[34:], image[:, :6], image[:, 36:] = 0, 255, 0, 255
    (again,) = dense(GrabCut(3).refine(image, objects(before)))
    np.testing.assert_array_equal(again, near)


def test_a_mask_beside_an_image_edge_moves_onto_it():
    image = np.full((60, 60, 3), 60, np.uint8)
    image[:, 30:] = 180
    image += np.random.default_rng(0).integers(0, 20, image.shape, dtype=np.uint8)
    late, right = np.zeros((2, 60, 60), bool)
    late[:, 32:], right[:, 30:] = True, True
    (found,) = dense(GrabCut(band_px=4).refine(image, objects(late)))
    np.testing.assert_array_equal(found, right)
    # Two columns are too few to learn colours from: such an object is left alone.
    thin = np.zeros((60, 60), bool)
    thin[:, 29:31] = True
    (found,) = dense(GrabCut(band_px=4).refine(image, objects(thin)))
    np.testing.assert_array_equal(found, thin)


@pytest.mark.parametrize("refiner", [MajorityFilter(2), GuidedFilter(2, 1e-3), GrabCut(2)])
@settings(max_examples=examples(15))
@given(data=st.data())
def test_a_panoptic_map_is_refined_as_the_label_map_of_its_numbers(refiner, data):
    segmentation = data.draw(panoptic_maps((26, 30)))
    image = data.draw(images(data.draw(label_maps(segmentation.size))))
    labels = refiner.refine(image, SemanticMap(as_labels(segmentation))).labels
    expected = np.append(segmentation.segments, 0)[labels]
    np.testing.assert_array_equal(refiner.refine(image, segmentation).ids, expected)


def test_of_equal_votes_the_earlier_segment_wins_whatever_its_id():
    picture = ids("939\n753\n979")
    image = np.zeros((3, 3, 3), np.uint8)
    # The middle sees itself, 3 twice and 7 twice.
    for order, winner in [([9, 7, 3, 5], 7), ([5, 3, 7, 9], 3)]:
        segmentation = PanopticMap(picture, np.array(order, np.int32), np.zeros(4, np.int64))
        result = MajorityFilter(1).refine(image, segmentation)
        assert result.ids[1, 1] == winner
        assert 5 not in result.segments


def test_masks_that_overlap_stay_independent():
    pair = ["####..\n#.##..\n####..", "..####\n..##.#\n..####"]
    result = MajorityFilter(1).refine(np.zeros((3, 6, 3), np.uint8), objects(*pair))
    assert pictures(result) == ["####..\n####..\n####..", "..####\n..####\n..####"]
