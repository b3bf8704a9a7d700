from __future__ import annotations

import pytest
import torch
from torch import nn

from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.segfix.network import SegFixNetwork
from tests.refiners.filled_networks import fill_by_rule


def test_a_folded_network_computes_the_same_without_normalising():
    network = fill_by_rule(SegFixNetwork("hrnet_tiny"))
    before = {name: entry.clone() for name, entry in network.state_dict().items()}
    fast = fuse_batchnorm(network)
    images = torch.rand(1, 3, 40, 56)
    with torch.inference_mode():
        for found, expected in zip(fast(images), network(images), strict=True):
            torch.testing.assert_close(found, expected, rtol=0, atol=1e-4)
    assert not [module for module in fast.modules() if isinstance(module, nn.BatchNorm2d)]
    assert all(torch.equal(entry, before[name]) for name, entry in network.state_dict().items())


@pytest.mark.parametrize("layers", [(nn.BatchNorm2d(3),), (nn.ReLU(), nn.BatchNorm2d(3))])
def test_a_normalisation_on_its_own_is_refused(layers):
    with pytest.raises(ValueError, match=r"follows a .*; allowed: a Conv2d"):
        fuse_batchnorm(nn.Sequential(*layers))
