"""Boundary patches against the authors' values, their definition, and squares drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.refiners.bpr.patches import PatchParameters, boundary_patches, image_crops, mask_crops
from tests.paths import reference_dir
from tests.refiners.bpr import plain
from tests.refiners.bpr.drawn import masks, windows
from tests.refiners.drawn import mask as drawn_mask

SIDES = st.sampled_from([2, 4, 6, 8, 16])
THRESHOLDS = st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.55, 0.9, 1.0])
SCHEMES = ["dense", "released", "grid", "object"]
DOT = np.zeros((20, 20), bool)
DOT[5, 5] = True


def whole(mask, parameters):
    return boundary_patches((mask, 0, 0), mask.shape, parameters)


def corners(mask, scheme, side=4, **parameters):
    return [tuple(corner) for corner in whole(mask, PatchParameters(scheme, side, **parameters)).corners.tolist()]


def covered(mask, patches):
    out = np.zeros(np.add(mask.shape, patches.side_px), bool)
    for y, x in patches.corners:
        out[y : y + patches.side_px, x : x + patches.side_px] = True
    return out[: mask.shape[0], : mask.shape[1]]


@pytest.mark.parametrize("setting", ["p64_t0.25", "p64_t0.55", "p32_t0.25"])
@pytest.mark.parametrize("name", ["road_touching_border", "cars"])
def test_released_boxes_are_the_authors(name, setting):
    side, threshold = setting[1:].split("_t")
    with np.load(reference_dir("values", "bpr.npz")) as values:
        mask, boxes = values[f"{name}_mask"].astype(bool), values[f"{name}_{setting}"]
    patches = whole(mask, PatchParameters("released", int(side), 0, float(threshold)))
    np.testing.assert_array_equal(patches.corners[:, ::-1], boxes[:, :2])
    np.testing.assert_array_equal(patches.corners[:, ::-1] + patches.side_px, boxes[:, 2:4])


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        # The 3 x 3 pixels around the dot score the same. (4, 4) comes first; of the others it holds all but row and
        # column 6, and so do the next ones.
        ("dense", [(2, 2), (2, 4), (4, 2), (4, 4)]),
        # It overlaps (5, 6) by 6 of 26, which stays, and (6, 5) too, which (5, 6) overlaps by 9 of 23.
        ("released", [(2, 2), (3, 4)]),
        # Rows and columns 4 to 6 are in the second cell.
        ("grid", [(4, 4)]),
        # A square of 4 around 3 x 3 pixels.
        ("object", [(3, 3)]),
    ],
)
def test_patches_of_a_dot(scheme, expected):
    assert corners(DOT, scheme) == expected


def test_corners_of_the_object_score_highest():
    mask = np.zeros((40, 40), bool)
    mask[10:26, 12:30] = True
    assert corners(mask, "dense", 6)[:4] == [(7, 9), (7, 26), (22, 9), (22, 26)]


@given(masks(), st.sampled_from(["dense", "released"]), SIDES, THRESHOLDS, st.data())
def test_thinned_out_as_pair_by_pair(mask, scheme, side, threshold, data):
    released = scheme == "released"
    expected = np.zeros((0, 2))
    if not released or min(mask.shape) > side:
        expected = plain.dense_corners(mask, side, threshold, released=released)
    placed = data.draw(windows(mask))
    patches = boundary_patches(placed, mask.shape, PatchParameters(scheme, side, 0, threshold))
    np.testing.assert_array_equal(patches.corners, expected)


@pytest.mark.parametrize("scheme", ["dense", "released"])
@pytest.mark.parametrize("threshold", [0.1, 0.4, 0.55, 0.7])
def test_thinned_out_as_pair_by_pair_where_everything_is_boundary(scheme, threshold):
    rng = np.random.default_rng(0)
    for _ in range(5):
        mask = rng.random((25, 31)) < 0.6
        expected = plain.dense_corners(mask, 10, threshold, released=scheme == "released")
        np.testing.assert_array_equal(whole(mask, PatchParameters(scheme, 10, 0, threshold)).corners, expected)


@given(masks(), st.sampled_from(["grid", "object"]), SIDES, st.data())
def test_window_of_the_mask_does_not_matter(mask, scheme, side, data):
    parameters = PatchParameters(scheme, side)
    found = boundary_patches(data.draw(windows(mask)), mask.shape, parameters)
    np.testing.assert_array_equal(found.corners, whole(mask, parameters).corners)
    assert found.side_px == whole(mask, parameters).side_px


@given(masks(), st.sampled_from(["dense", "grid", "object"]), SIDES, THRESHOLDS)
def test_each_boundary_pixel_is_covered(mask, scheme, side, threshold):
    pixels, _ = plain.boundary(mask, released=False)
    patches = whole(mask, PatchParameters(scheme, side, 0, threshold))
    assert covered(mask, patches)[tuple(pixels.T)].all()
    assert (len(patches) == 0) == (len(pixels) == 0)


@given(masks(), st.sampled_from(SCHEMES), SIDES, THRESHOLDS)
def test_squares_lie_inside_the_image(mask, scheme, side, threshold):
    patches = whole(mask, PatchParameters(scheme, side, 0, threshold))
    assert (patches.corners >= 0).all()
    end = np.maximum(mask.shape, patches.side_px) - (scheme == "released")
    assert (patches.corners + patches.side_px <= end).all()


@given(masks(), SIDES)
def test_each_cell_of_the_grid_once(mask, side):
    pixels, _ = plain.boundary(mask, released=False)
    last = np.maximum(np.array(mask.shape) - side, 0)
    cells = sorted({(y // side, x // side) for y, x in pixels.tolist()})
    expected = [np.minimum(np.multiply(cell, side), last).tolist() for cell in cells]
    assert whole(mask, PatchParameters("grid", side)).corners.tolist() == expected


@pytest.mark.parametrize(
    ("rows", "columns", "expected", "side"),
    [
        # With a ring of 1 px: rows 9 to 20, columns 4 to 25, and so a side of 22 around their middle.
        ((10, 20), (5, 25), (4, 4), 22),
        # At the image's border there is no ring, and the square is moved down.
        ((0, 10), (5, 25), (0, 4), 22),
        # Wider than the image is high.
        ((10, 20), (5, 49), (0, 4), 46),
    ],
)
def test_square_around_the_object(rows, columns, expected, side):
    mask = np.zeros((40, 60), bool)
    mask[slice(*rows), slice(*columns)] = True
    patches = whole(mask, PatchParameters("object", 8))
    assert (patches.corners.tolist(), patches.side_px) == ([list(expected)], side)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_empty_mask_has_no_patches(scheme):
    parameters = PatchParameters(scheme, 4)
    for window in (np.zeros((0, 0), bool), np.zeros((30, 30), bool)):
        patches = boundary_patches((window, 0, 0), (30, 30), parameters)
        assert len(patches) == 0
        assert image_crops(np.zeros((30, 30, 3), np.uint8), patches).shape == (0, 4, 4, 3)
        assert mask_crops((window, 0, 0), patches).shape == (0, 4, 4)


def test_image_border_is_boundary_in_released_only():
    full = np.ones((30, 30), bool)
    assert [len(corners(full, scheme)) for scheme in ("dense", "grid", "object")] == [0, 0, 0]
    assert set(corners(full, "released", 8)) >= {(0, 0), (0, 21), (21, 0), (21, 21)}


def test_image_smaller_than_a_patch_is_padded_with_zeros():
    mask = drawn_mask(
        """
        .....
        .##..
        .##..
        """
    )
    image = np.full((3, 5, 3), 7, np.uint8)
    for scheme in ("dense", "grid", "object"):
        patches = whole(mask, PatchParameters(scheme, 8))
        assert patches.corners.tolist() == [[0, 0]]
        assert patches.side_px == 8
        crop = image_crops(image, patches)[0]
        assert (crop[:3, :5] == 7).all()
        assert crop.sum() == image.sum()
        np.testing.assert_array_equal(mask_crops((mask, 0, 0), patches)[0], np.pad(mask, ((0, 5), (0, 3))))
    assert corners(mask, "released", 8) == []
    # A side of no more than the patch is enough to be left out.
    assert corners(np.pad(mask, ((0, 1), (0, 30))), "released", 4) == []


@given(masks(), SIDES, st.integers(0, 3), st.integers(0, 99), st.data())
def test_crops_are_slices(mask, side, padding, seed, data):
    image = np.random.default_rng(seed).integers(0, 256, (*mask.shape, 3), dtype=np.uint8)
    image.flags.writeable = False
    placed = data.draw(windows(mask))
    patches = boundary_patches(placed, mask.shape, PatchParameters("dense", side, padding))
    if len(patches):
        assert patches.full_px == side + 2 * padding
        np.testing.assert_array_equal(image_crops(image, patches), plain.crops(image, patches.corners, side, padding))
        np.testing.assert_array_equal(mask_crops(placed, patches), plain.crops(mask, patches.corners, side, padding))
        # An image with its channels the other way round is a view with other strides.
        np.testing.assert_array_equal(image_crops(image[..., ::-1], patches), image_crops(image, patches)[..., ::-1])


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("scheme", "sparse", "dense, released, grid, object"),
        ("size_px", 63, "even numbers from 2"),
        ("size_px", 0, "even numbers from 2"),
        ("padding_px", -1, "0 or more"),
        ("nms_threshold", 1.5, "0 to 1"),
        ("nms_threshold", float("nan"), "0 to 1"),
    ],
)
def test_wrong_parameters_are_named(name, value, allowed):
    with pytest.raises(ValueError, match=f"{name} is {value!r}; allowed: {allowed}"):
        PatchParameters(**{name: value})


@pytest.mark.parametrize(("top", "left"), [(-1, 0), (0, -1), (8, 0), (0, 8)])
def test_window_beyond_the_image_is_refused(top, left):
    with pytest.raises(ValueError, match=r"allowed: inside the image of \(10, 10\)"):
        boundary_patches((np.ones((3, 3), bool), top, left), (10, 10), PatchParameters())
