from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from boundary_bench.refiners.bpr.network import NETWORKS, RefinementNetwork, preprocess
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from tests.refiners.filled_networks import fill_by_rule

STRIDES = {"hrnet_tiny": 2, "hrnet_small": 2, "fcn_r18": 8, "fcn_r50": 8, "fast_scnn": 8}  # of others 4
LIGHT = ["fcn_r18", "fast_scnn", "hrnet_tiny"]


def patches(count: int = 2, side: int = 64, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 256, (count, side, side, 3), np.uint8), generator.random((count, side, side)) > 0.5


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        ("hrnet18s", 3.935278),
        ("hrnet18", 9.636818),
        ("hrnet48", 65.846978),
        ("fcn_r18", 12.819332),
        ("fcn_r50", 49.484932),
        # OpenMMLab: 43.58 with an auxiliary head of 2.36 that this one does not have.
        ("deeplabv3plus_r50", 41.22),
        # OpenMMLab: 1.45 with two auxiliary heads of 0.06 together.
        ("fast_scnn", 1.398),
        ("hrnet_tiny", 0.3516),
        ("hrnet_small", 1.4529),
    ],
)
def test_networks_have_the_size_that_they_are_known_for(name, millions):
    with torch.device("meta"):
        network = RefinementNetwork(name)
    assert sum(entry.numel() for entry in network.parameters()) == pytest.approx(millions * 1e6, rel=2e-3)


@pytest.mark.parametrize("with_mask", [True, False])
@pytest.mark.parametrize("name", NETWORKS)
def test_logits_have_two_channels_at_the_stride_of_the_network(name, with_mask):
    with torch.device("meta"):
        network = RefinementNetwork(name, with_mask=with_mask).eval()
        logits = network(torch.empty(2, 3 + with_mask, 80, 56))
    stride = STRIDES.get(name, 4)
    assert logits.shape == (2, 2, 80 // stride, 56 // stride)
    assert ("backbone.conv_mask.weight" in network.state_dict()) == with_mask


@pytest.mark.parametrize("name", LIGHT)
def test_mask_and_image_both_count(name):
    network = fill_by_rule(RefinementNetwork(name))
    images, masks = patches()
    with torch.inference_mode():
        logits = network(preprocess(images, masks))
        assert (network(preprocess(images, ~masks)) - logits).abs().max() > 0.01
        assert (network(preprocess(255 - images, masks)) - logits).abs().max() > 0.01


@pytest.mark.parametrize("with_mask", [True, False])
@pytest.mark.parametrize("name", LIGHT)
def test_a_folded_network_computes_the_same_without_normalising(name, with_mask):
    network = fill_by_rule(RefinementNetwork(name, with_mask=with_mask))
    images, masks = patches(1)
    inputs = preprocess(images, masks if with_mask else None)
    fast = fuse_batchnorm(network)
    with torch.inference_mode():
        torch.testing.assert_close(fast(inputs), network(inputs), rtol=1e-4, atol=1e-4)
    assert not [module for module in fast.modules() if isinstance(module, nn.BatchNorm2d)]


@pytest.mark.parametrize("name", LIGHT)
def test_every_parameter_learns_but_those_of_the_auxiliary_head(name):
    network = RefinementNetwork(name)
    network(preprocess(*patches(4))).square().mean().backward()
    idle = [entry for entry, value in network.named_parameters() if value.grad is None or not value.grad.any()]
    assert all(entry.startswith("auxiliary_head.") for entry in idle)


def test_channels_are_normalised_and_masks_are_minus_one_and_one():
    images = np.zeros((1, 1, 2, 3), np.uint8)
    images[0, 0, 1] = (255, 102, 51)
    tensor = preprocess(images, np.array([[[False, True]]]))
    assert tensor.shape == (1, 4, 1, 2)
    assert tensor.dtype == torch.float32
    assert tensor.is_contiguous(memory_format=torch.channels_last)
    black = [-123.675 / 58.395, -116.28 / 57.12, -103.53 / 57.375, -1]
    np.testing.assert_allclose(tensor[0, :, 0, 0], black, rtol=1e-6)
    coloured = [(255 - 123.675) / 58.395, (102 - 116.28) / 57.12, (51 - 103.53) / 57.375, 1]
    np.testing.assert_allclose(tensor[0, :, 0, 1], coloured, rtol=1e-6)
    assert torch.equal(preprocess(images, np.array([[[0, 1]]], np.uint8)), tensor)
    assert torch.equal(preprocess(images), tensor[:, :3])


@pytest.mark.parametrize(
    ("images", "masks", "message"),
    [
        (np.zeros((4, 4, 3), np.uint8), None, r"images is uint8 \(4, 4, 3\); allowed: uint8 \(N, H, W, 3\)"),
        (np.zeros((1, 4, 4, 3)), None, "images is float64"),
        (np.zeros((1, 4, 4, 4), np.uint8), None, r"images is uint8 \(1, 4, 4, 4\)"),
        (np.zeros((2, 4, 4, 3), np.uint8), np.zeros((1, 4, 4), bool), r"masks is bool \(1, 4, 4\); allowed: .*2, 4, 4"),
        (np.zeros((1, 4, 4, 3), np.uint8), np.zeros((1, 4, 4)), "masks is float64 "),
        (np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4), 255, np.uint8), "masks is up to 255; allowed: 0 and 1"),
    ],
)
def test_other_patches_are_refused(images, masks, message):
    with pytest.raises(ValueError, match=message):
        preprocess(images, masks)


def test_other_names_are_refused():
    with pytest.raises(ValueError, match="name is 'resnet'; allowed: hrnet18s, hrnet18, "):
        RefinementNetwork("resnet")
