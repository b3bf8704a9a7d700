from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.metrics.functional.mask_repair import KINDS, repairs_of
from boundary_bench.metrics.kernels.shifts import best_shift
from boundary_bench.metrics.structures.masks import Masks
from tests.metrics.objects import drawn

SIZE = (40, 40)


def square(top=12, left=12, side=16, size=SIZE):
    mask = np.zeros(size, np.bool_)
    mask[top : top + side, left : left + side] = True
    return mask


def disk(radius, size=SIZE):
    y, x = np.mgrid[: size[0], : size[1]]
    return (y - 20) ** 2 + (x - 20) ** 2 <= radius**2


def repairs(predicted, true, band_px=3):
    masks = Masks.from_dense(true.shape, [predicted, true])
    return repairs_of(prediction=masks, predicted_index=0, truth=masks, true_index=1, band_px=band_px)


def whole(window, found, size=SIZE):
    out = np.zeros(size, np.bool_)
    out[found.top : found.top + window.shape[0], found.left : found.left + window.shape[1]] = window
    return out


def pixels(found):
    return {kind: int(count) for kind, count in zip(KINDS, found.pixels, strict=True) if count}


def shares(mask, other, dy, dx):
    height, width = mask.shape
    moved = np.zeros((3 * height, 3 * width), np.bool_)
    moved[height + dy : 2 * height + dy, width + dx : 2 * width + dx] = mask
    return int((moved[height : 2 * height, width : 2 * width] & other).sum())


@given(st.integers(0, 2**32 - 1))
def test_the_best_shift_is_that_of_trying_all(seed):
    rng = np.random.default_rng(seed)
    size = rng.integers(1, 9, 2)
    mask, other = (rng.random(size) < rng.random() for _ in range(2))
    every = [(dy, dx) for dy in range(-size[0], size[0] + 1) for dx in range(-size[1], size[1] + 1)]
    best = min(every, key=lambda one: (-shares(mask, other, *one), one[0] ** 2 + one[1] ** 2, one))
    assert best_shift(mask, other) == best


@pytest.mark.parametrize(("down", "right"), [(3, 0), (0, -5), (-4, 6), (-12, -12)])
def test_a_shifted_square_is_moved_and_nothing_else(down, right):
    found = repairs(square(12 + down, 12 + right), square())
    assert list(found.in_turn) == ["moved"]
    assert found.shift == (-down, -right)
    assert found.grown_px == 0
    np.testing.assert_array_equal(whole(found.in_turn["moved"], found), square())
    np.testing.assert_array_equal(whole(found.alone["moved"], found), square())


@pytest.mark.parametrize("by", [1, 2, 5])
def test_a_dilated_square_is_too_large_by_so_many_px_and_nothing_else(by):
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, (2 * by + 1, 2 * by + 1))
    found = repairs(cv2.dilate(square().view(np.uint8), kernel).view(np.bool_), square())
    assert list(found.in_turn) == ["too_large"]
    assert found.grown_px == by
    np.testing.assert_array_equal(whole(found.alone["too_large"], found), square())


@pytest.mark.parametrize("by", [1, 2, 5])
def test_an_eroded_disk_is_too_small_by_so_many_px(by):
    eroded = ndimage.distance_transform_edt(disk(14)) > by
    found = repairs(eroded, disk(14))
    assert found.grown_px == -by
    assert found.iou[KINDS.index("too_small") + 1] > 0.95
    assert set(found.in_turn) <= {"too_small", "ragged"}


def test_a_larger_mask_is_moved_no_further_than_until_it_holds_the_true_one():
    found = repairs(square(6, 4, 20), square(12, 12, 16))
    assert found.shift == (2, 4)
    np.testing.assert_array_equal(whole(found.in_turn["moved"], found), square(8, 8, 20))


def test_a_hole_is_a_hole_whatever_its_size():
    predicted = square()
    predicted[18:20, 18:21] = False
    predicted[24, 24] = False
    found = repairs(predicted, square())
    assert pixels(found) == {"hole": 7}
    np.testing.assert_array_equal(whole(found.alone["hole"], found), square())


def test_a_hole_of_the_truth_that_is_a_little_too_large_is_ragged():
    true, predicted = square(), square()
    true[17:23, 17:23] = False
    predicted[17:24, 17:23] = False
    assert pixels(repairs(predicted, true)) == {"ragged": 6}


def test_a_hole_that_opens_at_the_border_of_the_image_is_no_hole():
    true = square(0, 12)
    predicted = true.copy()
    predicted[0:2, 18:20] = False
    assert pixels(repairs(predicted, true)) == {"ragged": 4}


def test_a_missing_corner():
    predicted = square()
    predicted[12:19, 12:19] = False
    found = repairs(predicted, square())
    assert pixels(found) == {"missing_part": 49}
    np.testing.assert_array_equal(whole(found.in_turn["missing_part"], found), square())


def test_a_missing_half_is_a_part_and_not_too_small():
    """A dilation would gain less on this side than it adds on the three others, however far from these it gets."""
    size = (200, 220)
    true, predicted = square(70, 60, 60, size), square(70, 60, 60, size)
    predicted[:, 90:] = False
    assert pixels(repairs(predicted, true)) == {"missing_part": 60 * 30}


def test_a_shallow_dent_is_ragged():
    predicted = square()
    predicted[12:15, 16:22] = False
    assert pixels(repairs(predicted, square())) == {"ragged": 18}
    assert pixels(repairs(predicted, square(), band_px=2)) == {"missing_part": 18}


def test_blobs_are_extra_parts_whether_they_touch_or_not():
    apart, touching = square(), square()
    apart[30:32, 30:32] = True
    touching[16:22, 28:34] = True
    assert pixels(repairs(apart, square())) == {"extra_part": 4}
    assert pixels(repairs(touching, square())) == {"extra_part": 36}


def test_a_piece_of_the_truth_that_is_not_touched_is_a_missing_part():
    true = square()
    true[31, 31] = True
    assert pixels(repairs(square(), true)) == {"missing_part": 1}


def test_kinds_come_in_turn():
    """Three px to the right, with a hole and a corner missing: each repair alone undoes its own error."""
    true, predicted = square(), square(12, 15)
    predicted[22:24, 22:24] = False
    predicted[12:19, 24:31] = False
    found = repairs(predicted, true)
    assert found.shift == (0, -3)
    assert pixels(found) == {
        "moved": int((np.roll(predicted, -3, 1) ^ predicted).sum()),
        "hole": 4,
        "missing_part": 49,
    }
    expected = predicted.copy()
    expected[22:24, 22:24] = True
    np.testing.assert_array_equal(whole(found.alone["hole"], found), expected)
    np.testing.assert_array_equal(whole(found.in_turn["missing_part"], found), true)


def test_the_border_of_the_image_does_not_erode():
    true, predicted = np.zeros((20, 20), np.bool_), np.zeros((20, 20), np.bool_)
    true[:, :10], predicted[:, :12] = True, True
    found = repairs(predicted, true)
    assert list(found.in_turn) == ["too_large"]
    assert found.grown_px == 2
    full = np.ones((20, 20), np.bool_)
    assert repairs(full, true).grown_px == 0  # it has no boundary
    assert repairs(true, full).grown_px == -10


@st.composite
def overlapping(draw):
    """Two masks of one image that share a pixel: discs, boxes and noise."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = tuple(rng.integers(2, 26, 2))
    y, x = np.mgrid[: size[0], : size[1]]
    masks = []
    for _ in range(2):
        cy, cx = rng.integers(size[0]), rng.integers(size[1])
        mask = (y - cy) ** 2 + (x - cx) ** 2 <= rng.integers(1, 200)
        masks.append(mask ^ (rng.random(size) < rng.choice([0, 0.02, 0.3])))
    masks[0][size[0] // 2, size[1] // 2] = masks[1][size[0] // 2, size[1] // 2] = True
    return masks


@given(overlapping(), st.integers(1, 4))
def test_repairs_raise_the_iou_until_the_mask_is_the_true_one(masks, band_px):
    predicted, true = masks
    found = repairs(predicted, true, band_px)
    assert found.iou[0] == (predicted & true).sum() / (predicted | true).sum()
    assert (np.diff(found.iou) >= -1e-15).all()
    assert found.iou[-1] == 1
    last = [*found.in_turn.values()][-1] if found.in_turn else None
    mended = predicted if last is None else whole(last, found, true.shape)
    np.testing.assert_array_equal(mended, true)
    assert found.in_turn.keys() == found.alone.keys() == pixels(found).keys()
    before = predicted
    for kind, window in found.in_turn.items():
        after = whole(window, found, true.shape)
        assert (after != before).sum() == found.pixels[KINDS.index(kind)]
        before = after


@given(overlapping(), st.integers(1, 4))
def test_growth_is_the_best_of_trying_all(masks, band_px):
    predicted, true = masks
    found = repairs(predicted, true, band_px)
    moved = whole(found.in_turn["moved"], found, true.shape) if "moved" in found.in_turn else predicted
    outside = ndimage.distance_transform_edt(~moved)
    inside = ndimage.distance_transform_edt(moved) if not moved.all() else np.full(moved.shape, np.inf)

    def iou(by):
        grown = outside <= by if by >= 0 else inside > -by
        return (grown & true).sum() / (grown | true).sum()

    best = max(range(-40, 41), key=lambda by: (iou(by), -abs(by), -by))
    assert found.grown_px == -best


@given(overlapping(), st.integers(1, 4))
def test_where_an_object_lies_in_the_image_changes_nothing(masks, band_px):
    """As long as neither is at the border."""
    predicted, true = (np.pad(mask, 30) for mask in masks)
    here, there = (
        repairs(predicted, true, band_px),
        repairs(*(np.pad(mask, ((7, 1), (2, 30))) for mask in (predicted, true)), band_px),
    )
    np.testing.assert_array_equal(here.iou, there.iou)
    np.testing.assert_array_equal(here.pixels, there.pixels)
    assert (here.shift, here.grown_px) == (there.shift, there.grown_px)


@given(overlapping())
def test_parts_lie_beyond_the_band_and_what_is_ragged_within(masks):
    predicted, true = masks
    found, band_px = repairs(predicted, true, 2), 2
    if "ragged" not in found.in_turn:
        return
    kinds = [*found.in_turn]
    before = predicted if len(kinds) == 1 else whole(found.in_turn[kinds[-2]], found, true.shape)
    assert (ndimage.distance_transform_edt(~before)[true] <= band_px).all()
    assert (ndimage.distance_transform_edt(~true)[before] <= band_px).all()


def test_drawn_masks_of_single_pixels():
    near, far = drawn("#....\n.....", ".....\n....#")
    both = near | far
    assert pixels(repairs(near, both)) == {"missing_part": 1}
    assert pixels(repairs(both, near)) == {"extra_part": 1}
