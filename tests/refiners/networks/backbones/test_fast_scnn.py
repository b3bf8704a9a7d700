from __future__ import annotations

import pytest
import torch
from torch import nn

from boundary_bench.refiners.networks.backbones.fast_scnn import FastSCNN, InvertedBottleneck
from tests.refiners.filled_networks import fill_by_rule


@pytest.mark.parametrize("size", [(8, 8), (64, 64), (75, 101)])
def test_features_have_stride_8_whatever_the_size(size):
    network = fill_by_rule(FastSCNN())
    with torch.inference_mode():
        features = network(torch.rand(2, 3, *size))
    assert features.shape == (2, 128, -(-size[0] // 8), -(-size[1] // 8))


def test_the_deep_path_sees_the_whole_image():
    network = fill_by_rule(FastSCNN()).double()
    image = torch.rand(1, 3, 128, 128, dtype=torch.float64)
    changed = image.clone()
    changed[..., :8, :8] += 1
    with torch.inference_mode():
        features, other = network(image), network(changed)
    assert not torch.equal(features[..., -1, -1], other[..., -1, -1])


@pytest.mark.parametrize(("outputs", "stride", "kept"), [(4, 1, True), (4, 2, False), (6, 1, False)])
def test_blocks_have_shortcuts_where_nothing_changes_shape(outputs, stride, kept):
    block = InvertedBottleneck(4, outputs, stride).eval()
    nn.init.zeros_(block.conv[-1].bn.weight)
    features = torch.rand(1, 4, 8, 8)
    with torch.inference_mode():
        found = block(features)
    assert torch.equal(found, features if kept else torch.zeros(1, outputs, 8 // stride, 8 // stride))
