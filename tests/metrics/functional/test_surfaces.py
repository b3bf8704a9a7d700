import math

import numpy as np
import pytest

from boundary_bench.metrics.functional.masks import surfaces
from boundary_bench.metrics.functional.masks.surfaces import MOST_ROWS, contour_lengths, distances, surface_of
from tests.metrics.random_masks import mask_pairs

DIAGONAL = math.hypot(1, 1) / 2


def drawn(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


def points(surface):
    return list(zip(surface.rows.tolist(), surface.columns.tolist(), strict=True))


def test_pixels_of_a_surface_touch_the_outside_with_a_side_also_beyond_the_image():
    mask = drawn("###.", "###.", "####", "####")
    inner = [(1, 1), (2, 1), (2, 2)]
    expected = [(y, x) for y, x in zip(*map(list, np.nonzero(mask)), strict=True) if (y, x) not in inner]
    assert points(surface_of(mask, "pixel")) == expected


def test_points_of_a_contour_by_hand():
    # A pixel has four corners of half a diagonal each; two side by side have two points more, of a pixel's side each.
    single = surface_of(drawn("...", ".#.", "..."), "subvoxel")
    assert points(single) == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert single.lengths == pytest.approx([DIAGONAL] * 4)
    pair = surface_of(drawn("##"), "subvoxel", (1.0, 3.0))
    assert points(pair) == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]
    slope = math.hypot(1, 3) / 2
    assert pair.lengths == pytest.approx([slope, 3, slope, slope, 3, slope])


def test_pixels_that_touch_at_a_corner_have_two_contours_there():
    found = surface_of(drawn("#.", ".#"), "subvoxel")
    assert dict(zip(points(found), found.lengths, strict=True))[1, 1] == pytest.approx(2 * DIAGONAL)
    assert contour_lengths((2.0, 5.0))[[0b0000, 0b0011, 0b0101, 0b1111]].tolist() == [0, 5, 2, 0]


@pytest.mark.parametrize("width", [1, 63, 64, 65, 130])
def test_surfaces_of_words_are_those_of_pixels(width):
    mask = np.random.default_rng(width).random((9, width)) < 0.6
    framed = np.pad(mask, 1)
    outside = ~(framed[:-2, 1:-1] & framed[2:, 1:-1] & framed[1:-1, :-2] & framed[1:-1, 2:])
    found = surface_of(mask, "pixel")
    assert points(found) == list(map(tuple, np.argwhere(mask & outside).tolist()))
    assert np.diff(found.starts).tolist() == (mask & outside).sum(axis=1).tolist()
    of_four = framed[:-1, :-1].astype(int) + framed[:-1, 1:] + framed[1:, :-1] + framed[1:, 1:]
    assert points(surface_of(mask, "subvoxel")) == list(map(tuple, np.argwhere(of_four % 4 > 0).tolist()))


def nearest(surface, other, spacing):
    """Of all pairs."""
    down, across = (np.subtract.outer(getattr(surface, axis), getattr(other, axis)) for axis in ("rows", "columns"))
    return np.hypot(down * spacing[0], across * spacing[1]).min(axis=1)


@pytest.mark.parametrize("most_looks", [0, 10**9])
@pytest.mark.parametrize("most_rows", [1, 4])
def test_distances_are_the_least_of_all_pairs_however_they_are_found(most_looks, most_rows, monkeypatch):
    monkeypatch.setattr(surfaces, "MOST_ROWS", most_rows)
    monkeypatch.setattr(surfaces, "MOST_LOOKS", most_looks)
    for prediction, truth in mask_pairs(60, seed=4):
        for spacing in ((1.0, 1.0), (0.3, 2.0), (4.0, 0.9)):
            pair = surface_of(prediction.mask, "pixel"), surface_of(truth.mask, "pixel")
            if all(map(len, pair)):
                np.testing.assert_allclose(distances(*pair, spacing), nearest(*pair, spacing), rtol=1e-12)


def test_far_points_are_found_as_well_as_near_ones():
    a, b = np.zeros((300, 400), np.bool_), np.zeros((300, 400), np.bool_)
    a[0, 0], a[250, 390], b[240, 20] = True, True, True
    found = distances(surface_of(a, "pixel"), surface_of(b, "pixel"))
    assert min(found) > MOST_ROWS
    assert found == pytest.approx([math.hypot(240, 20), math.hypot(10, 370)])


def test_an_empty_surface_is_infinitely_far():
    some, none = surface_of(np.ones((2, 2), np.bool_), "pixel"), surface_of(np.zeros((2, 2), np.bool_), "pixel")
    assert distances(some, none).tolist() == [np.inf] * 4
    assert distances(none, some).tolist() == []
