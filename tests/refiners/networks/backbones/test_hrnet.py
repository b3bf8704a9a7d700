from __future__ import annotations

import pytest
import torch

from boundary_bench.refiners.networks.backbones.hrnet import SPECS, HRNet, HRNetSpec, Stage


@pytest.mark.parametrize(
    ("name", "stride", "channels", "millions"),
    [
        # Channels are 15 times the width (31 with five branches); parameters in millions, backbone alone.
        ("hrnet18", 4, 270, 9.56),
        ("hrnet32", 4, 480, 29.3),
        ("hrnet48", 4, 720, 65.3),
        ("hrnet2x20", 2, 620, 47.1),
        ("hrnet18s", 4, 270, 3.86),
        ("hrnet_tiny", 2, 148, 0.35),
        ("hrnet_small", 2, 224, 1.44),
    ],
)
def test_networks_have_the_size_that_their_names_promise(name, stride, channels, millions):
    with torch.device("meta"):
        network = HRNet(SPECS[name])
    assert (network.stride, network.channels) == (stride, channels)
    assert sum(entry.numel() for entry in network.parameters()) == pytest.approx(millions * 1e6, rel=0.02)


@pytest.mark.parametrize("size", [(1, 1), (33, 47), (64, 96)])
def test_features_have_the_resolution_of_the_finest_branch_whatever_the_size(size):
    network = HRNet(SPECS["hrnet_tiny"]).eval()
    with torch.inference_mode():
        features = network(torch.zeros(2, 3, *size))
    assert features.shape == (2, 148, -(-size[0] // 2), -(-size[1] // 2))


def test_branches_halve_their_resolution():
    network = HRNet(SPECS["hrnet_small"]).eval()
    with torch.inference_mode():
        shapes = [tuple(branch.shape) for branch in network.branches(torch.zeros(1, 3, 64, 96))]
    assert shapes == [(1, 16, 32, 48), (1, 32, 16, 24), (1, 64, 8, 12), (1, 112, 4, 6)]


def test_branches_are_resized_corner_on_corner():
    network = HRNet(HRNetSpec((Stage((4, 4), blocks=1),), stem=(4,), layer1=0)).eval()
    images = torch.rand(1, 3, 24, 24)
    with torch.inference_mode():
        fine, coarse = network.branches(images)
        features = network(images)
    assert torch.equal(features[:, :4], fine)
    for y, x in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        torch.testing.assert_close(features[:, 4:, y, x], coarse[..., y, x])


def test_branches_may_be_resized_as_areas():
    network = HRNet(HRNetSpec((Stage((4, 4), blocks=1),), stem=(4,), layer1=0), align_corners=False).eval()
    images = torch.rand(1, 3, 24, 24)
    with torch.inference_mode():
        coarse = network.branches(images)[1]
        features = network(images)[:, 4:]
    # Of two coarse pixels the fine ones between them lie a quarter and three quarters on the way.
    torch.testing.assert_close(features[..., 0, 1], 0.75 * coarse[..., 0, 0] + 0.25 * coarse[..., 0, 1])
    torch.testing.assert_close(features[..., 0, 2], 0.25 * coarse[..., 0, 0] + 0.75 * coarse[..., 0, 1])


def test_every_parameter_learns():
    network = HRNet(SPECS["hrnet_tiny"])
    network(torch.rand(2, 3, 64, 64)).square().mean().backward()
    assert not [name for name, entry in network.named_parameters() if entry.grad is None or not entry.grad.any()]
