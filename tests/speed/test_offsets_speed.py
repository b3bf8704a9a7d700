"""Offset application against the way SegFix released it, and the replacing oracle against its definition."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import ndimage

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.segfix.offsets import apply_offsets, offsets_of_labels
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels
from tests.void import VOID


def grid_sample_shift(labels: NDArray[np.uint8], offsets: NDArray[np.int8], scale: int) -> NDArray[np.uint8]:
    """The plain torch way, with corners aligned so that it gives the right answer."""
    height, width = labels.shape
    steps = torch.from_numpy(offsets).float() * scale
    y, x = torch.meshgrid(torch.arange(height).float(), torch.arange(width).float(), indexing="ij")
    grid = torch.stack(
        [(x + steps[..., 1]) / ((width - 1) / 2) - 1, (y + steps[..., 0]) / ((height - 1) / 2) - 1], dim=-1
    )
    values = torch.from_numpy(labels)[None, None].float()
    moved = torch.nn.functional.grid_sample(
        values, grid[None], mode="bilinear", padding_mode="border", align_corners=True
    )
    return np.asarray(moved[0, 0].round().byte().numpy())


def replace_by_class(prediction: NDArray[np.uint8], truth: NDArray[np.uint8], distance_px: float) -> NDArray[np.uint8]:
    near = np.zeros(prediction.shape, bool)
    for label in np.unique(prediction):
        inside = prediction == label
        near |= inside & (ndimage.distance_transform_edt(inside) <= distance_px)
    return np.where(near & (truth != VOID), truth, prediction)


def test_offset_application(benchmark: Any) -> None:
    truth = street_labels()
    prediction, offsets = prediction_of(truth), offsets_of_labels(truth)
    expected = grid_sample_shift(prediction, offsets, 2)
    np.testing.assert_array_equal(apply_offsets(prediction, offsets, scale=2), expected)
    ratio = measure_ratio(
        benchmark,
        lambda: apply_offsets(prediction, offsets, scale=2),
        lambda: grid_sample_shift(prediction, offsets, 2),
        rounds=21,
    )
    share = (offsets != 0).any(axis=-1).mean()
    record(f"offset application, {share:.0%} of pixels moved", ratio, 5, peer="torch `grid_sample` shift")


def test_oracle_replace(benchmark: Any) -> None:
    truth = street_labels()
    prediction = prediction_of(truth)
    oracle, image = OracleReplace(1), np.zeros((1, 1, 3), np.uint8)
    found = oracle.refine_with_truth(image, SemanticMap(prediction), SemanticMap(truth)).labels
    np.testing.assert_array_equal(found, replace_by_class(prediction, truth, 1))
    ratio = measure_ratio(
        benchmark,
        lambda: oracle.refine_with_truth(image, SemanticMap(prediction), SemanticMap(truth)),
        lambda: replace_by_class(prediction, truth, 1),
        rounds=3,
    )
    record("GT-oracle replace, 1 px", ratio, 60, peer="SciPy distance transform of each class")
