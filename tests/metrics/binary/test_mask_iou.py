import numpy as np
import pytest

from boundary_bench.metrics.binary.mask_iou import MaskIoU
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei


def summary(pairs, metric=None, weights=None):
    metric = metric or MaskIoU()
    return metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs], weights)


def plain(pairs):
    """The numbers by NumPy, from masks alone."""
    scored = [np.ones(t.size, bool) if t.void is None else ~t.void for _, t in pairs]
    found, true = (
        [each.mask[keep] for each, keep in zip(side, scored, strict=True)] for side in zip(*pairs, strict=True)
    )
    with np.errstate(invalid="ignore"):
        iou = [np.float64((p & t).sum()) / (p | t).sum() for p, t in zip(found, true, strict=True)]
        dice = [np.float64(2 * (p & t).sum()) / (p.sum() + t.sum()) for p, t in zip(found, true, strict=True)]
        p, t = np.concatenate(found), np.concatenate(true)
        both = np.float64((p & t).sum())
        object_iou, background = both / (p | t).sum(), np.float64((~p & ~t).sum()) / (~(p & t)).sum()
        return {
            "IoU": object_iou,
            "image_IoU": np.nanmean(iou),
            "Dice": 2 * both / (p.sum() + t.sum()),
            "image_Dice": np.nanmean(dice),
            "mIoU": (object_iou + background) / 2,
            "precision": both / p.sum(),
            "recall": both / t.sum(),
            "pixel_accuracy": (p == t).mean(),
        }


def test_random_masks_have_numpys_numbers(count=200):  # noqa: PT028 - more of them at length
    pairs = list(mask_pairs(count))
    found = summary(pairs)
    assert {name: float(value) for name, value in found.values.items()} == pytest.approx(plain(pairs), abs=1e-12)
    assert found.per_class["IoU"][1] == found.values["IoU"]
    empty = sum(not p.mask.any() and not t.mask.any() for p, t in pairs)
    assert found.undefined["image_IoU"] == empty > 0
    assert found.scored["image_IoU"] + empty == count


def test_real_masks_with_void_have_numpys_numbers():
    pairs = [(each.prediction, each.truth) for some in (camvid("car"), camvid("pedestrian"), nuclei()) for each in some]
    found = summary(pairs)
    assert len(pairs) > 200
    assert {name: float(value) for name, value in found.values.items()} == pytest.approx(plain(pairs), abs=1e-12)


EMPTY, FULL = np.zeros((2, 2), np.bool_), np.ones((2, 2), np.bool_)


@pytest.mark.parametrize(
    ("prediction", "truth", "both_empty", "image_iou"),
    [
        (EMPTY, EMPTY, "undefined", np.nan),
        (EMPTY, EMPTY, "one", 1),
        (EMPTY, EMPTY, "zero", 0),
        (EMPTY, FULL, "one", 0),
        (FULL, EMPTY, "undefined", 0),
        (FULL, FULL, "undefined", 1),
    ],
)
def test_empty_masks(prediction, truth, both_empty, image_iou):
    found = summary([(BinaryMask(prediction), BinaryMask(truth))], MaskIoU(both_empty=both_empty)).values
    for name in ("image_IoU", "image_Dice"):
        assert found[name] == pytest.approx(image_iou, nan_ok=True)


def test_large_objects_weigh_more_in_the_pooled_number_alone():
    small, large = np.zeros((10, 10), np.bool_), np.ones((10, 10), np.bool_)
    small[0, 0] = True
    pairs = [(BinaryMask(large), BinaryMask(large)), (BinaryMask(EMPTY_10), BinaryMask(small))]
    found = summary(pairs).values
    assert found["IoU"] == 100 / 101
    assert found["image_IoU"] == 0.5


EMPTY_10 = np.zeros((10, 10), np.bool_)


def test_void_pixels_are_not_counted():
    void = np.array([[True, False], [False, False]])
    truth = BinaryMask(np.array([[False, True], [False, False]]), void=void)
    found = summary([(BinaryMask(np.array([[True, True], [False, False]])), truth)]).values
    assert found["IoU"] == found["precision"] == found["pixel_accuracy"] == 1


@pytest.mark.parametrize("arguments", [{"classes": 3}, {"both_empty": "two"}])
def test_other_settings_are_refused(arguments):
    with pytest.raises(ValueError, match="allowed: "):
        MaskIoU(**arguments)
