from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.steal.casenet import MEAN_BGR, NETWORKS, CASENet, Side, bilinear_kernel, preprocess
from tests.refiners.filled_networks import fill_by_rule

SMALL = ("casenet_tiny", "casenet_small")


@pytest.mark.parametrize("size", [(64, 96), (75, 101), (2, 2), (9, 17)])
def test_logits_have_the_size_of_the_image(size):
    network = fill_by_rule(CASENet("casenet_tiny", 5))
    with torch.inference_mode():
        fused, side5, sides = network(torch.rand(2, 3, *size))
    assert fused.shape == side5.shape == (2, 5, *size)
    assert [side.shape for side in sides] == [(2, 1, *size)] * 3


@pytest.mark.parametrize("size", [(75, 101), (2, 3)])
def test_the_paper_s_network_takes_odd_sizes(size):
    with torch.device("meta"):
        network = CASENet("casenet101", 20)
        fused, *_ = network.eval()(torch.empty(1, 3, *size))
    assert fused.shape == (1, 20, *size)


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_have_a_few_hundred_thousand_parameters(name):
    with torch.device("meta"):
        network = CASENet(name, 11)
    assert 3e5 < sum(entry.numel() for entry in network.parameters()) < 1.5e6


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_enlarging_is_padding_where_sizes_are_multiples(stride):
    side = Side(3, 4, stride=stride)
    nn.init.normal_(side.upsampled.weight)
    padded = nn.ConvTranspose2d(4, 4, 2 * stride, stride, padding=stride // 2, groups=4, bias=False)
    padded.weight = side.upsampled.weight
    features = torch.rand(1, 3, 5, 6)
    found = side(features, (5 * stride, 6 * stride))
    torch.testing.assert_close(found, padded(side.conv(features)))


@pytest.mark.parametrize("stride", [2, 4, 8])
def test_enlarging_is_bilinear_to_begin_with(stride):
    """Within half a step of the border, the enlarged map falls to 0 beyond it."""
    side = Side(1, 1, stride=stride)
    nn.init.ones_(side.conv.weight)
    features = torch.rand(1, 1, 6, 7)
    found = side(features, (6 * stride, 7 * stride))
    expected = nn.functional.interpolate(features, scale_factor=stride, mode="bilinear", align_corners=False)
    inner = (..., slice(stride, -stride), slice(stride, -stride))
    torch.testing.assert_close(found[inner], expected[inner])


def test_a_bilinear_kernel_by_hand():
    expected = [1 / 4, 3 / 4, 3 / 4, 1 / 4]
    np.testing.assert_allclose(bilinear_kernel(2), np.outer(expected, expected))


def test_the_score_of_a_class_is_fused_from_its_own_and_three_shared_maps():
    network = fill_by_rule(CASENet("casenet_tiny", 4))
    with torch.inference_mode():
        fused, side5, sides = network(torch.rand(2, 3, 16, 24))
        grouped = torch.stack([side5, *(side.expand_as(side5) for side in sides)], dim=2).flatten(1, 2)
        torch.testing.assert_close(fused, network.ce_fusion(grouped))
    assert fused.std() > 0.01


def test_fusion_starts_as_a_mean():
    network = CASENet("casenet_tiny", 2)
    fused, side5, sides = network(torch.rand(2, 3, 16, 16))
    torch.testing.assert_close(fused, (side5 + sum(sides)) / 4)


def test_a_folded_network_computes_the_same():
    network = fill_by_rule(CASENet("casenet_small", 3))
    image = torch.rand(1, 3, 33, 40)
    with torch.inference_mode():
        torch.testing.assert_close(fuse_batchnorm(network)(image).fused, network(image).fused, rtol=0, atol=1e-4)


def test_every_weight_learns():
    network = CASENet("casenet_small", 3)
    network(torch.randn(2, 3, 32, 32)).fused.square().sum().backward()
    assert all(entry.grad is not None and entry.grad.abs().sum() > 0 for entry in network.parameters())


@pytest.mark.parametrize(
    ("name", "classes", "message"),
    [
        ("hrnet", 3, f"name is 'hrnet'; allowed: {', '.join(NETWORKS)}"),
        ("casenet_tiny", 0, "classes is 0; allowed: at least 1"),
    ],
)
def test_other_networks_are_refused(name, classes, message):
    with pytest.raises(ValueError, match=message):
        CASENet(name, classes)


def test_the_mean_is_taken_off_in_the_authors_order_of_channels():
    image = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    np.testing.assert_allclose(preprocess(image).permute(1, 2, 0), image[..., ::-1] - np.float32(MEAN_BGR))


@pytest.mark.parametrize("image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_other_images_are_refused(image):
    with pytest.raises(ValueError, match=r"image is .*; allowed: uint8 \(H, W, 3\)"):
        preprocess(image)
