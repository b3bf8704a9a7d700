import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.semantic.error_distance import ErrorDistance
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics import definitions
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS, blobs


@given(MAPS, st.integers(0, 2**32 - 1), st.sampled_from([5, 30]))
def test_plain_definition(truth, seed, max_px):
    prediction = blobs(truth.shape, seed)
    measured = ErrorDistance(4, max_px).measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))
    distance = np.ceil(definitions.other_label_distance(truth))
    distance[distance > max_px] = 0
    # A pixel at a fractional distance just under max_px + 1 is further than max_px.
    distance[definitions.other_label_distance(truth) > max_px] = 0
    for label in range(4):
        for bin_px in range(max_px + 1):
            there = (truth == label) & (distance == bin_px)
            assert measured["pixels"][label, bin_px] == there.sum()
            assert measured["errors"][label, bin_px] == (there & (prediction != truth)).sum()


def test_by_hand():
    metric = ErrorDistance(2, max_px=5)
    truth, prediction = draw("0000000111."), draw("1000001111.")
    summary = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    curve = summary.curves["error_distance"]
    assert curve["distance_px"].tolist() == [1, 2, 3, 4, 5, np.inf]
    assert curve["pixels"].tolist() == [3, 2, 1, 1, 1, 2]
    assert curve["errors"].tolist() == [1, 0, 0, 0, 0, 1]
    assert summary.values["error_rate"] == pytest.approx(2 / 10)
    assert summary.values["boundary_error_share@1px"] == pytest.approx(1 / 2)
    np.testing.assert_allclose(summary.per_class["boundary_pixel_share@1px"], [1 / 7, 2 / 3])


def test_predicted_void_is_wrong():
    metric = ErrorDistance(2)
    measured = metric.measure(prediction=draw("0.11"), truth=draw("0011"))
    assert measured["errors"].sum() == 1


def test_a_class_without_pixels_is_undefined():
    metric = ErrorDistance(3)
    summary = metric.summarise([metric.measure(prediction=draw("02"), truth=draw("01"))])
    assert np.isnan(summary.per_class["error_rate"][2])
    assert summary.undefined["error_rate"] == 1


@pytest.mark.parametrize("max_px", [4, 127])
def test_ranges_without_bins_are_refused(max_px):
    with pytest.raises(ValueError, match="allowed: 5 to 126"):
        ErrorDistance(3, max_px)
