"""Surface distances of one mask of 1024 x 2048 against the tools that medical users have."""

from __future__ import annotations

import numpy as np
import surface_distance as deepmind
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

from boundary_bench.metrics.regions.surface_distance import SurfaceDistance
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels

SCENE = street_labels()
TRUTH = np.ascontiguousarray(SCENE == 3)
FOUND = np.ascontiguousarray(prediction_of(SCENE) == 3)


def ratio_of(benchmark, metric, theirs):
    """Each time of a new truth, so that nothing is remembered of it."""
    prediction = BinaryMask(FOUND)
    return measure_ratio(
        benchmark, lambda: metric.measure(prediction=prediction, truth=BinaryMask(TRUTH)), theirs, rounds=5
    )


def test_distances_of_pixels(benchmark):
    torch.set_num_threads(1)
    found, true = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (FOUND, TRUTH))

    def monai():
        given = {"y_pred": found, "y": true, "include_background": True}
        compute_hausdorff_distance(percentile=95, **given)
        compute_average_surface_distance(symmetric=True, **given)
        compute_surface_dice(class_thresholds=[2.0], **given)

    ratio = ratio_of(benchmark, SurfaceDistance(2, tolerances_px=(2,)), monai)
    record("HD95, ASSD and NSD of a mask", ratio, 20, peer="MONAI, the three of them")


def test_distances_of_pixels_from_a_truth_that_was_measured_before(benchmark):
    metric, truth, found = SurfaceDistance(2), BinaryMask(TRUTH), torch.from_numpy(FOUND[None, None].astype(np.float32))
    true = torch.from_numpy(TRUTH[None, None].astype(np.float32))
    ratio = measure_ratio(
        benchmark,
        lambda: metric.measure(prediction=BinaryMask(FOUND), truth=truth),
        lambda: compute_hausdorff_distance(found, true, include_background=True, percentile=95),
        rounds=5,
    )
    record("all of them, the truth known from before", ratio, 20, peer="MONAI, HD95 alone")


def test_distances_below_a_pixel(benchmark):
    def plain():
        found = deepmind.compute_surface_distances(TRUTH, FOUND, (1, 1))
        deepmind.compute_robust_hausdorff(found, 95)
        deepmind.compute_average_surface_distance(found)
        deepmind.compute_surface_dice_at_tolerance(found, 2)

    ratio = ratio_of(benchmark, SurfaceDistance(2, tolerances_px=(2,), surface="subvoxel"), plain)
    record("the same below a pixel", ratio, 50, peer="surface-distance")
