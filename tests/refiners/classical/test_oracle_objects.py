"""The oracles on sets of objects and panoptic maps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segment_labels import as_labels
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.common.truth import best_objects, labels_of_truth, owners
from boundary_bench.refiners.segfix.offset_files import Shift
from boundary_bench.refiners.segfix.offsets import targets_to_offsets
from boundary_bench.refiners.segfix.oracle import OracleOffset
from boundary_bench.refiners.segfix.targets import targets_of_labels
from tests.effort import examples
from tests.paths import data_dir
from tests.refiners.drawn import dense, objects, pictures, segments
from tests.strategies import instance_sets, panoptic_maps

IMAGE = np.zeros((1, 1, 3), np.uint8)
SIZE = (22, 26)


def refined(oracle, prediction, truth):
    return oracle.refine_with_truth(IMAGE, prediction, truth)


@pytest.mark.parametrize(
    ("distance", "expected"),
    [
        # Columns 2, 3, 7 and 8 are 1 px from the other side of a predicted edge; 1, 4, 6 and 9 are 2 px from it.
        (1, "..#####..."),
        (2, ".######..."),
    ],
)
def test_replace_reaches_both_sides_of_the_predicted_boundary(distance, expected):
    predicted = objects("...#####..", scores=[0.5])
    truth = objects(".######...")
    assert pictures(refined(OracleReplace(distance), predicted, truth)) == [expected]


def test_replace_leaves_what_is_further_off():
    # The truth has a hole in the middle of the prediction and a part far off it.
    predicted, truth = objects("..#######....", scores=[0.5]), objects(".####.###..##")
    assert pictures(refined(OracleReplace(1), predicted, truth)) == [".########...."]
    assert pictures(refined(OracleReplace(3), predicted, truth)) == [".########..#."]
    assert pictures(refined(OracleReplace(4), predicted, truth)) == [".####.###..##"]
    assert pictures(refined(OracleReplace("inf"), predicted, truth)) == pictures(truth)


def test_the_image_border_is_no_boundary_of_a_mask():
    truth = objects(".#..\n....")
    assert pictures(refined(OracleReplace(2), objects("####\n####"), truth)) == ["####\n####"]
    assert pictures(refined(OracleReplace(1), objects("##..\n##.."), truth)) == ["##..\n#..."]


def test_a_truth_may_serve_several_and_what_means_none_stays():
    predicted = objects("##....", ".##...", "##....", "....##", categories=[0, 0, 1, 0], scores=[0.1, 0.2, 0.3, 0.4])
    truth = objects("###...", categories=[0])
    for distance in (3, "inf"):
        result = refined(OracleReplace(distance), predicted, truth)
        assert pictures(result) == ["###...", "###...", "##....", "....##"]
        assert result.scores.tolist() == [0.1, 0.2, 0.3, 0.4]


def test_void_of_a_set_does_not_shield_errors():
    """The matched object's truth says where the object is, in void too: all error pixels are corrected."""
    void = Masks.from_dense((1, 4), [np.array([[False, False, True, True]])])
    truth = InstanceSet(objects("##..").masks, np.array([0]), void=void)
    assert pictures(refined(OracleReplace("inf"), objects("###."), truth)) == ["##.."]


@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from([1, 1.5, 2, 4, "inf"]))
def test_replace_equals_its_definition_on_whole_masks(data, distance):
    predicted, truth = data.draw(instance_sets(SIZE, 2)), data.draw(instance_sets(SIZE, 2, scored=False))
    result = refined(OracleReplace(distance), predicted, truth)
    for before, after, place in zip(dense(predicted), dense(result), best_objects(predicted, truth), strict=True):
        near = np.full(SIZE, distance == "inf")
        if distance != "inf" and before.any() and not before.all():
            inside, outside = ndimage.distance_transform_edt(before), ndimage.distance_transform_edt(~before)
            near = np.maximum(inside, outside) <= distance
        right = before if place < 0 else truth.masks.dense(place)
        np.testing.assert_array_equal(after, np.where(near, right, before))


def test_panoptic_replace_by_hand():
    prediction = segments("1111222\n1111222", {1: 0, 2: 1})
    truth = segments("88889.9\n8.99999", {8: 0, 9: 1})
    # 1 stands for 8 and 2 for 9; void says nothing. Columns 3 and 4 are 1 px from the predicted edge.
    assert refined(OracleReplace(1), prediction, truth).ids.tolist() == [[1, 1, 1, 1, 2, 2, 2], [1, 1, 1, 2, 2, 2, 2]]
    assert refined(OracleReplace(2), prediction, truth).ids.tolist() == [[1, 1, 1, 1, 2, 2, 2], [1, 1, 2, 2, 2, 2, 2]]


def test_where_no_segment_stands_for_the_true_one_pixels_stay():
    # 4 was missed: nothing predicted means it. 3 is of a category that is not there, so it means none.
    prediction = segments("111112\n333332", {1: 0, 2: 1, 3: 2})
    truth = segments("555446\n555446", {5: 0, 4: 0, 6: 1})
    found = refined(OracleReplace("inf"), prediction, truth)
    assert found.ids.tolist() == [[1, 1, 1, 1, 1, 2], [1, 1, 1, 3, 3, 2]]


def test_segments_that_lose_everything_vanish_and_predicted_void_is_filled():
    prediction = segments("1123\n11..", {3: 1, 2: 0, 1: 0})
    truth = segments("5556\n5555", {5: 0, 6: 1})
    found = refined(OracleReplace("inf"), prediction, truth)
    assert found.ids.tolist() == [[1, 1, 1, 3], [1, 1, 1, 1]]
    assert found.segments.tolist() == [3, 1]


def test_a_panoptic_crowd_says_nothing():
    prediction, truth = segments("1122", {1: 0, 2: 0}), segments("5666", {5: 0, 6: 0}, crowd=[6])
    assert refined(OracleReplace("inf"), prediction, truth).ids.tolist() == [[1, 1, 2, 2]]


@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from([1, 2, 3.5, "inf"]))
def test_panoptic_replace_equals_its_definition(data, distance):
    prediction, truth = data.draw(panoptic_maps(SIZE, 2)), data.draw(panoptic_maps(SIZE, 2, crowd=True))
    near = np.full(SIZE, True) if distance == "inf" else band(prediction.ids, width_px=distance)
    expected = prediction.ids.copy()
    for place, standing in enumerate(owners(prediction, truth)):
        if standing >= 0:
            expected[near & (truth.ids == truth.segments[place])] = prediction.segments[standing]
    np.testing.assert_array_equal(refined(OracleReplace(distance), prediction, truth).ids, expected)


@given(panoptic_maps())
def test_a_perfect_panoptic_prediction_stays_so(truth):
    for distance in (2, "inf"):
        np.testing.assert_array_equal(refined(OracleReplace(distance), truth, truth).ids, truth.ids)


OFFSETS = [OracleOffset(8, 2), OracleOffset(16, 2), OracleOffset(until_interior=True, targets="paper")]


@pytest.mark.parametrize("oracle", OFFSETS)
@settings(max_examples=examples(25))
@given(data=st.data())
def test_masks_follow_the_one_offset_map_as_in_the_whole_image(oracle, data):
    predicted, truth = data.draw(instance_sets(SIZE)), data.draw(instance_sets(SIZE, scored=False))
    targets = targets_of_labels(labels_of_truth(truth), variant=oracle.targets, smallest_px=1)
    offsets = targets_to_offsets(targets, oracle.directions, oracle.scale)
    for before, after in zip(dense(predicted), dense(refined(oracle, predicted, truth)), strict=True):
        moved = oracle.shift.apply(before.astype(np.uint8), offsets)
        np.testing.assert_array_equal(after, moved == 1)


def test_objects_below_100_pixels_have_offsets_as_in_the_released_code_for_instances():
    truth = np.zeros((20, 20), bool)
    truth[6:14, 5:13] = True
    predicted = np.roll(truth, -1, axis=1)
    found = refined(OracleOffset(), objects(predicted, scores=[1.0]), objects(truth))
    np.testing.assert_array_equal(dense(found)[0], truth)
    as_class = refined(OracleOffset(), SemanticMap(predicted.astype(np.uint8)), SemanticMap(truth.astype(np.uint8)))
    assert (as_class.labels != truth).any()
    as_segments = [PanopticMap(m.astype(np.int32) + 1, np.array([1, 2]), np.array([0, 1])) for m in (predicted, truth)]
    np.testing.assert_array_equal(refined(OracleOffset(), *as_segments).ids, as_segments[1].ids)


def test_touching_objects_of_one_category_have_a_boundary_between_them():
    left, right, predicted = np.zeros((3, 24, 34), bool)
    left[6:18, 7:17], right[6:18, 17:27] = True, True
    predicted[6:18, 7:19] = True
    (found,) = dense(refined(OracleOffset(scale=2), objects(predicted, scores=[1.0]), objects(left, right)))
    # Off the corners, where directions of two objects and the background meet.
    np.testing.assert_array_equal(found[7:17], left[7:17])


@settings(max_examples=examples(40))
@given(st.data())
def test_segments_follow_offsets_of_the_true_ones(data):
    prediction, truth = data.draw(panoptic_maps(SIZE)), data.draw(panoptic_maps(SIZE, crowd=True))
    targets = targets_of_labels(labels_of_truth(truth), smallest_px=1)
    moved = Shift(1).apply(as_labels(prediction), targets_to_offsets(targets, 8, 2))
    found = refined(OracleOffset(8, 2), prediction, truth)
    np.testing.assert_array_equal(found.ids, np.append(prediction.segments, 0)[moved])


def test_legacy_sampling_moves_masks_but_no_segments():
    truth = np.zeros((40, 60), bool)
    truth[10:30, 20:40] = True
    predicted = np.roll(truth, 1, axis=0)
    plain, aligned = (
        refined(OracleOffset(legacy=legacy), objects(predicted, scores=[1.0]), objects(truth))
        for legacy in (None, "align_corners_true")
    )
    np.testing.assert_array_equal(dense(aligned)[0], dense(plain)[0])
    oracle = OracleOffset(legacy="align_corners_true")
    assert oracle.tasks == {"semantic", "instance", "binary"}
    with pytest.raises(TypeError, match="prediction is a PanopticMap"):
        refined(oracle, segments("12", {1: 0, 2: 0}), segments("12", {1: 0, 2: 0}))


@pytest.mark.parametrize("oracle", [OracleReplace(), OracleOffset()])
def test_other_sizes_are_refused(oracle):
    with pytest.raises(ValueError, match=r"prediction has size \(1, 2\); allowed: that of the truth, \(1, 3\)"):
        refined(oracle, objects("##"), objects("###"))
    with pytest.raises(ValueError, match=r"prediction has size \(1, 2\)"):
        refined(oracle, segments("11", {1: 0}), segments("111", {1: 0}))


@pytest.mark.parametrize(
    ("model", "distance", "percent"),
    [
        ("quarter", 2, (38.99, 57.07, 38.74, 24.29)),
        ("quarter", "inf", (70.07, 70.07, 70.07, 70.07)),
        ("full", 3, (70.96, 81.32, 70.72, 61.13)),
    ],
)
def test_nuclei_have_the_ap_of_independent_scripts(model, distance, percent):
    """AP, AP50, AP75, AP90 of 84 images by pycocotools, with up to 1000 detections an image."""
    from tests.metrics.coco import pairs, pycocotools_evaluation

    annotations = json.loads(data_dir("nuclei", "instances_val.json").read_text())
    results = json.loads(data_dir("nuclei", f"predictions_watershed_{model}_val.json").read_text())
    replaced = []
    images = sorted(annotations["images"], key=lambda image: image["id"])
    for image, (predicted, truth) in zip(images, pairs(annotations, results), strict=True):
        found = refined(OracleReplace(distance), predicted, truth)
        shared = {"image_id": image["id"], "category_id": annotations["categories"][0]["id"]}
        replaced += [
            {**shared, "score": float(score), "segmentation": found.masks.coco(index)}
            for index, score in enumerate(found.scores)
        ]
    precision = pycocotools_evaluation(annotations, replaced, 1000).eval["precision"][:, :, 0, 0, 2]
    ap = 100 * precision.mean(axis=1)
    np.testing.assert_allclose([ap.mean(), ap[0], ap[5], ap[8]], percent, atol=0.006)
