import json

import numpy as np
import pytest
from hypothesis import given

from boundary_bench.metrics.functional.overlap import Overlap, class_overlap, intersection_over_union
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS
from tests.paths import reference_dir


def overlap(prediction, truth, classes):
    return class_overlap(prediction=prediction, truth=truth, classes=classes)


def test_overlap_by_hand():
    truth, prediction = draw("0011\n00.."), draw("0111\n.011")
    found = overlap(prediction.labels, truth.labels, 2)
    assert (found.both.tolist(), found.true.tolist(), found.predicted.tolist()) == ([2, 2], [4, 2], [2, 3])


def test_predicted_void_is_wrong_and_true_void_is_not_scored():
    summary = MeanIoU(3).summarise([MeanIoU(3).measure(prediction=draw("0.11"), truth=draw("001."))])
    np.testing.assert_allclose(summary.per_class["IoU"], [1 / 2, 1, np.nan])
    assert summary.values["mIoU"] == pytest.approx(0.75)
    assert (summary.scored["mIoU"], summary.undefined["mIoU"]) == (2, 1)
    assert summary.values["pixel_accuracy"] == pytest.approx(2 / 3)


def test_a_wholly_void_truth_is_undefined():
    summary = MeanIoU(2).summarise([MeanIoU(2).measure(prediction=draw("01"), truth=draw(".."))])
    assert np.isnan(summary.values["mIoU"])
    assert summary.undefined["mIoU"] == 2


@pytest.mark.parametrize("classes", [1, 3, 4, 255])
@given(MAPS, MAPS)
def test_overlap_counts_the_scored_pixels(classes, truth, other):
    prediction = np.resize(other, truth.shape)
    found = overlap(prediction, truth, classes)
    scored = truth < classes
    for k in range(min(classes, 5)):
        assert found.both[k] == ((truth == k) & (prediction == k)).sum()
        assert found.true[k] == (truth == k).sum()
        assert found.predicted[k] == (scored & (prediction == k)).sum()


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="allowed: one size"):
        overlap(np.zeros((2, 3), np.uint8), np.zeros((3, 2), np.uint8), 2)


def test_reference_values_of_cityscapesscripts():
    inputs = np.load(reference_dir("values", "semantic_inputs.npz"))
    expected = json.loads(reference_dir("values", "semantic_outputs.json").read_text())
    pairs = zip(inputs["pred"], inputs["gt"], strict=True)
    found = Overlap(*map(sum, zip(*(overlap(p, t, 11) for p, t in pairs), strict=True)))
    matrix = np.array(expected["confusion_rows_gt_cols_pred_12_last_is_void"])[:11]
    np.testing.assert_array_equal(found.both, np.diagonal(matrix))
    np.testing.assert_array_equal(found.true, matrix.sum(axis=1))
    np.testing.assert_array_equal(found.predicted, matrix[:, :11].sum(axis=0))
    iou = intersection_over_union(found)
    np.testing.assert_array_equal(iou, np.array(expected["iou_per_class"], dtype=float))
    assert np.nanmean(iou) == expected["miou"]
