import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.regions.trimap import Trimap
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, SemanticMap
from tests.metrics.definitions import other_label_distance
from tests.metrics.drawn import draw
from tests.metrics.functional.test_geometry import MAPS, blobs
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei

WIDTHS = (1, 5, 10, 17, 30)


def summary(pairs, metric=None, weights=None):
    metric = metric or Trimap(2)
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs], weights)


def near_pixels(pairs):
    """SciPy's distances, true and predicted labels of the scored pixels of all images within the widest band."""
    found = []
    for prediction, truth in pairs:
        distance = other_label_distance(truth.mask if isinstance(truth, BinaryMask) else truth.labels)
        near = (distance <= WIDTHS[-1]) & (truth.labels != 255)
        found.append((distance[near], truth.labels[near], prediction.labels[near]))
    return [np.concatenate(each) for each in zip(*found, strict=True)]


def plain(pixels, width, classes=2):
    """IoU by class and accuracy within a band."""
    distance, true, predicted = pixels
    true, predicted = true[distance <= width], predicted[distance <= width]
    iou = []
    for k in range(classes):
        either = ((true == k) | (predicted == k)).sum()
        iou.append(((true == k) & (predicted == k)).sum() / either if either else np.nan)
    return iou, (true == predicted).mean() if true.size else np.nan


def assert_plain(found, pairs, *, classes=2):
    curve, pixels = found.curves["trimap"], near_pixels(pairs)
    for width in WIDTHS:
        iou, accuracy = plain(pixels, width, classes)
        value = iou[1] if isinstance(pairs[0][1], BinaryMask) else _mean(iou)
        assert curve["IoU"][width - 1] == pytest.approx(value, abs=1e-12, nan_ok=True)
        assert curve["accuracy"][width - 1] == pytest.approx(accuracy, abs=1e-12, nan_ok=True)
        if width <= 10:
            assert found.per_class[f"trimap_IoU@{width}px"] == pytest.approx(iou, abs=1e-12, nan_ok=True)


def _mean(values):
    defined = [value for value in values if not np.isnan(value)]
    return np.mean(defined) if defined else np.nan


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_random_masks_have_the_numbers_of_scipys_distances(count):
    pairs = list(mask_pairs(count, seed=6))
    found = summary(pairs)
    assert_plain(found, pairs)
    flat = sum(len(np.unique(t.mask)) == 1 for _, t in pairs)
    assert found.undefined["trimap_IoU@5px"] == flat > 0
    for pair in pairs[:60]:
        assert_plain(summary([pair]), [pair])


def test_real_masks_with_void_have_the_numbers_of_scipys_distances():
    pairs = [
        (e.prediction, e.truth) for some in (camvid("car"), camvid("pedestrian"), nuclei()) for e in list(some)[:70]
    ]
    assert len(pairs) > 200
    assert_plain(summary(pairs), pairs)


@given(MAPS, st.integers(0, 2**32 - 1))
def test_classes_have_the_numbers_of_scipys_distances(truth, seed):
    pairs = [(SemanticMap(blobs(truth.shape, seed)), SemanticMap(truth))]
    found = summary(pairs, Trimap(4))
    assert_plain(found, pairs, classes=4)
    assert set(found.values) == {f"trimap_{name}@{w}px" for name in ("mIoU", "accuracy") for w in (1, 5, 10)}


def test_more_than_255_classes_have_the_same_numbers():
    truth = blobs((40, 50), 1)
    prediction = np.roll(truth, 1, 1)
    narrow = summary([(SemanticMap(prediction), SemanticMap(truth))], Trimap(4))
    wide = [SemanticMap(np.where(each == 255, -1, each.astype(np.int32) + 300)) for each in (prediction, truth)]
    found = summary([(wide[0], wide[1])], Trimap(400))
    assert found.values == narrow.values
    assert 0 < found.values["trimap_mIoU@5px"] < 1


def test_by_hand():
    # The band of 1 px are columns 2 and 3, where one of four pixels of the object is missed.
    truth, prediction = np.zeros((4, 20), np.bool_), np.zeros((4, 20), np.bool_)
    truth[:, 3:], prediction[:, 3:] = True, True
    prediction[0, 3] = prediction[0, 5] = False
    found = summary([(BinaryMask(prediction), BinaryMask(truth))]).values
    assert found["trimap_IoU@1px"] == 3 / 4
    assert found["trimap_accuracy@1px"] == 7 / 8
    # Within 5 px lie five columns of the object, and all three of the background.
    assert found["trimap_IoU@5px"] == 18 / 20
    assert found["trimap_accuracy@5px"] == 30 / 32


def test_the_band_lies_around_void_which_does_not_count():
    found = summary([(draw("0011111111111"), draw("00.1111111111"))], Trimap(2))
    # Within 1 px: one pixel on either side of void.
    assert found.curves["trimap"]["pixels"][0] == 2
    assert found.values["trimap_mIoU@1px"] == 1


def test_background_beside_void_is_not_near_the_object():
    truth, void = np.zeros((1, 20), np.bool_), np.zeros((1, 20), np.bool_)
    truth[0, :3], void[0, 12] = True, True
    metric = Trimap(2)
    found = summary([(BinaryMask(truth), BinaryMask(truth, void=void))], metric).curves["trimap"]["pixels"]
    assert found[0] == 2
    # Three pixels of the object, and the background up to 10 px away without the void one.
    assert found[9] == 3 + 9


@pytest.mark.parametrize("level", [False, True])
def test_a_truth_without_a_boundary_has_no_band(level):
    flat, other = np.full((6, 6), level), np.arange(36).reshape(6, 6) < 18
    found = summary([(BinaryMask(other), BinaryMask(flat))])
    assert all(np.isnan(value) for value in found.values.values())
    both = summary([(BinaryMask(other), BinaryMask(flat)), (BinaryMask(other), BinaryMask(other))])
    assert both.values["trimap_IoU@1px"] == 1
    assert (both.scored["trimap_IoU@1px"], both.undefined["trimap_IoU@1px"]) == (1, 1)


def test_weights_count_images_as_often_as_they_say():
    metric = Trimap(2)
    images = [metric.measure(prediction=p, truth=t) for p, t in mask_pairs(20, seed=3)]
    weights = np.random.default_rng(0).integers(0, 3, (5, 20)).astype(float)
    together = metric.summarise(images, weights)
    for row, counts in enumerate(weights):
        repeated = metric.summarise([each for each, n in zip(images, counts, strict=True) for _ in range(int(n))])
        for name, value in repeated.values.items():
            assert together.values[name][row] == pytest.approx(value, abs=1e-12)
        np.testing.assert_allclose(together.curves["trimap"]["IoU"][row], repeated.curves["trimap"]["IoU"])


@pytest.mark.parametrize("max_px", [9, 127])
def test_bad_parameters_are_refused(max_px):
    with pytest.raises(ValueError, match="allowed: 10 to 126"):
        Trimap(3, max_px=max_px)


def test_bands_lie_around_each_object_that_was_found():
    size = (60, 90)
    true, found = (np.zeros(size, np.bool_) for _ in range(2))
    true[10:30, 10:30], found[12:32, 11:31] = True, True
    missed = np.zeros(size, np.bool_)
    missed[40:50, 60:80] = True
    truth = InstanceSet(Masks.from_dense(size, [true, missed]), np.array([1, 0]))
    prediction = InstanceSet(Masks.from_dense(size, [found]), np.array([1]), scores=np.ones(1))
    metric = Trimap(2)
    of_objects = metric.summarise([metric.measure(prediction=prediction, truth=truth)])
    of_mask = metric.summarise([metric.measure(prediction=BinaryMask(found), truth=BinaryMask(true))])
    for width in (1, 5, 10):
        assert of_objects.per_class[f"trimap_IoU@{width}px"][1] == of_mask.values[f"trimap_IoU@{width}px"]
        assert of_objects.values[f"trimap_accuracy@{width}px"] == of_mask.values[f"trimap_accuracy@{width}px"]
        assert np.isnan(of_objects.per_class[f"trimap_IoU@{width}px"][0])
