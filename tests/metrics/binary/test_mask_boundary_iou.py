import cv2
import numpy as np
import pytest

from boundary_bench.metrics.binary.mask_boundary_iou import MaskBoundaryIoU
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics.definitions import inner_band
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei


def summary(pairs, metric=None, weights=None):
    metric = metric or MaskBoundaryIoU()
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs], weights)


def width_of(shape):
    return max(1, round(0.02 * float(np.sqrt(shape[0] ** 2 + shape[1] ** 2))))


def plain_bands(prediction, truth):
    """Bands of two masks by repeated erosion; what is void in the truth is in neither."""
    found = prediction.mask if truth.void is None else prediction.mask & ~truth.void
    return inner_band(found, width_of(found.shape)), inner_band(truth.mask, width_of(found.shape))


def plain_curve(prediction, truth, normalise=True):
    """IoU over thresholds, of levels as floats; what is void in the truth is background."""
    true = inner_band(truth.mask, width_of(truth.size))
    level = (prediction.levels if truth.void is None else np.where(truth.void, 0, prediction.levels)) / 255
    if normalise and level.min() != level.max():
        level = (level - level.min()) / (level.max() - level.min())
    level = (level * 255).astype(np.uint8)
    padded = cv2.copyMakeBorder(level, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    least = cv2.erode(padded, np.ones((3, 3), np.uint8), iterations=width_of(truth.size))[1:-1, 1:-1]
    inside, outside = ((level - least)[where] for where in (true, ~true))
    reached = [len(rises) - np.searchsorted(np.sort(rises), np.arange(256)) for rises in (inside, outside)]
    return reached[0] / (max(len(inside), 1) + reached[1])


def expected(pairs):
    found = [plain_bands(*pair) for pair in pairs]
    both, either = (
        np.array([operation(p, t).sum() for p, t in found]) for operation in (np.logical_and, np.logical_or)
    )
    with np.errstate(invalid="ignore"):
        own = both / either
    curve = np.mean([plain_curve(*pair) for pair, any_ in zip(pairs, either, strict=True) if any_], axis=0)
    return {
        "boundary_IoU": both.sum() / either.sum(),
        "image_boundary_IoU": np.nanmean(own),
        "boundary_IoU_max": curve.max(),
        "boundary_IoU_mean": curve.mean(),
    }


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_random_masks_have_the_numbers_of_repeated_erosion(count):
    pairs = list(mask_pairs(count, largest=120))
    found = summary(pairs)
    assert {name: float(value) for name, value in found.values.items()} == pytest.approx(expected(pairs), abs=1e-12)
    empty = sum(not p.mask.any() and not t.mask.any() for p, t in pairs)
    assert found.undefined["image_boundary_IoU"] == empty > 0
    assert found.scored["image_boundary_IoU"] + empty == count


def test_real_masks_have_the_numbers_of_repeated_erosion():
    pairs = []
    for some in (camvid("car"), camvid("pedestrian"), nuclei()):
        for each in list(some)[:70]:
            pairs.append((each.prediction, each.truth))
            if each.soft is not None:
                pairs.append((each.soft, BinaryMask(each.truth.mask)))
    assert len(pairs) > 200
    found = {name: float(value) for name, value in summary(pairs).values.items()}
    assert found == pytest.approx(expected(pairs), abs=1e-9)


def test_levels_can_stay_as_they_are():
    rng = np.random.default_rng(0)
    truth = BinaryMask(cv2.resize(rng.random((4, 5)), (60, 50)) > 0.5)
    soft = BinaryMask.soft(rng.integers(40, 200, truth.size).astype(np.uint8))
    for normalise in (True, False):
        curve = MaskBoundaryIoU(normalise=normalise).measure(prediction=soft, truth=truth)["curve"]
        assert curve == pytest.approx(plain_curve(soft, truth, normalise), abs=1e-12)


def test_a_hard_mask_is_a_soft_one_of_two_levels():
    for prediction, truth in mask_pairs(60, seed=2):
        hard = MaskBoundaryIoU().measure(prediction=BinaryMask(prediction.mask), truth=truth)
        levels = prediction.mask * np.uint8(255)
        soft = MaskBoundaryIoU().measure(prediction=BinaryMask(prediction.mask, levels), truth=truth)
        assert hard["curve"] == pytest.approx(soft["curve"], abs=1e-15, nan_ok=True)


EMPTY, FULL = np.zeros((6, 6), np.bool_), np.ones((6, 6), np.bool_)


@pytest.mark.parametrize(
    ("prediction", "truth", "both_empty", "value"),
    [
        (EMPTY, EMPTY, "undefined", np.nan),
        (EMPTY, EMPTY, "one", 1),
        (EMPTY, EMPTY, "zero", 0),
        (EMPTY, FULL, "one", 0),
        (FULL, EMPTY, "undefined", 0),
        (FULL, FULL, "undefined", 1),
    ],
)
def test_empty_masks(prediction, truth, both_empty, value):
    found = summary([(BinaryMask(prediction), BinaryMask(truth))], MaskBoundaryIoU(both_empty=both_empty)).values
    assert found["image_boundary_IoU"] == pytest.approx(value, nan_ok=True)
    if truth is EMPTY:
        assert found["boundary_IoU_max"] == pytest.approx(value, nan_ok=True)


def test_by_hand():
    # Frames of a 5 x 5 and a 5 x 4 square, 16 and 14 pixels, share the left column and the rest of two rows: 11.
    truth, prediction = np.ones((5, 5), np.bool_), np.ones((5, 5), np.bool_)
    prediction[:, 4] = False
    found = summary([(BinaryMask(prediction), BinaryMask(truth))], MaskBoundaryIoU(width_px=1)).values
    assert found["boundary_IoU"] == found["image_boundary_IoU"] == pytest.approx(11 / 19)
    # At threshold 0 every pixel counts: 16 of 25 are in the true band.
    assert found["boundary_IoU_max"] == 16 / 25
    assert found["boundary_IoU_mean"] == pytest.approx((255 * 11 / 19 + 16 / 25) / 256)


def test_void_is_background_and_its_levels_do_not_count():
    void = np.zeros((8, 9), np.bool_)
    void[:, 6:] = True
    truth = np.zeros_like(void)
    truth[2:7, 1:6] = True
    levels = np.where(truth, 200, 30).astype(np.uint8)
    levels[:, 7] = 255
    without = np.where(void, 0, np.where(truth, 255, 0)).astype(np.uint8)
    metric = MaskBoundaryIoU(width_px=1)
    left = metric.measure(prediction=BinaryMask.soft(levels), truth=BinaryMask(truth, void=void))
    right = metric.measure(prediction=BinaryMask.soft(without), truth=BinaryMask(truth))
    assert left["both"] == left["predicted"] == left["true"] == 16
    np.testing.assert_array_equal(left["curve"], right["curve"])


def test_weights_count_images_as_often_as_they_say():
    metric = MaskBoundaryIoU()
    images = [metric.measure(prediction=p, truth=t) for p, t in mask_pairs(20, seed=3)]
    weights = np.random.default_rng(0).integers(0, 3, (5, 20)).astype(float)
    together = metric.summarise(images, weights).values
    for row, counts in enumerate(weights):
        repeated = metric.summarise([each for each, n in zip(images, counts, strict=True) for _ in range(int(n))])
        for name, value in repeated.values.items():
            assert together[name][row] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize(
    "parameters", [{"width_px": 0}, {"width_ratio": 0}, {"width_ratio": 1.0}, {"both_empty": "two"}]
)
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        MaskBoundaryIoU(**parameters)


def test_bands_are_those_of_a_class_of_a_label_map():
    of_classes, of_masks = BoundaryIoU(2, width_ratio=0.02), MaskBoundaryIoU()
    for prediction, truth in mask_pairs(60, seed=5, largest=200):
        maps = (SemanticMap(each.mask.astype(np.uint8)) for each in (prediction, truth))
        expected = of_classes.measure(**dict(zip(("prediction", "truth"), maps, strict=True)))
        found = of_masks.measure(prediction=prediction, truth=truth)
        assert [found[name] for name in ("both", "true", "predicted")] == [
            expected[name][1] for name in ("both", "true", "predicted")
        ]
