"""Contours of masks in a picture of Cityscapes' size, against scikit-image."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evidence import stopping_function
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import street_labels

STEPS = 20


def scene() -> tuple[np.ndarray, np.ndarray]:
    """All of a large class, in many parts, and evidence that is nothing but soft random edges."""
    fields = np.random.default_rng(0).random((1024, 2048))
    soft = cv2.GaussianBlur(fields, (0, 0), 4)
    likely = np.clip((soft - soft.mean()) / soft.std() / 3, 0, 1).astype(np.float32)
    return street_labels() == 3, stopping_function(likely).astype(np.float64)


@pytest.mark.parametrize("balloon", [0, 1])
def test_contour(benchmark, balloon):
    segmentation = pytest.importorskip("skimage.segmentation")
    mask, speed = scene()
    start, contour = mask.astype(np.int8), Contour(balloon)

    def theirs() -> None:
        segmentation.morphological_geodesic_active_contour(
            speed, STEPS, start, smoothing=contour.smoothing, threshold=contour.threshold, balloon=balloon
        )

    ratio = measure_ratio(benchmark, lambda: contour.evolve(mask, speed, STEPS), theirs, rounds=3)
    name = f"active contour, {STEPS} steps, 1024x2048, balloon {balloon}"
    record(name, ratio, 100, peer="scikit-image")
