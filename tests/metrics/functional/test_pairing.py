import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from boundary_bench.metrics.functional.matching import IOU_THRESHOLDS
from boundary_bench.metrics.functional.pairing import true_positives
from tests.metrics.objects import CLASSES, drawn, instance_pairs, instances


def pairs_of(prediction, truth, thresholds=IOU_THRESHOLDS, max_detections=100):
    return true_positives(
        prediction=prediction,
        truth=truth,
        classes=CLASSES,
        thresholds=thresholds,
        max_detections=max_detections,
    )


@given(instance_pairs(), st.sampled_from([1, 2, 100]))
def test_the_pairs_are_those_of_pycocotools(pair, max_detections):
    prediction, truth = pair
    np.testing.assert_array_equal(
        pairs_of(prediction, truth, max_detections=max_detections), cocoeval_pairs(prediction, truth, max_detections)
    )


def cocoeval_pairs(prediction, truth, max_detections):
    found = np.full((10, len(truth)), -1)
    peer = COCOeval(coco(truth), coco(prediction), "segm")
    peer.params.maxDets = [max_detections]
    peer.params.areaRng, peer.params.areaRngLbl = [[0, 1e10]], ["all"]
    peer.evaluate()
    for result in peer.evalImgs:
        if result is None:
            continue
        matches = result["gtMatches"].astype(int) - 1
        for column, identity in enumerate(result["gtIds"]):
            if not truth.crowd[identity - 1]:
                found[:, identity - 1] = matches[:, column]
    return found


def coco(objects):
    table = COCO()
    table.dataset = {
        "images": [{"id": 1, "height": objects.size[0], "width": objects.size[1]}],
        "categories": [{"id": category} for category in range(CLASSES)],
        "annotations": [
            {
                "id": place + 1,
                "image_id": 1,
                "category_id": int(objects.categories[place]),
                "segmentation": objects.masks.coco(place),
                "area": int(objects.masks.areas[place]),
                "iscrowd": int(objects.crowd[place]),
                "score": 0 if objects.scores is None else objects.scores[place],
            }
            for place in range(len(objects))
        ],
    }
    table.createIndex()
    return table


def test_by_hand():
    (left, wide, right) = drawn("####......", "######....", "......####")
    truth = instances([left, right], [0, 0])
    prediction = instances([wide, left, right, right], [0, 0, 0, 1], [0.9, 0.8, 0.7, 0.6])
    # `wide` has IoU 4/6 with `left` and takes it up to 0.65; above, the exact prediction does.
    found = pairs_of(prediction, truth)
    assert found[:, 0].tolist() == [0] * 4 + [1] * 6
    assert found[:, 1].tolist() == [2] * 10
    assert pairs_of(prediction, truth, max_detections=1)[:, 1].tolist() == [-1] * 10


def test_what_does_not_fit_is_refused():
    (mask,) = drawn("##")
    with pytest.raises(ValueError, match="no scores"):
        pairs_of(instances([mask], [0]), instances([mask], [0]))
    with pytest.raises(ValueError, match="category 3; allowed: 0 to 2"):
        pairs_of(instances([mask], [0], [1.0]), instances([mask], [3]))
    with pytest.raises(ValueError, match="allowed: one size"):
        pairs_of(instances([mask], [0], [1.0]), instances(drawn("###"), [0]))
