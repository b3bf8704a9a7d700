"""Reassembly against the authors' values, its definition, and means by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.refiners.bpr.merge import reassembled
from boundary_bench.refiners.bpr.patches import Patches, PatchParameters, boundary_patches
from tests.paths import reference_dir
from tests.refiners.bpr import plain
from tests.refiners.bpr.drawn import masks, windows

SIZE = (6, 9)


def patches_at(*corners, side=3, padding=0):
    return Patches(np.array(corners, np.int64).reshape(-1, 2), side, padding)


def constant(*values, side=3):
    return np.stack([np.full((side, side), value, np.float32) for value in values])


def placed_back(size, window, values):
    """Values of a window in zeros of the image's size."""
    _, _, top, left = window
    out = np.zeros(size, values.dtype)
    out[top : top + values.shape[0], left : left + values.shape[1]] = values
    return out


def test_merged_mask_is_the_authors():
    with np.load(reference_dir("values", "bpr.npz")) as values:
        mask, codes, expected = values["cars_mask"].astype(bool), values["cars_patches_u8"], values["cars_merged"]
    patches = boundary_patches((mask, 0, 0), mask.shape, PatchParameters("released"))
    probability, _, top, left = reassembled((mask, 0, 0), mask.shape, patches, codes / np.float32(255))
    assert (top, left) == (0, 0)
    np.testing.assert_array_equal(probability > 0.5, expected.astype(bool))


def test_mean_where_patches_overlap_and_the_coarse_mask_elsewhere():
    coarse = np.zeros(SIZE, bool)
    coarse[:, :2] = True
    probability, covered, top, left = reassembled(
        (coarse, 0, 0), SIZE, patches_at((0, 1), (1, 3)), constant(0.25, 0.875)
    )
    assert (top, left) == (0, 0)
    np.testing.assert_array_equal(
        probability,
        [
            [1, 0.25, 0.25, 0.25, 0, 0, 0, 0, 0],
            [1, 0.25, 0.25, 0.5625, 0.875, 0.875, 0, 0, 0],
            [1, 0.25, 0.25, 0.5625, 0.875, 0.875, 0, 0, 0],
            [1, 1, 0, 0.875, 0.875, 0.875, 0, 0, 0],
            [1, 1, 0, 0, 0, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0, 0, 0, 0],
        ],
    )
    assert covered.sum() == 9 + 9 - 2
    assert covered[0, 1]
    assert not covered[0, 4]


def test_window_holds_the_mask_and_all_patches():
    mask = (np.ones((1, 2), bool), 4, 6)
    window = reassembled(mask, SIZE, patches_at((2, 3)), constant(0.75))
    assert window[2:] == (2, 3)
    np.testing.assert_array_equal(
        window[0], [[0.75, 0.75, 0.75, 0, 0], [0.75, 0.75, 0.75, 0, 0], [0.75, 0.75, 0.75, 1, 1]]
    )


def test_padding_is_left_out():
    given_probabilities = constant(1, side=7)
    given_probabilities[0, 2:5, 2:5] = 0.25
    probability, covered, *_ = reassembled(
        (np.ones(SIZE, bool), 0, 0), SIZE, patches_at((1, 1), padding=2), given_probabilities
    )
    assert (probability == 0.25).sum() == covered.sum() == 9
    assert (probability[1:4, 1:4] == 0.25).all()


def test_what_lies_beyond_the_image_is_cut_off():
    probability, covered, top, left = reassembled(
        (np.ones((2, 2), bool), 0, 0), (2, 4), patches_at((0, 0)), constant(0.125)
    )
    assert (probability.tolist(), top, left) == ([[0.125] * 3] * 2, 0, 0)
    assert covered.all()


@pytest.mark.parametrize("shape", [(0, 0), (2, 3)])
def test_without_patches_nothing_changes(shape):
    window = np.ones(shape, bool)
    probability, covered, top, left = reassembled((window, 1, 2), SIZE, patches_at(), np.zeros((0, 3, 3), np.float32))
    assert (top, left) == (1, 2)
    np.testing.assert_array_equal(probability > 0.5, window)
    assert not covered.any()


@given(masks(), st.sampled_from(["dense", "grid", "object"]), st.sampled_from([2, 4, 8]), st.integers(0, 99), st.data())
def test_as_in_the_whole_image(mask, scheme, side, seed, data):
    placed = data.draw(windows(mask))
    patches = boundary_patches(placed, mask.shape, PatchParameters(scheme, side, 0, 0.55))
    shape = (len(patches), patches.side_px, patches.side_px)
    values = np.random.default_rng(seed).random(shape, np.float32)
    values.flags.writeable = False
    found = reassembled(placed, mask.shape, patches, values)
    expected, covered = plain.merged(mask, patches.corners, values)
    np.testing.assert_array_equal(placed_back(mask.shape, found, found[0]), expected)
    np.testing.assert_array_equal(placed_back(mask.shape, found, found[1]), covered)


def test_probabilities_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"have shape \(1, 3, 3\); allowed: \(1, 5, 5\), one for each patch"):
        reassembled((np.ones(SIZE, bool), 0, 0), SIZE, patches_at((0, 0), padding=1), constant(0.5))
