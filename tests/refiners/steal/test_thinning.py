from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.refiners.steal.thinning import (
    REACH,
    TEMPERATURE,
    direction_loss,
    doubled_normals,
    nms_loss,
    sample_along,
)

TRIANGLE = np.array([1, 2, 3, 4, 5, 4, 3, 2, 1]) / 25


def places(*pixels):
    return tuple(torch.tensor(each) for each in zip(*pixels, strict=True))


def ridge(angle_deg, *, size=41, width=1.0):
    """A straight ridge through the middle whose normal has that angle, float64 (1, size, size)."""
    y, x = np.mgrid[:size, :size] - size // 2
    angle = np.deg2rad(angle_deg)
    distance = x * np.cos(angle) + y * np.sin(angle)
    return torch.from_numpy(np.exp(-((distance / width) ** 2) / 2))[None]


def hessian(image):
    """Second derivatives (yy, xx, xy) of a smoothed image, by other means."""
    found = image
    for axis in (0, 1):
        found = ndimage.convolve1d(np.pad(found, 12, mode="edge") if axis == 0 else found, TRIANGLE, axis)
    down, right = np.gradient(found)
    inner = (slice(12, -12), slice(12, -12))
    return tuple(each[inner] for each in (np.gradient(down)[0], np.gradient(right)[1], np.gradient(down)[1]))


@pytest.mark.parametrize("angle_deg", [0, 10, 22.5, 45, 60, 90, 100, 135, 170])
def test_normals_lead_across_ridges(angle_deg):
    x, y = doubled_normals(ridge(angle_deg), places((0, 20, 20)))[0].tolist()
    found = np.rad2deg(np.arctan2(y, x)) / 2
    assert abs((found - angle_deg + 90) % 180 - 90) < 1.5
    assert np.hypot(x, y) > 0.05


def test_normals_are_the_axis_of_most_curvature_of_the_smoothed_map():
    rng = np.random.default_rng(3)
    maps = rng.random((2, 9, 12))
    everywhere = tuple(torch.from_numpy(each.ravel()) for each in np.indices(maps.shape))
    found = doubled_normals(torch.from_numpy(maps), everywhere).reshape(2, 9, 12, 2).numpy()
    for each, doubled in zip(maps, found, strict=True):
        yy, xx, xy = hessian(each)
        np.testing.assert_allclose(doubled[..., 0], yy - xx, rtol=0, atol=1e-12)
        np.testing.assert_allclose(doubled[..., 1], -2 * xy, rtol=0, atol=1e-12)
    # The eigenvector of the smallest eigenvalue.
    matrix = np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)
    values, vectors = np.linalg.eigh(matrix)
    angle = np.arctan2(vectors[..., 1, 0], vectors[..., 0, 0])
    np.testing.assert_allclose(np.cos(np.arctan2(doubled[..., 1], doubled[..., 0]) - 2 * angle), 1)
    np.testing.assert_allclose(np.hypot(doubled[..., 0], doubled[..., 1]), values[..., 1] - values[..., 0])


def test_a_flat_map_and_a_round_one_have_no_normal():
    dot = torch.zeros(1, 31, 31, dtype=torch.float64)
    dot[0, 15, 15] = 1
    for maps in (torch.full_like(dot, 0.3), dot):
        assert doubled_normals(maps, places((0, 15, 15))).abs().max() < 1e-12


@given(seed=st.integers(0, 2**32 - 1), reach=st.integers(1, 4))
def test_samples_are_bilinear_along_the_normal(seed, reach):
    rng = np.random.default_rng(seed)
    maps, angles = rng.random((2, 7, 9)), rng.uniform(-np.pi / 2, np.pi / 2, 5)
    index, row, column = rng.integers(2, size=5), rng.integers(7, size=5), rng.integers(9, size=5)
    doubled = np.stack([np.cos(2 * angles), np.sin(2 * angles)], axis=1) * rng.uniform(0.1, 2, (5, 1))
    at = tuple(torch.from_numpy(each) for each in (index, row, column))
    found = sample_along(torch.from_numpy(maps), at, torch.from_numpy(doubled), reach=reach)
    steps = np.arange(-reach, reach + 1)
    for place in range(5):
        points = np.stack([row[place] + steps * np.sin(angles[place]), column[place] + steps * np.cos(angles[place])])
        expected = ndimage.map_coordinates(maps[index[place]], points, order=1, mode="nearest")
        np.testing.assert_allclose(found[place], expected, rtol=0, atol=1e-12)


def test_the_nms_loss_by_hand():
    """A normal along the row: samples .1 .4 .9 .4 .1, over 0.1."""
    maps = torch.tensor([[0.1, 0.4, 0.9, 0.4, 0.1]]).repeat(5, 1)[None]
    along, across = torch.tensor([[1.0, 0.0]]), torch.tensor([[-1.0, 0.0]])
    expected = -np.log(np.exp(9) / (np.exp(9) + 2 * np.exp(4) + 2 * np.exp(1)))
    assert nms_loss(maps, places((0, 2, 2)), along).item() == pytest.approx(expected, rel=1e-4)
    # A column is the same all along: five equal samples.
    assert nms_loss(maps, places((0, 2, 2)), across).item() == pytest.approx(np.log(5))
    assert nms_loss(maps, places((0, 2, 2)), across, reach=1).item() == pytest.approx(np.log(3))
    twice = places((0, 2, 2), (0, 2, 2))
    assert nms_loss(maps, twice, along.repeat(2, 1)).item() == pytest.approx(2 * expected, rel=1e-4)


@pytest.mark.parametrize("angle_deg", [0, 30, 90, 135])
def test_sharper_ridges_lose_less(angle_deg):
    at = places((0, 20, 20))
    losses = []
    for width in (4.0, 2.0, 1.0, 0.5):
        maps = ridge(angle_deg, width=width)
        losses.append(nms_loss(maps, at, doubled_normals(ridge(angle_deg), at)).item())
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < 0.1 < 0.8 < losses[0]


def test_the_direction_loss_by_hand():
    def doubled(*degrees):
        angle = torch.deg2rad(torch.tensor(degrees, dtype=torch.float64)) * 2
        return torch.stack([angle.cos(), angle.sin()], dim=1)

    def degrees_off(predicted, true):
        return np.rad2deg(direction_loss(predicted, true).sqrt().item())

    assert degrees_off(doubled(20), doubled(50)) == pytest.approx(30, abs=0.1)
    # Axes have no sense: 5 and 175 degrees are ten apart.
    assert degrees_off(doubled(5), doubled(175)) == pytest.approx(10, abs=0.2)
    assert degrees_off(doubled(0), doubled(90)) == pytest.approx(90, abs=3)
    assert degrees_off(0 * doubled(0), doubled(90)) == pytest.approx(45)
    both = direction_loss(doubled(20, 0), doubled(50, 30)).item()
    assert both == pytest.approx(2 * np.deg2rad(30) ** 2, rel=0.01)
    # How long they are matters little, unless they are as short as those of a flat map.
    assert degrees_off(0.04 * doubled(20), 7 * doubled(50)) == pytest.approx(30, abs=1)


def test_without_pixels_there_is_no_loss():
    maps = torch.rand(2, 5, 6)
    none, normals = (torch.zeros(0, dtype=torch.long),) * 3, torch.zeros(0, 2)
    assert doubled_normals(maps, none).shape == (0, 2)
    assert nms_loss(maps, none, normals).item() == direction_loss(normals, normals).item() == 0


def drawn(seed=0):
    generator = torch.Generator().manual_seed(seed)
    maps = torch.rand(2, 8, 9, generator=generator, dtype=torch.float64, requires_grad=True)
    return maps, places((0, 0, 0), (0, 3, 4), (1, 7, 8), (1, 2, 2))


def test_gradients_of_the_nms_loss_are_right():
    maps, at = drawn()
    doubled = doubled_normals(drawn(1)[0].detach(), at)
    assert torch.autograd.gradcheck(lambda seen: nms_loss(seen, at, doubled), maps)
    for choice in ({"reach": REACH + 1}, {"temperature": 3 * TEMPERATURE}):
        assert torch.autograd.gradcheck(lambda seen, choice=choice: nms_loss(seen, at, doubled, **choice), maps)


def test_gradients_of_the_direction_loss_are_right():
    maps, at = drawn()
    true = doubled_normals(drawn(1)[0].detach(), at)
    assert torch.autograd.gradcheck(lambda seen: direction_loss(doubled_normals(seen, at), true), maps)


def test_gradients_of_a_flat_map_are_finite():
    maps = torch.full((1, 12, 12), 0.5, requires_grad=True)
    at = places((0, 6, 6), (0, 0, 11))
    true = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
    (direction_loss(doubled_normals(maps, at), true) + nms_loss(maps, at, true)).backward()
    assert maps.grad.isfinite().all()
