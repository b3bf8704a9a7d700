from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from tests.refiners.filled_networks import fill_by_rule


@pytest.mark.parametrize("size", [(64, 96), (33, 47), (1, 1), (2, 9)])
@pytest.mark.parametrize("backbone", ["hrnet_tiny", "hrnet_small"])
def test_every_pixel_has_an_offset_within_reach(backbone, size):
    network = fill_by_rule(GuidanceNetwork(backbone, 3.0))
    with torch.inference_mode():
        offsets = network(50 * torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(0)))
    assert offsets.shape == (2, 2, *size)
    assert offsets.dtype == torch.float32
    assert 0 < offsets.abs().max() <= 3


def test_networks_of_stride_4_have_offsets_of_every_pixel_too():
    with torch.device("meta"):
        assert GuidanceNetwork("hrnet18").eval()(torch.empty(1, 3, 33, 47)).shape == (1, 2, 33, 47)


def test_neighbours_within_a_step_differ():
    """They have offsets of their own, none that is interpolated: those of one column of steps leave a remainder."""
    network = fill_by_rule(GuidanceNetwork("hrnet_tiny"))
    with torch.inference_mode():
        offsets = network(torch.randn(1, 3, 32, 32, generator=torch.Generator().manual_seed(0)))[0]
    between = (offsets[:, 0:-2:2] + offsets[:, 2::2]) / 2
    assert (offsets[:, 1:-1:2] - between).abs().mean() > 0.1


def test_it_begins_with_plain_enlargement_and_learns_from_there():
    torch.manual_seed(0)
    network = GuidanceNetwork("hrnet_tiny")
    offsets = network(torch.randn(2, 3, 32, 32))
    assert not offsets.any()
    offsets[:, 0].sum().backward()
    gradients = network.head[-1].bias.grad
    # Half of the last layer's outputs are dy, each of which reaches a quarter of the pixels.
    np.testing.assert_allclose(gradients, [16 * 2 * 256] * 4 + [0] * 4)


def test_folding_leaves_offsets_as_they_are():
    network = fill_by_rule(GuidanceNetwork("hrnet_tiny"))
    images = torch.randn(1, 3, 30, 26, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(fuse_batchnorm(network)(images), network(images), atol=1e-3, rtol=0)


def test_bad_input():
    with pytest.raises(ValueError, match="backbone is 'hrnet_smal'; allowed: hrnet18, "):
        GuidanceNetwork("hrnet_smal")
    for reach in (0.0, -1.0, math.inf, math.nan):
        with pytest.raises(ValueError, match=f"reach_px is {reach}; allowed: above 0"):
            GuidanceNetwork("hrnet_tiny", reach)
