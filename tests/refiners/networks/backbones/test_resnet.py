from __future__ import annotations

import pytest
import torch

from boundary_bench.refiners.networks.backbones.resnet import SPECS, ResNet


@pytest.mark.parametrize(
    ("name", "channels", "millions"),
    [
        # The originals without classifier, 11.177 and 23.508, plus what three convolutions have over one of 7x7.
        ("resnet18", (64, 128, 256, 512), 11.177 + 0.019),
        ("resnet50", (256, 512, 1024, 2048), 23.508 + 0.019),
    ],
)
def test_networks_have_the_size_that_their_names_promise(name, channels, millions):
    with torch.device("meta"):
        network = ResNet(SPECS[name])
        levels = network(torch.empty(2, 3, 64, 96))
    assert network.channels == channels
    assert sum(entry.numel() for entry in network.parameters()) == pytest.approx(millions * 1e6, abs=1e3)
    assert [tuple(level.shape) for level in levels] == [
        (2, width, 64 // stride, 96 // stride) for width, stride in zip(channels, (4, 8, 8, 8), strict=True)
    ]


def test_the_last_layers_dilate_from_their_second_block_on():
    with torch.device("meta"):
        network = ResNet(SPECS["resnet50"])
    found = {name: module.dilation[0] for name, module in network.named_modules() if name.endswith("conv2")}
    assert {name.removesuffix(".conv2"): rate for name, rate in found.items() if rate > 1} == {
        **{f"layer3.{block}": 2 for block in (1, 2, 3, 4, 5)},
        "layer4.0": 2,
        **{f"layer4.{block}": 4 for block in (1, 2)},
    }
