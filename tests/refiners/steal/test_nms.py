from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.refiners.steal.nms import orientation, thinned, triangle_smoothed


def smoothed_plainly(image, radius):
    kernel = np.convolve(np.ones(radius + 1), np.ones(radius + 1)) / (radius + 1) ** 2
    rows = ndimage.convolve1d(image.astype(np.float64), kernel, axis=0, mode="reflect")
    return ndimage.convolve1d(rows, kernel, axis=1, mode="reflect")


def thinned_plainly(image):
    """The same in other words, in float64: smoothed, oriented, suppressed and faded."""
    edge = smoothed_plainly(image, 2)
    wide = smoothed_plainly(edge, 4)
    down, right = np.gradient(wide)
    yy, xy = np.gradient(down)
    xx = np.gradient(right)[1]
    angle = np.arctan(yy * np.sign(-(xy + 1e-5)) / (xx + 1e-5)) % np.pi
    height, width = image.shape
    y, x = np.indices(image.shape)
    rivals = []
    for step in (-2, -1, 1, 2):
        points = np.stack(
            [
                np.clip(y + step * np.sin(angle), 0, height - 1.001),
                np.clip(x + step * np.cos(angle), 0, width - 1.001),
            ]
        )
        rivals.append(ndimage.map_coordinates(edge, points, order=1))
    fade_y = np.minimum(np.minimum(y, height - 1 - y) / min(5, height // 2), 1)
    fade_x = np.minimum(np.minimum(x, width - 1 - x) / min(5, width // 2), 1)
    return edge - np.max(rivals, axis=0), edge * fade_y * fade_x


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(12, 40), width=st.integers(12, 40))
def test_it_is_what_the_definition_says(seed, height, width):
    image = np.random.default_rng(seed).random((height, width)).astype(np.float32)
    lead, value = thinned_plainly(image)
    found = thinned(image[None])[0]
    clear = np.abs(lead) > 1e-5
    # Orientation is a quotient: where its denominator is all but 0, rounding decides.
    assert np.isclose(found, np.where(lead > 0, value, 0), rtol=0, atol=1e-5)[clear].mean() > 0.99
    kept = found > 0
    np.testing.assert_allclose(found[kept], value[kept], rtol=0, atol=1e-5)


@pytest.mark.parametrize("radius", [2, 4])
@pytest.mark.parametrize("size", [(20, 31), (3, 5), (2, 2)])
def test_smoothing_mirrors_the_image_beyond_its_border(radius, size):
    image = np.random.default_rng(0).random(size).astype(np.float32)
    found = triangle_smoothed(image, radius)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, smoothed_plainly(image, radius), rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("angle_deg", "reported"), [(0, 0), (45, 45), (90, 90), (135, 135), (22.5, 11.1), (67.5, 78.9)]
)
def test_orientation_is_right_at_multiples_of_45_degrees_only(angle_deg, reported):
    y, x = np.mgrid[:61, :61] - 30
    angle = np.deg2rad(angle_deg)
    image = np.exp(-((x * np.cos(angle) + y * np.sin(angle)) ** 2) / 2).astype(np.float32)
    found = np.rad2deg(orientation(image)[30, 30])
    assert abs((found - reported + 90) % 180 - 90) < 0.1


def test_a_wide_bar_becomes_its_middle_column():
    image = np.zeros((30, 40), np.float32)
    image[:, 18:23] = 0.8
    found = thinned(image[None])[0]
    columns = np.flatnonzero(found[10] > 0.01)
    assert columns.tolist() == [20]
    # Five columns cover the triangle of five weights.
    np.testing.assert_allclose(found[5:-5, 20], 0.8, rtol=1e-6)


def test_values_fade_to_the_border_of_the_image():
    image = np.zeros((30, 40), np.float32)
    image[:, 18:23] = 1.0
    found = thinned(image[None])[0][:, 20]
    np.testing.assert_allclose(found[:7], [0, 0.2, 0.4, 0.6, 0.8, 1, 1], rtol=0, atol=1e-6)
    np.testing.assert_allclose(found[::-1][:7], found[:7])


def test_equal_neighbours_do_not_suppress_each_other():
    found = thinned(np.full((1, 20, 20), 0.3, np.float32))[0]
    np.testing.assert_allclose(found[5:-5, 5:-5], 0.3, rtol=1e-6)


def test_maps_are_thinned_each_for_itself():
    maps = np.random.default_rng(1).random((3, 16, 24)).astype(np.float32)
    before = maps.copy()
    found = thinned(maps)
    np.testing.assert_array_equal(maps, before)
    for each, alone in zip(found, maps, strict=True):
        np.testing.assert_array_equal(each, thinned(alone[None])[0])
    assert thinned(maps[:0]).shape == (0, 16, 24)


@pytest.mark.parametrize("size", [(2, 2), (2, 9), (7, 3)])
def test_tiny_maps_are_thinned(size):
    found = thinned(np.random.default_rng(2).random((1, *size)).astype(np.float32))
    assert found.shape == (1, *size)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("maps", "message"),
    [
        (np.zeros((4, 4), np.float32), r"maps is float32 \(4, 4\); allowed: float32 \(K, H, W\)"),
        (np.zeros((1, 4, 4)), r"maps is float64"),
        (np.zeros((1, 1, 4), np.float32), "at least 2x2"),
        (np.full((1, 4, 4), np.nan, np.float32), "not finite"),
    ],
)
def test_other_maps_are_refused(maps, message):
    with pytest.raises(ValueError, match=message):
        thinned(maps)
