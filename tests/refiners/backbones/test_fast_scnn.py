from __future__ import annotations

import pytest
import torch

from refiners.backbones.fast_scnn import FastSCNN
from tests.refiners.networks import fill_by_rule


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


def test_blocks_have_shortcuts_where_nothing_changes_shape():
    network = FastSCNN().global_feature_extractor
    shortcuts = [
        [block.has_shortcut for block in network.get_submodule(f"bottleneck{index}")]  # type: ignore[union-attr]
        for index in (1, 2, 3)
    ]
    assert shortcuts == [[False, True, True]] * 3
