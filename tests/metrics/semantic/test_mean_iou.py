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


def test_all_numbers_by_hand():
    # Scored pixels of class 0: 4, predicted 3, both 3; of class 1: 2, 2, 1; class 2 is only predicted, once.
    metric = MeanIoU(4)
    summary = metric.summarise([metric.measure(prediction=draw("0001\n12.."), truth=draw("0000\n11.."))])
    expected = {
        "IoU": [3 / 4, 1 / 3, 0, np.nan],
        "Dice": [6 / 7, 2 / 4, 0, np.nan],
        "class_accuracy": [3 / 4, 1 / 2, np.nan, np.nan],
        "IoU_over_images": [3 / 4, 1 / 3, 0, np.nan],
    }
    assert summary.per_class.keys() == expected.keys()
    for name, by_class in expected.items():
        np.testing.assert_allclose(summary.per_class[name], by_class, rtol=1e-15)
    values = {
        "mIoU": (3 / 4 + 1 / 3) / 3,
        "pixel_accuracy": 4 / 6,
        "mean_class_accuracy": (3 / 4 + 1 / 2) / 2,
        "mean_dice": (6 / 7 + 2 / 4) / 3,
        "frequency_weighted_IoU": 4 / 6 * 3 / 4 + 2 / 6 * 1 / 3,
        "mIoU_without_background": (1 / 3 + 0) / 2,
        "mIoU_over_images": (3 / 4 + 1 / 3) / 3,
        "image_mIoU": (3 / 4 + 1 / 3) / 3,
    }
    assert list(summary.values) == list(values)
    for name, value in values.items():
        assert summary.values[name] == pytest.approx(value, rel=1e-15)
    assert (summary.scored["mean_class_accuracy"], summary.undefined["mean_class_accuracy"]) == (2, 2)
    assert (summary.scored["mIoU_without_background"], summary.undefined["mIoU_without_background"]) == (2, 1)


def test_means_over_images_by_hand():
    metric = MeanIoU(3)
    images = [(draw("0001"), draw("0011")), (draw("0000"), draw("0000")), (draw("02"), draw(".."))]
    measured = [metric.measure(prediction=p, truth=t) for p, t in images]
    found = metric.summarise(measured)
    # Class 0 has an IoU of 2/3 in the first image and of 1 in the second, class 1 of 1/2 in the first alone.
    np.testing.assert_allclose(found.per_class["IoU_over_images"], [5 / 6, 1 / 2, np.nan])
    assert found.values["mIoU_over_images"] == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert found.values["image_mIoU"] == pytest.approx(((2 / 3 + 1 / 2) / 2 + 1) / 2)
    weighted = metric.summarise(measured, np.array([[3.0, 1, 1], [0, 2, 9]]))
    np.testing.assert_allclose(weighted.per_class["IoU_over_images"], [[3 / 4, 1 / 2, np.nan], [1, np.nan, np.nan]])
    np.testing.assert_allclose(weighted.values["image_mIoU"], [(3 * 7 / 12 + 1) / 4, 1])


def test_one_class_has_no_mean_without_background():
    metric = MeanIoU(1)
    summary = metric.summarise([metric.measure(prediction=draw("0."), truth=draw("00"))])
    assert summary.values["mIoU"] == 1 / 2
    assert np.isnan(summary.values["mIoU_without_background"])
    assert (summary.scored["mIoU_without_background"], summary.undefined["mIoU_without_background"]) == (0, 0)


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
