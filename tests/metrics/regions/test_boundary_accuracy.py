import cv2
import numpy as np
import pytest

from boundary_bench.metrics.functional.masks.boundary_regions import gradient_words
from boundary_bench.metrics.kernels.thinning import pack, unpack
from boundary_bench.metrics.regions.boundary_accuracy import BoundaryAccuracy, radii_px
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei


def gradient(mask, radius):
    element = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_GRADIENT, element) > 0


def plain(truth, prediction, scored=True):
    """The definition, word for word, of the pixels that are scored."""
    height, width = truth.shape
    largest, shares = (width + height) / 300, []
    for step in range(5):
        near = gradient(truth, 1 + int((largest - 1) / 5 * step)) & scored
        if not near.any():
            return np.nan
        shares.append((truth == prediction)[near].mean())
    return np.mean(shares)


def image_of(prediction, truth):
    return float(BoundaryAccuracy(2).measure(prediction=prediction, truth=truth)["accuracy"][0])


def test_random_masks_have_the_accuracy_of_the_definition(count=200):  # noqa: PT028 - more of them at length
    for prediction, truth in mask_pairs(count):
        assert image_of(prediction, truth) == pytest.approx(plain(truth.mask, prediction.mask), abs=1e-12, nan_ok=True)


def test_large_masks_have_five_different_regions():
    rng = np.random.default_rng(0)
    truth = cv2.resize(rng.random((10, 20)), (1800, 900), interpolation=cv2.INTER_CUBIC) > 0.5
    prediction = np.roll(truth, 3, 1)
    assert radii_px(truth.shape) == [1, 2, 4, 5, 7]
    assert image_of(BinaryMask(prediction), BinaryMask(truth)) == pytest.approx(plain(truth, prediction), abs=1e-12)


@pytest.mark.parametrize("radius", [1, 2, 3, 5, 9, 33, 70])
def test_regions_are_the_gradient_of_opencv(radius):
    rng = np.random.default_rng(radius)
    for size in ((1, 1), (1, 200), (65, 64), (90, 131)):
        for share in (0.01, 0.5, 0.99):
            mask = rng.random(size) < share
            (words,) = gradient_words(pack(mask), size[1], [radius])
            assert np.array_equal(unpack(words, size[1]), gradient(mask, radius))


def test_real_masks_have_the_accuracy_of_the_definition():
    pairs = [each for some in (camvid("car"), camvid("pedestrian"), nuclei()) for each in list(some)[:70]]
    assert len(pairs) > 200
    for each in pairs:
        scored = True if each.truth.void is None else ~each.truth.void
        expected = plain(each.truth.mask, each.prediction.mask, scored)
        assert image_of(each.prediction, each.truth) == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("level", [False, True])
def test_a_truth_without_a_boundary_is_undefined_and_counted(level):
    metric, right = BoundaryAccuracy(2), np.zeros((8, 8), np.bool_)
    right[2:5, 2:5] = True
    truths = [BinaryMask(np.full_like(right, level)), BinaryMask(right)]
    images = [metric.measure(prediction=BinaryMask(right), truth=truth) for truth in truths]
    summary = metric.summarise(images)
    assert summary.values["mBA"] == 1
    assert (summary.scored["mBA"], summary.undefined["mBA"]) == (1, 1)


def test_by_hand():
    # Two halves of a row of pixels, of which one beside the boundary is wrong: both pixels there are near.
    truth, prediction = np.zeros((1, 8), np.bool_), np.zeros((1, 8), np.bool_)
    truth[0, 4:], prediction[0, 5:] = True, True
    assert image_of(BinaryMask(prediction), BinaryMask(truth)) == 0.5


def test_classes_are_masks_and_void_belongs_to_none():
    rng = np.random.default_rng(1)
    truth, prediction = (rng.integers(0, 3, (40, 50)).astype(np.uint8) for _ in range(2))
    truth[:5] = 255
    found = BoundaryAccuracy(4).measure(prediction=SemanticMap(prediction), truth=SemanticMap(truth))["accuracy"]
    scored = truth != 255
    expected = [plain(truth == k, prediction == k, scored) for k in range(3)]
    assert found[:3] == pytest.approx(expected, abs=1e-12)
    assert np.isnan(found[3])


def test_weights_count_images_as_often_as_they_say():
    metric = BoundaryAccuracy(2)
    images = [metric.measure(prediction=p, truth=t) for p, t in mask_pairs(20, seed=3)]
    weights = np.random.default_rng(0).integers(0, 3, (5, 20)).astype(float)
    repeated = [[each for each, n in zip(images, row, strict=True) for _ in range(int(n))] for row in weights]
    expected = [float(metric.summarise(some).values["mBA"]) for some in repeated]
    assert metric.summarise(images, weights).values["mBA"] == pytest.approx(expected, abs=1e-12)
