"""Every metric of label maps against plain definitions, whatever the number of classes and the types of ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.label_codes import label_codes, no_class
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.semantic.error_distance import ErrorDistance
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.labels import with_void
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics.drawn import draw
from tests.metrics.semantic.any_classes import assert_agree, draw_pairs
from tests.strategies import label_maps

METRICS = (MeanIoU, BoundaryF, lambda k: BoundaryF(k, variant="strict"), BoundaryIoU, ErrorDistance)


@pytest.mark.parametrize("block", range(10))
def test_no_number_differs_from_the_plain_definitions(block):
    for seed in range(30 * block, 30 * (block + 1)):
        assert_agree(*draw_pairs(np.random.default_rng(seed)))


@pytest.mark.parametrize("make", METRICS)
@given(label_maps(size=(9, 13)), label_maps(size=(9, 13)), st.integers(1, 60_000))
def test_numbers_of_classes_do_not_depend_on_how_high_their_ids_are(make, truth, prediction, raised):
    """The same maps with all ids so much higher, among more classes."""
    low, high = make(5), make(5 + raised)
    one = low.measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))
    wide = [with_void(_raise(labels, raised), classes=5 + raised) for labels in (prediction, truth)]
    two = high.measure(prediction=SemanticMap(wide[0]), truth=SemanticMap(wide[1]))
    first, second = low.summarise([one]), high.summarise([two])
    for name, value in first.values.items():
        if name != "mIoU_without_background":
            np.testing.assert_allclose(second.values[name], value, rtol=1e-12, err_msg=name)
    for name, values in first.per_class.items():
        np.testing.assert_array_equal(second.per_class[name][raised:], values)
        assert np.isnan(second.per_class[name][:raised]).all()


def _raise(labels, by):
    wide = labels.astype(np.int64)
    return np.where((wide < 0) | (wide > 4), -1, wide + by)


@pytest.mark.parametrize("classes", [3, 255, 256, 65_534])
@pytest.mark.parametrize("make", METRICS)
def test_nothing_to_score_is_no_score(make, classes):
    metric, predicted = make(classes), SemanticMap(np.array([[0, 1, 2]], np.uint8))
    for void in (SemanticMap(np.full((1, 3), 255, np.uint8)), SemanticMap(np.full((1, 3), -1, np.int32))):
        summary = metric.summarise([metric.measure(prediction=predicted, truth=void)] * 2)
        assert np.isnan(list(summary.values.values())).all()
        assert all(np.isnan(values).all() for values in summary.per_class.values())
        assert set(summary.scored.values()) == {0}


@pytest.mark.parametrize("make", METRICS)
def test_classes_that_no_image_has_do_not_count(make):
    few, many = make(2), make(5000)
    images = [(draw("0011\n0111"), draw("0111\n0011")), (draw("00.0"), draw("0000"))]
    small, large = (m.summarise([m.measure(prediction=p, truth=t) for p, t in images]) for m in (few, many))
    for name, value in small.values.items():
        assert large.values[name] == pytest.approx(float(value), rel=1e-12)
        assert large.scored[name] == small.scored[name]
        background = name == "mIoU_without_background"
        assert large.scored[name] + large.undefined[name] == 5000 - background


def test_by_hand_with_ids_above_those_of_bytes():
    # 300 and 300 - 256 are two classes, 255 is one, -1 and 400 are none.
    truth = SemanticMap(np.array([[300, 300, 44, 44, 255, -1]], np.int32))
    prediction = SemanticMap(np.array([[300, 44, 44, 44, -1, 300]], np.int32))
    metric = MeanIoU(400)
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    iou = summary.per_class["IoU"]
    assert (iou[300], iou[44], iou[255]) == (1 / 2, 2 / 3, 0)
    assert (summary.scored["mIoU"], summary.undefined["mIoU"]) == (3, 397)
    assert summary.values["pixel_accuracy"] == 3 / 5


@pytest.mark.parametrize(("classes", "dtype"), [(1, np.uint8), (255, np.uint8), (256, np.uint16), (65_534, np.uint16)])
def test_codes_are_as_narrow_as_the_classes_allow(classes, dtype):
    labels = np.array([[-(2**31), -1, 0, classes - 1, classes, 255, 65535, 2**31 - 1]], np.int32)
    codes = label_codes(labels, classes=classes)
    nothing = no_class(codes)
    assert codes.dtype == dtype
    middle = 255 if classes > 255 else nothing
    assert codes.tolist() == [[nothing, nothing, 0, classes - 1, nothing, middle, nothing, nothing]]


def test_void_of_bytes_is_no_class_even_where_255_is_one():
    assert label_codes(np.array([[254, 255]], np.uint8), classes=300).tolist() == [[254, 65535]]


@pytest.mark.parametrize("classes", [0, 65_535])
def test_numbers_of_classes_out_of_range_are_refused(classes):
    with pytest.raises(ValueError, match="allowed: 1 to 65534"):
        label_codes(np.zeros((1, 1), np.int32), classes=classes)
