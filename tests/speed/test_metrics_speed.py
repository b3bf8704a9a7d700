"""The metrics against what their users run today."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from numba import njit
from scipy import ndimage
from torchmetrics.classification import MulticlassConfusionMatrix

from boundary_bench.metrics.functional.boundary_matching import match_boundaries
from boundary_bench.metrics.functional.overlap import class_overlap
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.semantic.error_distance import ErrorDistance
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics import definitions
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels
from tests.void import VOID

K = 19
TRUTH = street_labels()
PREDICTION = prediction_of(TRUTH)


def test_boundary_f(benchmark):
    def per_class_and_tolerance():
        for radius in (1, 2, 3):
            for label in range(K):
                definitions.boundary_scores(PREDICTION, TRUTH, label, radius)

    ratio = measure_ratio(
        benchmark,
        lambda: match_boundaries(prediction=PREDICTION, truth=TRUTH, classes=K, tolerances_px=[1, 2, 3]),
        per_class_and_tolerance,
    )
    record("boundary F, 19 classes, 1, 2 and 3 px", ratio, 25, peer="OpenCV disk dilation per class and tolerance")


def test_class_overlap_against_a_compiled_loop(benchmark):
    @njit
    def count(prediction, truth, matrix):
        for y in range(truth.shape[0]):
            for x in range(truth.shape[1]):
                matrix[truth[y, x], prediction[y, x]] += 1

    matrix = np.zeros((256, 256), np.uint64)
    ratio = measure_ratio(
        benchmark,
        lambda: class_overlap(prediction=PREDICTION, truth=TRUTH, classes=K),
        lambda: count(PREDICTION, TRUTH, matrix),
        rounds=15,
    )
    record("overlap of classes", ratio, 2, peer="compiled loop over pixels (as cityscapesScripts' extension)")


def test_class_overlap_against_torchmetrics(benchmark):
    peer = MulticlassConfusionMatrix(num_classes=K, ignore_index=VOID)
    prediction, truth = torch.from_numpy(PREDICTION.astype(np.int64)), torch.from_numpy(TRUTH.astype(np.int64))
    ratio = measure_ratio(
        benchmark,
        lambda: class_overlap(prediction=PREDICTION, truth=TRUTH, classes=K),
        lambda: peer(prediction, truth),
    )
    record("overlap of classes", ratio, 100, peer="torchmetrics, tensors ready")


def test_error_distance(benchmark):
    def per_class():
        distance = np.zeros(TRUTH.shape)
        for label in [*range(K), VOID]:
            mask = label == TRUTH
            distance += ndimage.distance_transform_edt(mask) * mask
        wrong = (PREDICTION != TRUTH) & (TRUTH != VOID)
        np.bincount(np.ceil(distance[wrong]).astype(int))
        np.bincount(np.ceil(distance[TRUTH != VOID]).astype(int))

    metric, prediction = ErrorDistance(K), SemanticMap(PREDICTION)
    ratio = measure_ratio(
        benchmark, lambda: metric.measure(prediction=prediction, truth=SemanticMap(TRUTH)), per_class, rounds=3
    )
    record("error-distance histogram, 30 px", ratio, 60, peer="SciPy distance transform per class")


def test_boundary_iou(benchmark):
    metric, prediction = BoundaryIoU(K), SemanticMap(PREDICTION)

    def per_class():
        for labels in (PREDICTION, TRUTH):
            for label in range(K):
                definitions.inner_band(labels == label, 11)

    ratio = measure_ratio(
        benchmark, lambda: metric.measure(prediction=prediction, truth=SemanticMap(TRUTH)), per_class, rounds=5
    )
    record("semantic boundary IoU, 11 px", ratio, None, peer="OpenCV erosion per class")


def test_whole_evaluation_against_decoding(benchmark):
    encoded = [cv2.imencode(".png", labels)[1] for labels in (PREDICTION, TRUTH)]
    metrics = [MeanIoU(K), BoundaryF(K), BoundaryIoU(K), ErrorDistance(K)]

    def decode():
        return [cv2.imdecode(buffer, cv2.IMREAD_UNCHANGED) for buffer in encoded]

    def evaluate():
        prediction, truth = (SemanticMap(labels) for labels in decode())
        for metric in metrics:
            metric.measure(prediction=prediction, truth=truth)

    ratio = measure_ratio(benchmark, evaluate, decode, rounds=15)
    record("whole evaluation, two PNGs decoded", ratio, 1 / 5, peer="decoding the two PNGs alone")


@pytest.mark.parametrize("radius", [3])
def test_both_sides_compute_the_same(radius):
    found = match_boundaries(prediction=PREDICTION, truth=TRUTH, classes=K, tolerances_px=[radius])
    plain = [definitions.boundary_scores(PREDICTION, TRUTH, label, radius)[1] for label in range(K)]
    np.testing.assert_allclose(found.predicted_matched[0] / found.predicted, plain)
