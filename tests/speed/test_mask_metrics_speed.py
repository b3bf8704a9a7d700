"""Scores of soft masks against pysodmetrics."""

from __future__ import annotations

import warnings
from typing import Any

import cv2
import numpy as np
import pytest

from boundary_bench.metrics.binary.e_measure import EMeasure
from boundary_bench.metrics.binary.f_measure import FMeasure
from boundary_bench.metrics.binary.human_correction_effort import HumanCorrectionEffort
from boundary_bench.metrics.binary.mean_absolute_error import MeanAbsoluteError
from boundary_bench.metrics.binary.s_measure import SMeasure
from boundary_bench.metrics.binary.weighted_f import WeightedF
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.metrics.binary.pysodmetrics import PEERS
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels

OBJECT = (1, 5, 7)
"""Classes of the street that make the object, a tenth of the image."""
CASES: tuple[tuple[str, type[Any], float | None], ...] = (
    ("weighted_F", WeightedF, 20),
    ("S", SMeasure, 10),
    ("E", EMeasure, 10),
    ("HCE", HumanCorrectionEffort, 5),
    ("F", FMeasure, None),
    ("MAE", MeanAbsoluteError, None),
)


@pytest.mark.parametrize(("name", "metric", "goal"), CASES)
@pytest.mark.parametrize("noise", [0, 8])
def test_soft_masks(benchmark, name, metric, goal, noise):
    labels = street_labels()
    truth = np.isin(labels, OBJECT)
    levels = softened(np.isin(prediction_of(labels), OBJECT), noise)
    true_levels = truth.astype(np.uint8) * 255

    def ours():
        # New masks each time: what is known of them is remembered.
        return metric().measure(prediction=BinaryMask.soft(levels), truth=BinaryMask(truth))

    def theirs():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            PEERS[name]().step(levels, true_levels)

    ratio = measure_ratio(benchmark, ours, theirs, rounds=5)
    kind = "noise of 8 levels everywhere" if noise else "soft edges"
    record(f"{name} of a mask, 1024 x 2048, {kind}", ratio, None if noise else goal, peer="pysodmetrics")


def softened(mask: np.ndarray[Any, Any], noise: float) -> np.ndarray[Any, Any]:
    """Levels in 255ths of a mask with edges some pixels wide."""
    level = cv2.GaussianBlur(mask.astype(np.float64) * 255, (0, 0), 3)
    level += np.random.default_rng(0).normal(0, noise, mask.shape)
    return np.clip(np.rint(level), 0, 255).astype(np.uint8)
