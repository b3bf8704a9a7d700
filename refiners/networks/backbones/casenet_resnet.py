"""The residual network of CASENet: full resolution until the first pooling, dilation everywhere after it.

Yu et al., CASENet: Deep Category-Aware Semantic Edge Detection (CVPR 2017), Section 3, as released with STEAL (Acuna
et al., CVPR 2019); parameters have the names that they have there.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import EXPANSION, Bottleneck, initialise

STEM: Final = 64
"""Channels before the first layer."""
WIDTHS: Final = (64, 128, 256, 512)
DEPTHS: Final = (3, 4, 23, 3)
STRIDES: Final = (1, 2, 2, 1)
DILATIONS: Final = (2, 2, 2, 4)


class CASENetResNet(nn.Module):
    """ResNet-101 with features from full resolution to an eighth of it.

    Attributes:
        channels: of the features.
        stride: of the last of them.
    """

    stride: Final = 8
    channels: Final = (STEM, EXPANSION * WIDTHS[0], EXPANSION * WIDTHS[1], EXPANSION * WIDTHS[3])

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, STEM, 7, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(STEM)
        inputs = STEM
        for index, width in enumerate(WIDTHS):
            self.add_module(f"layer{index + 1}", _layer(inputs, index))
            inputs = EXPANSION * width
        initialise(self)

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images, float (N, 3, H, W) of at least 2x2 -> features of strides 1, 2, 4 and 8.

        Pooling looks to the right and down alone, and covers what is there: feature i of stride 2 sees pixels 2i to
        2i + 2.
        """
        stem = functional.relu(self.bn1(self.conv1(images)), inplace=True)
        levels = [stem]
        features = functional.max_pool2d(stem, 3, 2, ceil_mode=True)
        for index in range(len(WIDTHS)):
            features = self.get_submodule(f"layer{index + 1}")(features)
            levels.append(features)
        full, half, quarter, _, eighth = levels
        return [full, half, quarter, eighth]


def _layer(inputs: int, index: int) -> nn.Sequential:
    width, dilation = WIDTHS[index], DILATIONS[index]
    first = Bottleneck(inputs, width, stride=STRIDES[index], dilation=dilation, stride_first=True)
    others = (Bottleneck(EXPANSION * width, width, dilation=dilation) for _ in range(DEPTHS[index] - 1))
    return nn.Sequential(first, *others)
