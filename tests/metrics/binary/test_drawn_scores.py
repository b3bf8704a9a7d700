"""Scores of drawn masks, by arithmetic on paper."""

import cv2
import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt
from skimage.morphology import skeletonize

from boundary_bench.metrics.binary.e_measure import EMeasure
from boundary_bench.metrics.binary.f_measure import FMeasure
from boundary_bench.metrics.binary.human_correction_effort import HumanCorrectionEffort
from boundary_bench.metrics.binary.mean_absolute_error import MeanAbsoluteError
from boundary_bench.metrics.binary.weighted_f import WeightedF
from boundary_bench.metrics.kernels.masks.background import column_distance, weighted_background
from boundary_bench.metrics.kernels.masks.skeleton import skeleton
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.metrics.random_masks import mask_pairs


def score(metric, prediction, truth):
    soft = BinaryMask.soft(np.array(prediction, np.uint8))
    measured = metric.measure(prediction=soft, truth=BinaryMask(np.array(truth, np.bool_)))
    return {name: float(value) for name, value in metric.summarise([measured]).values.items()}


def test_f_of_four_pixels():
    # Thresholds 0: all found, precision 1/2; 1 to 51: 2 of 3 right; 52 to 102: 1 of 2; 103 to 255: 1 of 1, recall 1/2.
    found = score(FMeasure(), [[255, 102], [51, 0]], [[1, 0], [1, 0]])
    f = {p: 1.3 * p * r / (0.3 * p + r) for p, r in ((1 / 2, 1), (2 / 3, 1), (1 / 2, 1 / 2), (1, 1 / 2))}
    curve = [1.3 * 0.5 / 1.15, *[f[2 / 3]] * 51, *[0.5] * 51, *[f[1]] * 153]
    assert found["F_max"] == pytest.approx(max(curve))
    assert found["F_mean"] == pytest.approx(sum(curve) / 256)
    # Twice the mean, 408 / 4 / 255, is 0.8.
    assert found["F_adaptive"] == pytest.approx(f[1])


def test_e_of_four_pixels_half_right():
    # Means 1/2: likeness 1 where both agree, -1 where they do not; (1 + 1)^2 / 4 = 1 and 0.
    found = score(EMeasure(), [[255, 255], [0, 0]], [[1, 0], [1, 0]])
    assert found["E_adaptive"] == pytest.approx(2 / 3)


def test_errors_before_and_after_normalisation():
    levels, truth = [[51, 204]], [[0, 1]]
    assert score(MeanAbsoluteError(), levels, truth) == {"MAE": 0, "MSE": 0}
    found = score(MeanAbsoluteError(normalise=False), levels, truth)
    assert found == pytest.approx({"MAE": 0.2, "MSE": 0.04})


def test_weighted_f_of_a_false_pixel():
    # Nothing is missed; the false pixel, 3 px away, weighs 2 - exp(ln(1/2) / 5 * 3).
    truth, prediction = np.zeros((1, 9)), np.zeros((1, 9))
    truth[0, :2], prediction[0, :2], prediction[0, 4] = 1, 255, 255
    precision = 2 / (2 + 2 - 0.5 ** (3 / 5))
    assert score(WeightedF(), prediction, truth)["weighted_F"] == pytest.approx(2 * precision / (1 + precision))


def test_weighted_f_of_a_missed_pixel():
    # Its error is the mean of those around it: of itself, and of what has it as the nearest pixel of the object.
    truth, prediction = np.zeros((1, 9)), np.zeros((1, 9))
    truth[0, 3:6], prediction[0, 4:6] = 1, 255
    weights = np.exp(-(np.arange(-3, 4) ** 2) / 50)
    window = weights / weights.sum()
    missed = window[3] * window[:4].sum()
    recall, precision = 1 - missed / 3, 1
    expected = 2 * recall * precision / (recall + precision)
    assert score(WeightedF(), prediction, truth)["weighted_F"] == pytest.approx(expected)


def test_effort_of_a_far_square_is_one_region_and_of_a_near_one_its_corners():
    truth = np.zeros((60, 90), np.uint8)
    cv2.rectangle(truth, (5, 5), (34, 54), 1, -1)
    apart, touching = truth * 255, truth * 255
    cv2.rectangle(apart, (60, 10), (85, 40), 255, -1)
    cv2.rectangle(touching, (35, 10), (70, 40), 255, -1)
    assert score(HumanCorrectionEffort(), apart, truth)["HCE"] == 1
    # Of the side that they share a person clicks both ends.
    assert score(HumanCorrectionEffort(), touching, truth)["HCE"] == 2
    thin = truth * 255
    cv2.line(thin, (34, 20), (80, 20), 255, 3)
    assert score(HumanCorrectionEffort(), thin, truth)["HCE"] == 0


def test_skeletons_are_those_of_scikit_image():
    for _, truth in mask_pairs(150, seed=5):
        np.testing.assert_array_equal(skeleton(truth.mask), skeletonize(truth.mask.copy()))


def test_distances_are_exact_far_away_too():
    rng = np.random.default_rng(0)
    for width in (1, 31, 32, 33, 700):
        mask = np.zeros((400, width), np.bool_)
        mask[rng.integers(0, 400, 5), rng.integers(0, width, 5)] = True
        levels = rng.choice(np.array([0, 255], np.uint8), mask.shape)
        distance = distance_transform_edt(~mask)
        weights = np.sqrt(np.arange(400**2 + 700**2))
        found = weighted_background(levels, np.arange(256) / 255, column_distance(mask), weights)
        assert found == pytest.approx(float(distance[levels > 0].sum()), rel=1e-12)
