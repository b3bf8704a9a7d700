"""Residual networks for dense prediction: three convolutions as stem, dilation instead of the last two strides.

He et al., Deep Residual Learning for Image Recognition (CVPR 2016), in the form `ResNetV1c` with output stride 8 of
OpenMMLab's segmentation networks, whose parameters have the same names here.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import BasicBlock, Bottleneck, conv_norm, initialise
from boundary_bench.refiners.networks.backbones.mask_input import MaskInput

STEM: Final = (3, 32, 32, 64)
WIDTHS: Final = (64, 128, 256, 512)
STRIDES: Final = (1, 2, 1, 1)
DILATIONS: Final = (1, 1, 2, 4)


@dataclass(frozen=True)
class ResNetSpec:
    """Architecture parameters of a network: its kind of block and the number of blocks per layer."""

    block: type[BasicBlock] | type[Bottleneck]
    depths: tuple[int, int, int, int]


SPECS: Final = {"resnet18": ResNetSpec(BasicBlock, (2, 2, 2, 2)), "resnet50": ResNetSpec(Bottleneck, (3, 4, 6, 3))}
"""By name: those of the paper."""


class ResNet(MaskInput):
    """Features of four layers, of strides 4, 8, 8 and 8.

    Args:
        spec: see there.
        with_mask: expects a mask as fourth channel.

    Attributes:
        channels: of the features of each layer.
    """

    entrance = "stem.0"

    def __init__(self, spec: ResNetSpec, *, with_mask: bool = False) -> None:
        super().__init__()
        steps = [conv_norm(*ends, stride=1 if index else 2, active=True) for index, ends in enumerate(pairwise(STEM))]
        self.stem = nn.Sequential(*(layer for step in steps for layer in step))
        self.channels = tuple(width * spec.block.expansion for width in WIDTHS)
        inputs = (STEM[-1], *self.channels)
        for index, depth in enumerate(spec.depths):
            self.add_module(f"layer{index + 1}", _layer(spec.block, inputs[index], index, depth))
        if with_mask:
            self.add_mask_input()
        initialise(self)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Normalised images of any size, float (N, 3 or 4, H, W) -> features of each layer, the finest first."""
        features = self.stem[1:](self.entered(images))
        features = functional.max_pool2d(features, 3, 2, 1)
        levels = []
        for index in range(len(WIDTHS)):
            features = self.get_submodule(f"layer{index + 1}")(features)
            levels.append(features)
        return levels


def _layer(block: type[BasicBlock] | type[Bottleneck], inputs: int, index: int, depth: int) -> nn.Sequential:
    """The layer of that index. Its first block has the dilation that the layer before ended with."""
    width, dilation = WIDTHS[index], DILATIONS[index]
    first = block(inputs, width, stride=STRIDES[index], dilation=max(1, dilation // 2))
    others = (block(width * block.expansion, width, dilation=dilation) for _ in range(depth - 1))
    return nn.Sequential(first, *others)
