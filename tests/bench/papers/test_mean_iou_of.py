"""mIoU over some of the classes."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.papers.mean_iou_of import MeanIoUOf
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap


def test_a_mean_over_some_classes_leaves_the_others_out():
    truth = SemanticMap(np.repeat(np.array([[0, 1, 2]], np.uint8), 4, axis=0))
    prediction = SemanticMap(np.array([[0, 1, 2], [0, 1, 1], [1, 1, 1], [1, 1, 1]], np.uint8))
    # Class by class: 2 of 4; 4 of 4 + 2 + 3; 1 of 4.
    every, two = MeanIoU(3), MeanIoUOf(3, [0, 2])
    measured = [every.measure(prediction=prediction, truth=truth)]
    assert every.summarise(measured).values["mIoU"] == pytest.approx((2 / 4 + 4 / 9 + 1 / 4) / 3)
    found = two.summarise(measured, np.ones((5, 1)))
    np.testing.assert_allclose(found.values["mIoU"], np.full(5, (2 / 4 + 1 / 4) / 2))
    assert two.definition()["averaged_classes"] == [0, 2]
