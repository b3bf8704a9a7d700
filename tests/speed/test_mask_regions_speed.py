"""Metrics of one mask of 1024 x 2048 against plain transcriptions of their definitions."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import ndimage

from boundary_bench.metrics.binary.j_and_f import JAndF
from boundary_bench.metrics.binary.mask_boundary_iou import MaskBoundaryIoU
from boundary_bench.metrics.binary.mask_iou import MaskIoU
from boundary_bench.metrics.regions.boundary_accuracy import BoundaryAccuracy, radii_px
from boundary_bench.metrics.regions.trimap import Trimap
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.metrics import definitions
from tests.metrics.random_masks import softened
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels

SCENE = street_labels()
TRUTH = np.ascontiguousarray(SCENE == 3)
FOUND = np.ascontiguousarray(prediction_of(SCENE) == 3)
HARD = BinaryMask(FOUND)
SOFT = BinaryMask.soft(softened(np.random.default_rng(0), FOUND))
WIDTH, TOLERANCE = 46, 19
"""0.02 of the diagonal, and 0.008."""


def ratio_of(benchmark, metric, prediction, theirs, rounds=7):
    """Each time of a new truth, so that nothing is remembered of it."""
    return measure_ratio(
        benchmark, lambda: metric.measure(prediction=prediction, truth=BinaryMask(TRUTH)), theirs, rounds=rounds
    )


def test_iou_and_dice(benchmark):
    def plain():
        both = (TRUTH & FOUND).sum()
        return both / (TRUTH | FOUND).sum(), 2 * both / (TRUTH.sum() + FOUND.sum())

    record("IoU and Dice of a mask", ratio_of(benchmark, MaskIoU(), HARD, plain), None, peer="NumPy")


def test_mean_boundary_accuracy(benchmark):
    def plain():
        shares = []
        for radius in radii_px(TRUTH.shape):
            element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
            near = cv2.morphologyEx(TRUTH.view(np.uint8), cv2.MORPH_GRADIENT, element) > 0
            shares.append((TRUTH[near] == FOUND[near]).mean())
        return np.mean(shares)

    ratio = ratio_of(benchmark, BoundaryAccuracy(2), HARD, plain)
    record("mBA of a mask", ratio, 10, peer="OpenCV gradient per radius")


def bands():
    return [definitions.inner_band(mask, WIDTH) for mask in (TRUTH, FOUND)]


def test_boundary_iou(benchmark):
    def plain():
        true, found = bands()
        return (true & found).sum() / (true | found).sum()

    ratio = ratio_of(benchmark, MaskBoundaryIoU(), HARD, plain)
    record("boundary IoU of a mask, 46 px", ratio, None, peer="OpenCV erosion")


def test_boundary_iou_over_thresholds(benchmark):
    def plain():
        true = definitions.inner_band(TRUTH, WIDTH)
        level = SOFT.levels / 255
        level = ((level - level.min()) / (level.max() - level.min()) * 255).astype(np.uint8)
        padded = cv2.copyMakeBorder(level, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        rise = level - cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=WIDTH)[1:-1, 1:-1]
        return [np.histogram(rise[where], bins=np.arange(257)) for where in (true, ~true)]

    ratio = ratio_of(benchmark, MaskBoundaryIoU(), SOFT, plain, rounds=5)
    record("boundary IoU over 256 thresholds", ratio, None, peer="OpenCV and NumPy histograms")


def test_trimap(benchmark):
    def plain():
        distance = np.where(TRUTH, *(ndimage.distance_transform_edt(side) for side in (TRUTH, ~TRUTH)))
        for width in range(1, 31):
            near = distance <= width
            true, found = TRUTH[near], FOUND[near]
            (true & found).sum() / (true | found).sum(), (true == found).mean()

    ratio = ratio_of(benchmark, Trimap(2), HARD, plain, rounds=3)
    record("trimap curve, 1 to 30 px", ratio, None, peer="SciPy distance transform, NumPy per width")


def test_j_and_f(benchmark):
    def plain():
        (TRUTH & FOUND).sum() / (TRUTH | FOUND).sum()
        edges = [definitions.seg2bmap(mask) for mask in (TRUTH, FOUND)]
        near = [cv2.dilate(edge.astype(np.uint8), definitions.disk(TOLERANCE)) > 0 for edge in edges]
        return (edges[0] & near[1]).sum(), (edges[1] & near[0]).sum()

    ratio = ratio_of(benchmark, JAndF(), HARD, plain, rounds=5)
    record("J and F of a mask, 19 px", ratio, None, peer="OpenCV disk dilation")
