import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional.geometry import band_width_px
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics import definitions
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS, blobs


@given(MAPS, st.integers(0, 2**32 - 1), st.sampled_from([1, 2, 5, 40]))
def test_bands_are_masks_less_their_erosion(truth, seed, width):
    prediction = np.where(truth == 255, 255, blobs(truth.shape, seed)).astype(np.uint8)
    metric = BoundaryIoU(4, width_px=width)
    measured = metric.measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))
    for label in range(4):
        true = definitions.inner_band(truth == label, width)
        predicted = definitions.inner_band(prediction == label, width)
        assert measured["true"][label] == true.sum()
        assert measured["predicted"][label] == predicted.sum()
        assert measured["both"][label] == (true & predicted).sum()
        assert measured["saturated"][label] == (true.any() and (true == (truth == label)).all())


def test_by_hand():
    truth = draw("11111\n11111\n11111\n11111\n11111")
    prediction = draw("11110\n11110\n11110\n11110\n11110")
    metric = BoundaryIoU(2, width_px=1)
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    # Frames of a 5 x 5 and a 5 x 4 square, 16 and 14 pixels, share the left column and the rest of two rows: 11.
    np.testing.assert_allclose(summary.per_class["boundary_IoU"], [0, 11 / 19])
    assert summary.values["boundary_mIoU"] == pytest.approx(11 / 38)
    assert summary.values["saturated_share"] == 0


def test_a_band_that_swallows_the_region_makes_it_iou():
    metric = BoundaryIoU(1, width_px=3)
    summary = metric.summarise([metric.measure(prediction=draw("00..0"), truth=draw("00000"))])
    assert summary.values["boundary_mIoU"] == pytest.approx(3 / 5)
    assert summary.values["saturated_share"] == 1


def test_width_as_a_ratio_of_the_diagonal():
    assert band_width_px(0.005, (1024, 2048)) == 11
    assert band_width_px(0.02, (1024, 2048)) == 46
    assert band_width_px(0.005, (10, 10)) == 1


@given(MAPS)
def test_the_truth_itself_scores_1(truth):
    metric = BoundaryIoU(4, width_px=2)
    segmentation = SemanticMap(truth)
    iou = metric.summarise([metric.measure(prediction=segmentation, truth=segmentation)]).per_class["boundary_IoU"]
    present = np.isin(np.arange(4), truth)
    assert (iou[present] == 1).all()
    assert np.isnan(iou[~present]).all()


@pytest.mark.parametrize("parameters", [{"width_px": 0}, {"width_ratio": 0}, {"width_ratio": 1.0}])
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        BoundaryIoU(3, **parameters)
