import json

import numpy as np
import pytest
from hypothesis import given

from boundary_bench.metrics.functional.confusion import confusion_matrix, intersection_over_union
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS
from tests.paths import reference_dir


def test_confusion_by_hand():
    truth, prediction = draw("0011\n00.."), draw("0111\n.011")
    matrix = confusion_matrix(prediction=prediction.labels, truth=truth.labels, classes=2)
    assert matrix.tolist() == [[2, 1, 1], [0, 2, 0]]


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


@given(MAPS, MAPS)
def test_confusion_counts_every_pair(truth, other):
    prediction = np.resize(other, truth.shape)
    matrix = confusion_matrix(prediction=prediction, truth=truth, classes=4)
    for t in range(4):
        for p, column in [(0, 0), (1, 1), (2, 2), (3, 3), (255, 4)]:
            assert matrix[t, column] == ((truth == t) & (prediction == p)).sum()


def test_labels_of_both_widths_agree():
    truth, prediction = (
        np.arange(60, dtype=np.uint8).reshape(6, 10) % 5,
        np.arange(60, dtype=np.uint8).reshape(6, 10) % 7,
    )
    wide = confusion_matrix(prediction=prediction.astype(np.int32), truth=truth.astype(np.int32), classes=5)
    np.testing.assert_array_equal(confusion_matrix(prediction=prediction, truth=truth, classes=5), wide)


def test_maps_of_two_sizes_are_refused():
    with pytest.raises(ValueError, match="allowed: one size"):
        confusion_matrix(prediction=np.zeros((2, 3), np.uint8), truth=np.zeros((3, 2), np.uint8), classes=2)


def test_reference_values_of_cityscapesscripts():
    inputs = np.load(reference_dir("values", "semantic_inputs.npz"))
    expected = json.loads(reference_dir("values", "semantic_outputs.json").read_text())
    pairs = zip(inputs["pred"], inputs["gt"], strict=True)
    matrix = sum(confusion_matrix(prediction=p, truth=t, classes=11) for p, t in pairs)
    np.testing.assert_array_equal(matrix, np.array(expected["confusion_rows_gt_cols_pred_12_last_is_void"])[:11])
    iou = intersection_over_union(matrix)
    np.testing.assert_array_equal(iou, np.array(expected["iou_per_class"], dtype=float))
    assert np.nanmean(iou) == expected["miou"]
