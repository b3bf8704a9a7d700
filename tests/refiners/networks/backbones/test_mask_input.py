from __future__ import annotations

import pytest
import torch
from torch import nn

from boundary_bench.refiners.networks.backbones.fast_scnn import FastSCNN
from boundary_bench.refiners.networks.backbones.hrnet import SPECS, HRNet
from boundary_bench.refiners.networks.backbones.mask_input import MaskInput
from boundary_bench.refiners.networks.backbones.resnet import SPECS as RESNETS
from boundary_bench.refiners.networks.backbones.resnet import ResNet
from tests.refiners.filled_networks import fill_by_rule

BACKBONES = {
    "hrnet": lambda with_mask: HRNet(SPECS["hrnet_tiny"], with_mask=with_mask),
    "resnet": lambda with_mask: ResNet(RESNETS["resnet18"], with_mask=with_mask),
    "fast_scnn": lambda with_mask: FastSCNN(with_mask=with_mask),
}


class Entrance(MaskInput):
    """A first convolution and nothing after it."""

    entrance = "first"

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 1, 3, 2, 1, bias=False)
        self.add_mask_input()


def test_what_comes_of_image_and_mask_is_summed():
    network = Entrance()
    with torch.no_grad():
        network.first.weight.fill_(1)
        network.conv_mask.weight.fill_(10)
    inputs = torch.zeros(1, 4, 2, 2)
    inputs[0, :, 0, 0] = torch.tensor([1.0, 2.0, 3.0, 4.0])
    assert network.entered(inputs).item() == 1 + 2 + 3 + 10 * 4
    network.merge_mask_input()
    assert network.entered(inputs).item() == 46
    assert network.first.weight.shape == (1, 4, 3, 3)


@pytest.mark.parametrize("name", BACKBONES)
def test_the_mask_adds_one_entry_at_the_end(name):
    plain, masked = (list(BACKBONES[name](with_mask).state_dict()) for with_mask in (False, True))
    assert masked == [*plain, "conv_mask.weight"]


@pytest.mark.parametrize("name", BACKBONES)
def test_merging_changes_entries_and_not_features(name):
    network = fill_by_rule(BACKBONES[name](True))
    inputs = torch.rand(1, 4, 32, 32)
    with torch.inference_mode():
        before = network(inputs)
        network.merge_mask_input()
        torch.testing.assert_close(network(inputs), before, rtol=1e-4, atol=1e-4)
    assert "conv_mask.weight" not in network.state_dict()


@pytest.mark.parametrize("name", BACKBONES)
def test_merging_without_a_mask_changes_nothing(name):
    network = BACKBONES[name](False)
    entries = list(network.state_dict())
    network.merge_mask_input()
    assert list(network.state_dict()) == entries
