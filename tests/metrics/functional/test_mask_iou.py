import gc
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_masks

from boundary_bench.metrics.functional.mask_iou import Iou, bands_of, pairs_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet
from tests.metrics import definitions
from tests.metrics.instances import instance_pairs, rows


@given(instance_pairs(), st.sampled_from([1, 2, 3, 5, 40]))
def test_bands_are_masks_less_their_erosion(pair, width):
    masks = pair[1].masks
    bands = bands_of(masks, width_px=width)
    for i in range(len(masks)):
        band = np.zeros(masks.size[0] * masks.size[1], np.bool_)
        for start, stop in bands.edges[bands.starts[i] : bands.starts[i + 1]].reshape(-1, 2):
            assert not band[start:stop].any()
            band[start:stop] = True
        expected = definitions.inner_band(masks.dense(i), width)
        np.testing.assert_array_equal(band.reshape(masks.size[::-1]).T, expected)
        assert bands.areas[i] == expected.sum()


@pytest.mark.parametrize("width", [1, 2, 3, 7])
@pytest.mark.parametrize("density", [0.8, 0.95, 0.99, 0.999, 1.0])
def test_bands_of_noise_with_many_holes(density, width):
    # Large enough for windows of columns that lie in two blocks and for many spans in a column.
    noise = np.random.default_rng(7).random((3, 90, 70)) < density
    masks = Masks.from_dense((90, 70), noise)
    for i in range(3):
        bands = bands_of(masks, width_px=width)
        expected = definitions.inner_band(noise[i], width).sum()
        assert bands.areas[i] == expected


def test_runs_of_length_zero_do_not_part_a_mask():
    whole, parted = Masks.from_runs((5, 5), [np.array([0, 25])]), Masks.from_runs((5, 5), [np.array([0, 12, 0, 13])])
    assert bands_of(parted, width_px=1).areas == bands_of(whole, width_px=1).areas == 16


@given(instance_pairs())
def test_mask_iou_is_that_of_pycocotools(pair):
    prediction, truth = pair
    ours = matrix(pair, Iou("mask", band_ratio=0.02, band_px=None).of(prediction, truth, crowd=truth.crowd))
    assert_same_where_comparable(pair, ours, theirs(pair, truth.crowd))
    plain = matrix(pair, Iou("mask", band_ratio=0.02, band_px=None).of(prediction, truth))
    assert_same_where_comparable(pair, plain, theirs(pair, np.zeros(len(truth), np.bool_)))


@given(instance_pairs(), st.sampled_from([1, 2, 4, 30]))
def test_boundary_iou_is_the_smaller_one_and_crowd_goes_by_mask(pair, width):
    prediction, truth = pair
    ours = matrix(pair, Iou("boundary", band_ratio=0.02, band_px=width).of(prediction, truth, crowd=truth.crowd))
    mask = theirs(pair, truth.crowd)
    for i in range(len(prediction)):
        for j in range(len(truth)):
            if prediction.categories[i] == truth.categories[j] and not truth.crowd[j]:
                a, b = (definitions.inner_band(one.masks.dense(k), width) for one, k in ((prediction, i), (truth, j)))
                union = (a | b).sum()
                mask[i, j] = min(mask[i, j], (a & b).sum() / union if union else 0)
    assert_same_where_comparable(pair, ours, mask)


def matrix(pair, iou):
    prediction, truth = pair
    dense = np.zeros((len(prediction), len(truth)))
    found = pairs_of(prediction, truth)
    dense[found.predicted, found.true] = iou
    return dense


def theirs(pair, crowd):
    prediction, truth = pair
    if not len(prediction) or not len(truth):
        return np.zeros((len(prediction), len(truth)))
    codes = [[one.masks.coco(i) for i in range(len(one))] for one in (prediction, truth)]
    return coco_masks.iou(*codes, crowd.astype(np.uint8).tolist())


def assert_same_where_comparable(pair, ours, expected):
    same = pair[0].categories[:, None] == pair[1].categories
    np.testing.assert_array_equal(ours, np.where(same, expected, 0))


def test_by_hand():
    # Two squares of 5 x 5, one column apart; the frames of both are 16 pixels.
    truth = InstanceSet(rows("11111.", repeat=5), np.array([0]))
    prediction = InstanceSet(rows(".11111", repeat=5), np.array([0]))
    assert Iou("mask", band_ratio=0.02, band_px=None).of(prediction, truth) == [20 / 30]
    # Top and bottom rows share 4 pixels each, columns 1 and 4 of one meet the inside of the other.
    assert Iou("boundary", band_ratio=0.02, band_px=1).of(prediction, truth) == [8 / 24]
    # A band of 3 px swallows both.
    assert Iou("boundary", band_ratio=0.02, band_px=3).of(prediction, truth) == [20 / 30]


def test_an_object_that_differs_inside_only_goes_by_its_mask():
    truth = InstanceSet(rows("11111", "11111", "11111", "11111", "11111"), np.array([0]))
    prediction = InstanceSet(rows("11111", "1...1", "1...1", "1...1", "11111"), np.array([0]))
    assert Iou("boundary", band_ratio=0.02, band_px=1).of(prediction, truth) == [16 / 25]


def test_the_ratio_is_of_the_diagonal():
    iou = Iou("boundary", band_ratio=0.02, band_px=None)
    assert iou.width_px((1024, 2048)) == 46
    assert iou.width_px((45, 60)) == 2  # 1.5 rounds to the even one
    assert iou.width_px((10, 10)) == 1
    assert Iou("boundary", band_ratio=0.02, band_px=5).width_px((1024, 2048)) == 5


def test_saturated_masks():
    truth = InstanceSet(
        Masks.from_dense((9, 9), [np.ones((9, 9), np.bool_), np.eye(9) > 0, np.zeros((9, 9), np.bool_), np.eye(9) > 0]),
        np.array([0, 1, 0, 0]),
        crowd=np.array([False, False, False, True]),
    )
    found = Iou("boundary", band_ratio=0.02, band_px=4).saturation(truth)
    assert found["banded"].tolist() == [True, True, False, False]
    assert found["saturated"].tolist() == [False, True, False, False]
    assert Iou("boundary", band_ratio=0.02, band_px=5).saturation(truth)["saturated"].tolist()[0]
    assert Iou("mask", band_ratio=0.02, band_px=None).saturation(truth) == {}


def test_what_is_remembered_keeps_nothing_alive():
    mask = Masks.from_dense((3, 3), [np.ones((3, 3), np.bool_)])
    prediction, truth, other = (InstanceSet(mask, np.array([0])) for _ in range(3))
    iou = Iou("boundary", band_ratio=0.02, band_px=1)
    iou.of(prediction, truth)
    assert pairs_of(prediction, truth) is pairs_of(prediction, truth)
    assert pairs_of(truth, prediction) is not pairs_of(prediction, truth)
    assert pairs_of(prediction, other) is not pairs_of(prediction, truth)
    assert bands_of(mask, width_px=1) is not bands_of(mask, width_px=2)
    references = [weakref.ref(one) for one in (prediction, truth, other, mask)]
    del prediction, truth, other, mask
    gc.collect()
    assert all(reference() is None for reference in references)


def test_what_is_refused():
    one, other = (InstanceSet(Masks.from_runs(size, []), np.zeros(0)) for size in ((2, 3), (3, 2)))
    with pytest.raises(ValueError, match=r"the prediction is \(2, 3\), the truth \(3, 2\); allowed: one size"):
        pairs_of(one, other)
    with pytest.raises(ValueError, match="iou is 'box'; allowed: 'mask' or 'boundary'"):
        Iou("box", band_ratio=0.02, band_px=None)
    with pytest.raises(ValueError, match="band_px is 0"):
        Iou("boundary", band_ratio=0.02, band_px=0)
    with pytest.raises(ValueError, match=r"band_px is 1\.5"):
        Iou("boundary", band_ratio=0.02, band_px=1.5)
    with pytest.raises(ValueError, match="band_ratio is 1"):
        Iou("boundary", band_ratio=1, band_px=None)
