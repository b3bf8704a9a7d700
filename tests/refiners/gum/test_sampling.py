from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.ndimage import map_coordinates

from boundary_bench.refiners.common.probabilities import upsample
from boundary_bench.refiners.gum.sampling import guided
from tests.strategies import probabilities, sizes


def sampled(coarse, offsets):
    """Of one image, in the dtype of the probabilities."""
    tensors = (torch.from_numpy(np.asarray(each, coarse.dtype).copy())[None] for each in (coarse, offsets))
    return guided(*tensors)[0].numpy()


def drawn_offsets(size, reach=9.0):
    return arrays.arrays(np.float32, (2, *size), elements=st.floats(-reach, reach, width=32))


@given(st.data())
def test_without_offsets_it_is_plain_enlargement(data):
    size = data.draw(sizes())
    coarse = data.draw(probabilities(size))
    np.testing.assert_allclose(sampled(coarse, np.zeros((2, *size))), upsample(coarse, size), atol=1e-5)


@given(st.data())
def test_it_is_spline_interpolation_of_first_order_at_the_shifted_places(data):
    """SciPy's, whose `nearest` goes on beyond the outermost centres with what is there."""
    size = height, width = data.draw(sizes())
    coarse = data.draw(probabilities(size)).astype(np.float64)
    dy, dx = offsets = data.draw(drawn_offsets(size)).astype(np.float64)
    rows, columns = np.mgrid[:height, :width]
    h, w = coarse.shape[1:]
    places = (rows + 0.5 + dy) * h / height - 0.5, (columns + 0.5 + dx) * w / width - 0.5
    theirs = [map_coordinates(each, places, order=1, mode="nearest") for each in coarse]
    np.testing.assert_allclose(sampled(coarse, offsets), theirs, atol=1e-9)


def test_by_hand():
    # Two rows and columns of cells, 4 px wide: their centres lie at 1.5 and 5.5 px.
    coarse = np.array([[[0.0, 0.2], [0.4, 1.0]]])
    offsets = np.zeros((2, 8, 8))
    offsets[:, 1, 1] = 0.5, 0.5  # at the first centre
    offsets[:, 2, 2] = 1.5, 1.5  # half-way between all four
    offsets[:, 3, 3] = -1.5, 2.5  # on the upper centres' row, at the right one
    offsets[:, 4, 4] = 1.5, 100  # on the lower row, beyond the border
    offsets[:, 5, 5] = 0.5, -2.5  # on the lower row, a quarter of the way from left to right
    (found,) = sampled(coarse, offsets)
    np.testing.assert_allclose(np.diagonal(found)[1:6], [0.0, 0.4, 0.2, 1.0, 0.55])


def test_an_offset_is_a_number_of_pixels():
    """Whole ones look at another pixel of the plain enlargement, down and to the right."""
    coarse = np.random.default_rng(0).random((3, 6, 5))
    plain = sampled(coarse, np.zeros((2, 24, 20)))
    offsets = np.broadcast_to(np.array([3.0, -2.0])[:, None, None], (2, 24, 20))
    np.testing.assert_allclose(sampled(coarse, offsets)[:, :21, 2:], plain[:, 3:, :18], atol=1e-12)


@given(st.data())
def test_what_sums_to_one_still_does(data):
    size = data.draw(sizes())
    coarse = data.draw(probabilities(size))
    found = sampled(coarse, data.draw(drawn_offsets(size)))
    np.testing.assert_allclose(found.sum(axis=0), 1, atol=1e-4)
    assert found.min() >= coarse.min() - 1e-6
    assert found.max() <= coarse.max() + 1e-6


@pytest.mark.parametrize("size", [(8, 9), (7, 10)])
def test_gradients_of_offsets_and_probabilities(size):
    draws = torch.Generator().manual_seed(0)
    coarse = torch.rand(2, 2, 3, 4, dtype=torch.float64, generator=draws, requires_grad=True)
    # At centres of cells the slope changes, and numerical derivatives see both; none of these lies near one.
    offsets = torch.randn(2, 2, *size, dtype=torch.float64, generator=draws).mul_(2).requires_grad_()
    assert torch.autograd.gradcheck(guided, (coarse, offsets), eps=1e-7, atol=1e-5)
    (by_offsets,) = torch.autograd.grad(guided(coarse, offsets).pow(2).sum(), offsets)
    assert (by_offsets != 0).float().mean() > 0.5
