import math
from itertools import islice

import medpy.metric.binary as medpy
import numpy as np
import pytest
import surface_distance as deepmind
import torch
from monai.metrics import compute_average_surface_distance, compute_hausdorff_distance, compute_surface_dice

from boundary_bench.metrics.functional.masks.surfaces import MOST_ROWS, distances, surface_of
from boundary_bench.metrics.regions.surface_distance import SurfaceDistance
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei

DISTANCES = ("HD", "HD95", "HD95_pooled", "ASD", "ASSD")


def of_image(prediction, truth, **settings):
    """Numbers of one image by name, without the unit of distances."""
    metric = SurfaceDistance(2, **settings)
    found = metric.measure(prediction=BinaryMask(prediction), truth=BinaryMask(truth))["scores"][0]
    return dict(zip([name.replace(f"_{metric.unit}", "") for name in metric.names], found.tolist(), strict=True))


def of_medpy(prediction, truth, spacing):
    given = {"voxelspacing": spacing}
    return {
        "HD": medpy.hd(prediction, truth, **given),
        "HD95_pooled": medpy.hd95(prediction, truth, **given),
        "ASD": medpy.asd(prediction, truth, **given),
        "ASSD": medpy.assd(prediction, truth, **given),
    }


def of_monai(prediction, truth):
    found, true = (torch.from_numpy(mask[None, None].astype(np.float32)) for mask in (prediction, truth))
    given = {"include_background": True}
    return {
        "HD": float(compute_hausdorff_distance(found, true, **given)),
        "HD95": float(compute_hausdorff_distance(found, true, percentile=95, **given)),
        "ASD": float(compute_average_surface_distance(found, true, **given)),
        "ASSD": float(compute_average_surface_distance(found, true, symmetric=True, **given)),
        "NSD@1px": float(compute_surface_dice(found, true, [1.0], **given)),
        "NSD@2px": float(compute_surface_dice(found, true, [2.0], **given)),
    }


def of_deepmind(prediction, truth, spacing, unit):
    found = deepmind.compute_surface_distances(truth, prediction, spacing)
    return {
        "HD": deepmind.compute_robust_hausdorff(found, 100),
        "HD95": deepmind.compute_robust_hausdorff(found, 95),
        "ASD": deepmind.compute_average_surface_distance(found)[1],
        f"NSD@1{unit}": deepmind.compute_surface_dice_at_tolerance(found, 1),
        f"NSD@2{unit}": deepmind.compute_surface_dice_at_tolerance(found, 2),
    }


def within(found, expected, tolerance):
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=tolerance, abs=tolerance)


def filled(pairs):
    """Pairs of masks neither of which is empty."""
    return [(p.mask, t.mask) for p, t in pairs if p.mask.any() and t.mask.any()]


def test_random_masks_have_the_numbers_of_three_tools(count=200):  # noqa: PT028 - more of them at length
    for number, (prediction, truth) in enumerate(filled(mask_pairs(count, seed=1))):
        spacing = (1.0, 1.0) if number % 2 else (0.7, 2.3)
        mm = {"spacing_mm": spacing}
        within(of_image(prediction, truth, **mm), of_medpy(prediction, truth, spacing), 1e-9)
        subvoxel = of_image(prediction, truth, surface="subvoxel", **mm)
        within(subvoxel, of_deepmind(prediction, truth, spacing, "mm"), 1e-9)
        if number % 8 == 0:  # in single precision, and slow
            within(of_image(prediction, truth), of_monai(prediction, truth), 1e-5)


def test_real_masks_have_the_numbers_of_three_tools():
    every = (camvid("car"), camvid("pedestrian"), nuclei())
    masks = [(each.prediction, each.truth) for some in every for each in islice(some, 0, None, 4)]
    for number, (prediction, truth) in enumerate(filled(masks)):
        within(of_image(prediction, truth), of_medpy(prediction, truth, (1.0, 1.0)), 1e-9)
        if number % 5 == 0:
            expected = of_deepmind(prediction, truth, (1.0, 1.0), "px")
            within(of_image(prediction, truth, surface="subvoxel"), expected, 1e-9)
        if number % 20 == 0:  # half a second each
            within(of_image(prediction, truth), of_monai(prediction, truth), 1e-5)


def square(top, left, side=40, size=(80, 100)):
    mask = np.zeros(size, np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def test_squares_four_pixels_apart_by_hand():
    found = of_image(square(20, 24), square(20, 20), tolerances_px=(0, 3, 4))
    # Of 156 pixels of either surface the outer side's 40 are 4 px off, and 3, 2 and 1 those that follow above and
    # below; of the inner side the 32 in its middle are 4 px off, and 3, 2 and 1 those towards its ends.
    assert found["HD"] == found["HD95"] == found["HD95_pooled"] == 4
    assert found["ASSD"] == found["ASD"] == (40 * 4 + 2 * 6 + 32 * 4 + 2 * 6) / 156 == 2
    assert found["NSD@4px"] == 1
    assert found["NSD@0px"] == 72 / 156


EMPTY, FULL = np.zeros((6, 8), np.bool_), np.ones((6, 8), np.bool_)


@pytest.mark.parametrize(
    ("prediction", "truth", "missed", "distance", "nsd"),
    [
        (EMPTY, EMPTY, "undefined", np.nan, np.nan),
        (EMPTY, EMPTY, "diagonal", np.nan, np.nan),
        (EMPTY, FULL, "undefined", np.nan, 0),
        (FULL, EMPTY, "undefined", np.nan, 0),
        (FULL, EMPTY, "diagonal", 10, 0),
        (FULL, FULL, "diagonal", 0, 1),
    ],
)
@pytest.mark.parametrize("surface", ["pixel", "subvoxel"])
def test_empty_masks(prediction, truth, missed, distance, nsd, surface):
    found = of_image(prediction, truth, missed=missed, surface=surface)
    assert [found[name] for name in DISTANCES] == pytest.approx([distance] * 5, nan_ok=True)
    assert [found["NSD@1px"], found["NSD@2px"]] == pytest.approx([nsd, nsd], nan_ok=True)


def test_images_without_a_distance_are_counted():
    metric = SurfaceDistance(2)
    pairs = [(EMPTY, FULL), (EMPTY, EMPTY), (FULL, FULL)]
    images = [metric.measure(prediction=BinaryMask(p), truth=BinaryMask(t)) for p, t in pairs]
    summary = metric.summarise(images)
    assert (summary.values["HD95_px"], summary.values["NSD@1px"]) == (0, 0.5)
    assert (summary.scored["HD95_px"], summary.undefined["HD95_px"]) == (1, 2)
    assert (summary.scored["NSD@1px"], summary.undefined["NSD@1px"]) == (2, 1)


def test_far_points_are_found_as_well_as_near_ones():
    a, b = np.zeros((300, 400), np.bool_), np.zeros((300, 400), np.bool_)
    a[0, 0], a[250, 390], b[240, 20] = True, True, True
    found = distances(surface_of(a, "pixel"), surface_of(b, "pixel"))
    assert min(found) > MOST_ROWS
    assert found == pytest.approx([math.hypot(240, 20), math.hypot(10, 370)])


def test_flips_and_the_order_of_masks_change_nothing():
    for prediction, truth in filled(mask_pairs(40, seed=9)):
        found = of_image(prediction, truth)
        for turned in (np.flipud, np.fliplr, np.transpose):
            within(of_image(turned(prediction), turned(truth)), found, 1e-12)
        swapped = of_image(truth, prediction)
        within(swapped, {name: value for name, value in found.items() if name != "ASD"}, 1e-12)
        assert of_image(truth, truth)["HD"] == 0


def test_classes_are_masks_and_their_means_are_over_images():
    rng = np.random.default_rng(2)
    truths, predictions = ([rng.integers(0, 3, (20, 30)).astype(np.uint8) for _ in range(3)] for _ in range(2))
    truths[0][truths[0] == 2] = 0
    metric = SurfaceDistance(3)
    pairs = zip(predictions, truths, strict=True)
    images = [metric.measure(prediction=SemanticMap(p), truth=SemanticMap(t)) for p, t in pairs]
    summary = metric.summarise(images)
    of_2 = [of_image(p == 2, t == 2)["ASSD"] for p, t in zip(predictions[1:], truths[1:], strict=True)]
    assert summary.per_class["ASSD_px"][2] == pytest.approx(np.mean(of_2))
    assert summary.values["ASSD_px"] == pytest.approx(summary.per_class["ASSD_px"].mean())


def test_objects_are_those_that_were_found_and_missed_ones_have_no_surface_in_common():
    size = (80, 100)
    truth = Masks.from_dense(size, [square(0, 0), square(40, 0, 30), square(0, 50)])
    found = Masks.from_dense(size, [square(2, 0), square(0, 52)])
    truths = InstanceSet(truth, np.array([0, 1, 1]))
    predictions = InstanceSet(found, np.array([0, 1]), scores=np.array([0.9, 0.8]))
    metric = SurfaceDistance(2)
    summary = metric.summarise([metric.measure(prediction=predictions, truth=truths)])
    alone = [of_image(square(2, 0), square(0, 0)), of_image(square(0, 52), square(0, 50))]
    assert summary.per_class["HD95_px"] == pytest.approx([each["HD95"] for each in alone])
    assert summary.per_class["NSD@1px"] == pytest.approx([alone[0]["NSD@1px"], alone[1]["NSD@1px"] / 2])


@pytest.mark.parametrize(
    "settings",
    [
        {"tolerances_px": ()},
        {"tolerances_px": (-1,)},
        {"spacing_mm": 0},
        {"spacing_mm": (1, 2, 3)},
        {"surface": "voxel"},
        {"missed": "inf"},
    ],
)
def test_other_settings_are_refused(settings):
    with pytest.raises(ValueError, match="allowed: "):
        SurfaceDistance(2, **settings)
