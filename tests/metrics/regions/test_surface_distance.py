import medpy.metric.binary as medpy
import numpy as np
import pytest
import surface_distance as deepmind
import torch
from hypothesis import given
from hypothesis import strategies as st
from monai.metrics import (
    HausdorffDistanceMetric,
    compute_average_surface_distance,
    compute_hausdorff_distance,
    compute_surface_dice,
)
from monai.metrics.utils import get_edge_surface_distance

from boundary_bench.metrics.functional.masks.surfaces import distances, surface_of
from boundary_bench.metrics.regions import surface_distance as module
from boundary_bench.metrics.regions.surface_distance import SurfaceDistance
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei
from tests.strategies import binary_masks, sizes

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


def of_monai(prediction, truth, spacing, unit):
    """With `subvoxel` surfaces too, of which MONAI has no distances."""
    given = {"y_pred": tensor(prediction), "y": tensor(truth), "include_background": True, "spacing": spacing}
    pixel = {
        "HD": compute_hausdorff_distance(**given),
        "HD95": compute_hausdorff_distance(percentile=95, **given),
        "ASD": compute_average_surface_distance(**given),
        "ASSD": compute_average_surface_distance(symmetric=True, **given),
        f"NSD@1{unit}": compute_surface_dice(class_thresholds=[1.0], **given),
        f"NSD@2{unit}": compute_surface_dice(class_thresholds=[2.0], **given),
    }
    subvoxel = {f"NSD@2{unit}": compute_surface_dice(class_thresholds=[2.0], use_subvoxels=True, **given)}
    return tuple({name: float(value) for name, value in each.items()} for each in (pixel, subvoxel))


def same_distances_as_monai(prediction, truth, spacing):
    """Before it takes percentiles and means of them, to the last bit of the single precision that it keeps them in."""
    found, true = (torch.from_numpy(mask.astype(np.float32)) for mask in (prediction, truth))
    _, theirs, _ = get_edge_surface_distance(found, true, spacing=spacing, symmetric=True)
    surfaces = surface_of(prediction, "pixel"), surface_of(truth, "pixel")
    for pair, expected in zip((surfaces, surfaces[::-1]), theirs, strict=True):
        np.testing.assert_array_equal(distances(*pair, spacing).astype(np.float32), expected.numpy())


def tensor(mask):
    return torch.from_numpy(mask[None, None].astype(np.float32))


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
    assert {name: found[name] for name in expected} == pytest.approx(
        expected, rel=tolerance, abs=tolerance, nan_ok=True
    )


def filled(pairs):
    """Pairs of masks neither of which is empty."""
    return [(p.mask, t.mask) for p, t in pairs if p.mask.any() and t.mask.any()]


def test_random_masks_have_the_numbers_of_three_tools(count=200):  # noqa: PT028 - more of them at length
    for number, (prediction, truth) in enumerate(filled(mask_pairs(count, seed=1))):
        spacing = (1.0, 1.0) if number % 2 else (0.7, 2.3)
        mm = {"spacing_mm": spacing}
        pixel, subvoxel = (of_image(prediction, truth, surface=kind, **mm) for kind in ("pixel", "subvoxel"))
        within(pixel, of_medpy(prediction, truth, spacing), 1e-9)
        within(subvoxel, of_deepmind(prediction, truth, spacing, "mm"), 1e-9)
        if number % 8 < 2:  # in single precision, and slow
            theirs = of_monai(prediction, truth, spacing, "mm")
            within(pixel, theirs[0], 1e-5)
            within(subvoxel, theirs[1], 1e-6)
            same_distances_as_monai(prediction, truth, spacing)


def test_real_masks_have_the_numbers_of_three_tools(every_nth=5):  # noqa: PT028 - all of them at length
    every = (camvid("car"), camvid("pedestrian"), nuclei())
    pairs = filled((each.prediction, each.truth) for some in every for each in some)
    assert len(pairs) > 200
    for number, (prediction, truth) in enumerate(pairs[::every_nth]):
        box = cropped(prediction, truth)
        within(of_image(prediction, truth), of_medpy(*box, (1.0, 1.0)), 1e-9)
        within(of_image(prediction, truth, surface="subvoxel"), of_deepmind(*box, (1.0, 1.0), "px"), 1e-9)
        if number % 20 == 0:
            within(of_image(prediction, truth), of_monai(*box, (1.0, 1.0), "px")[0], 1e-5)
            same_distances_as_monai(prediction, truth, (1.0, 1.0))


def cropped(prediction, truth):
    """To the box of both: beyond an image there is background for all tools, and they are quicker so."""
    rows, columns = (np.flatnonzero((prediction | truth).any(axis=axis)) for axis in (1, 0))
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return prediction[box], truth[box]


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


@given(data=st.data(), size=sizes(), surface=st.sampled_from(["pixel", "subvoxel"]))
def test_what_holds_of_all_masks(data, size, surface):
    prediction, truth = (data.draw(binary_masks(size)).mask for _ in range(2))
    found = of_image(prediction, truth, surface=surface)
    for turned in (np.flipud, np.fliplr, np.transpose):
        within(of_image(turned(prediction), turned(truth), surface=surface), found, 1e-12)
    swapped = of_image(truth, prediction, surface=surface)
    within(swapped, {name: value for name, value in found.items() if name != "ASD"}, 1e-12)
    same, filled = of_image(truth, truth, surface=surface), truth.any()
    nothing = dict.fromkeys(DISTANCES, 0.0 if filled else np.nan)
    within(same, {**nothing, "NSD@1px": 1.0 if filled else np.nan}, 0)
    larger = of_image(prediction, truth, surface=surface, spacing_mm=3, tolerances_px=(3, 6))
    within(larger, {name: 3 * found[name] for name in DISTANCES} | {"NSD@3mm": found["NSD@1px"]}, 1e-12)
    if filled and prediction.any():
        assert max(found["HD95"], found["HD95_pooled"], found["ASD"], found["ASSD"]) <= found["HD"] + 1e-12
        assert 0 <= found["NSD@1px"] <= found["NSD@2px"] <= 1


def test_a_distance_that_is_the_tolerance_is_within_however_it_is_rounded():
    # 3 * 0.1 is 0.30000000000000004.
    pair = square(20, 23), square(20, 20)
    found = of_image(*pair, spacing_mm=0.1, tolerances_px=(0.3,))
    assert found == pytest.approx(found | {"HD": 0.3, "NSD@0.3mm": 1})


def test_void_is_background_in_both_masks():
    truth, prediction, void = square(20, 20), square(20, 24), np.zeros((80, 100), np.bool_)
    void[:, 60:] = True
    metric = SurfaceDistance(2)
    found = metric.measure(prediction=BinaryMask(prediction), truth=BinaryMask(truth, void=void))
    assert found["scores"][0].tolist() == pytest.approx(list(of_image(prediction & ~void, truth).values()))


def test_images_count_as_often_as_their_weights_say():
    metric = SurfaceDistance(2)
    pairs = [(square(20, 24), square(20, 20)), (square(20, 21), square(20, 20)), (EMPTY, FULL)]
    images = [metric.measure(prediction=BinaryMask(p), truth=BinaryMask(t)) for p, t in pairs]
    found = metric.summarise(images, np.array([[3.0, 1, 0], [0, 2, 1], [0, 0, 5]])).values
    np.testing.assert_allclose(found["HD_px"], [(3 * 4 + 1) / 4, 1, np.nan])
    np.testing.assert_allclose(found["NSD@1px"][1:], [2 / 3, 0])
    np.testing.assert_allclose(found["surface_share"], [1, 2 / 3, 0])


@pytest.mark.parametrize("kind", [BinaryMask, lambda mask: SemanticMap(mask.astype(np.uint8))])
def test_surfaces_of_a_truth_are_made_once(kind, monkeypatch):
    made = []

    def counted(*given):
        made.append(given)
        return surface_of(*given)

    monkeypatch.setattr(module, "surface_of", counted)
    metric, truth = SurfaceDistance(2), kind(square(20, 20))
    scores = [metric.measure(prediction=kind(square(20, left)), truth=truth)["scores"] for left in (24, 24, 22)]
    classes = 1 if kind is BinaryMask else 2
    assert len(made) == 4 * classes
    assert np.array_equal(scores[0], scores[1])
    assert scores[2][-1][0] == 2


def test_values_stay_in_their_ranges():
    metric = SurfaceDistance(2, spacing_mm=2)
    image = metric.measure(prediction=BinaryMask(square(0, 0)), truth=BinaryMask(square(20, 50)))
    ranges = {name: metric.value_range(name) for name in metric.summarise([image]).values}
    assert ranges.pop("HD95_mm") == ranges.pop("ASSD_mm") == ranges.pop("HD_mm") == (0, np.inf)
    assert ranges.pop("HD95_pooled_mm") == ranges.pop("ASD_mm") == (0, np.inf)
    assert ranges == {"NSD@1mm": (0, 1), "NSD@2mm": (0, 1), "surface_share": (0, 1)}


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


SIZE = (80, 100)
TRUE = InstanceSet(
    Masks.from_dense(SIZE, [square(0, 0), square(40, 0, 30), square(0, 50), square(50, 50, 10)]),
    np.array([0, 1, 1, 1]),
    crowd=np.array([False, False, False, True]),
)
FOUND = InstanceSet(
    Masks.from_dense(SIZE, [square(2, 0), square(0, 52)]), np.array([0, 1]), scores=np.array([0.9, 0.8])
)
"""The object in the middle is missed."""


def test_objects_are_those_that_were_found_and_missed_ones_have_no_surface_in_common():
    metric = SurfaceDistance(2)
    summary = metric.summarise([metric.measure(prediction=FOUND, truth=TRUE)])
    alone = [of_image(square(2, 0), square(0, 0)), of_image(square(0, 52), square(0, 50))]
    assert summary.per_class["HD95_px"] == pytest.approx([each["HD95"] for each in alone])
    assert summary.per_class["NSD@1px"] == pytest.approx([alone[0]["NSD@1px"], alone[1]["NSD@1px"] / 2])
    assert summary.values["NSD@1px"] == pytest.approx(sum(each["NSD@1px"] for each in alone) / 3)
    assert summary.values["ASSD_px"] == pytest.approx(np.mean([each["ASSD"] for each in alone]))
    assert summary.values["surface_share"] == pytest.approx(2 / 3)
    assert summary.per_class["surface_share"] == pytest.approx([1, 1 / 2])


def test_a_missed_object_may_count_the_diagonal():
    metric = SurfaceDistance(2, missed="diagonal", spacing_mm=(1, 2))
    summary = metric.summarise([metric.measure(prediction=FOUND, truth=TRUE)])
    found = metric.measure(prediction=FOUND, truth=TRUE)["scores"][:, 0]
    assert found.tolist() == pytest.approx([2, np.hypot(80, 200), 4])
    assert summary.values["HD_mm"] == pytest.approx(found.mean())
    assert summary.values["surface_share"] == pytest.approx(2 / 3)


def test_objects_are_found_at_the_iou_and_among_the_detections_that_are_named():
    def share(**settings):
        metric = SurfaceDistance(2, **settings)
        return metric.summarise([metric.measure(prediction=FOUND, truth=TRUE)]).values["surface_share"]

    better = Masks.from_dense(SIZE, [square(2, 0), square(0, 52), square(40, 0, 30)])
    assert share(iou_threshold=0.99) == 0
    more = InstanceSet(better, np.array([0, 1, 1]), scores=np.array([0.9, 0.8, 0.7]))
    for most, expected in ((1, 2 / 3), (2, 1)):
        metric = SurfaceDistance(2, max_detections=most)
        summary = metric.summarise([metric.measure(prediction=more, truth=TRUE)])
        assert summary.values["surface_share"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("prediction", "truth", "distance", "percentile", "nsd"),
    [(EMPTY, EMPTY, np.nan, np.nan, np.nan), (EMPTY, FULL, np.inf, np.nan, 0), (FULL, EMPTY, np.inf, np.nan, 0)],
)
def test_what_other_tools_make_of_empty_masks(prediction, truth, distance, percentile, nsd, monkeypatch):
    """As the table of variants in docs/metrics.md says."""
    pixel, _ = of_monai(prediction, truth, (1.0, 1.0), "px")
    expected = {"HD": distance, "HD95": percentile, "ASD": distance, "ASSD": distance, "NSD@1px": nsd}
    assert {name: pixel[name] for name in expected} == pytest.approx(expected, nan_ok=True)
    with pytest.raises(RuntimeError, match="does not contain any binary object"):
        of_medpy(prediction, truth, (1.0, 1.0))
    monkeypatch.setattr(np, "Inf", np.inf, raising=False)  # which NumPy 2 lacks
    with np.errstate(invalid="ignore"):
        theirs = of_deepmind(prediction, truth, (1.0, 1.0), "px")
    expected = {"HD": np.inf, "HD95": np.inf, "ASD": np.inf if prediction.any() else np.nan, "NSD@1px": nsd}
    assert {name: theirs[name] for name in expected} == pytest.approx(expected, nan_ok=True)


def test_a_set_of_empty_masks_has_a_distance_of_0_in_monai():
    metric = HausdorffDistanceMetric(include_background=True)
    metric(tensor(EMPTY), tensor(EMPTY))
    assert float(metric.aggregate()) == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"tolerances_px": ()},
        {"tolerances_px": (-1,)},
        {"tolerances_px": (1, 1.0)},
        {"spacing_mm": 0},
        {"spacing_mm": (1, 2, 3)},
        {"surface": "voxel"},
        {"missed": "inf"},
        {"iou_threshold": 0},
        {"max_detections": 0},
    ],
)
def test_other_settings_are_refused(settings):
    with pytest.raises(ValueError, match="allowed: "):
        SurfaceDistance(2, **settings)
