"""Fast-SCNN: a shallow path of stride 8 beside a deep one of stride 32, both of separable convolutions.

Poudel et al., Fast-SCNN: Fast Semantic Segmentation Network (BMVC 2019), Section 3. Parameters have the names of
OpenMMLab's version.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import ConvNorm, SeparableConv, initialise
from boundary_bench.refiners.networks.backbones.mask_input import MaskInput

CHANNELS: Final = 128
"""Of the features."""
ENTRY: Final = (32, 48, 64)
"""Channels of the three strided convolutions that both paths share."""
BOTTLENECKS: Final = ((64, 2), (96, 2), (128, 1))
"""Channels and first stride of each group of bottlenecks."""
BLOCKS: Final = 3
"""Bottlenecks in a group."""
EXPANSION: Final = 6
"""Inner channels of a bottleneck for each channel that comes in."""
POOLS: Final = (1, 2, 3, 6)
"""Cells along either axis of each grid that features are averaged over."""


class FastSCNN(MaskInput):
    """Features of the two paths, added at stride 8.

    Args:
        with_mask: expects a mask as fourth channel.
    """

    entrance = "learning_to_downsample.conv.conv"

    def __init__(self, *, with_mask: bool = False) -> None:
        super().__init__()
        self.learning_to_downsample = DownsamplingEntry()
        self.global_feature_extractor = GlobalFeatures()
        self.feature_fusion = FeatureFusion()
        if with_mask:
            self.add_mask_input()
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images, float (N, 3 or 4, H, W) -> features (N, 128, ceil(H / 8), ceil(W / 8))."""
        shallow = self.learning_to_downsample(self.entered(images))
        fused: Tensor = self.feature_fusion(shallow, self.global_feature_extractor(shallow))
        return fused


class DownsamplingEntry(nn.Module):
    """Three convolutions of stride 2, the last two separable."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = ConvNorm(3, ENTRY[0], stride=2)
        self.dsconv1 = SeparableConv(ENTRY[0], ENTRY[1], stride=2)
        self.dsconv2 = SeparableConv(ENTRY[1], ENTRY[2], stride=2)

    def forward(self, convolved: Tensor) -> Tensor:
        """Output of the first convolution, not yet normalised -> a quarter of its size."""
        found: Tensor = self.dsconv2(self.dsconv1(self.conv.finish(convolved)))
        return found


class GlobalFeatures(nn.Module):
    """Bottlenecks down to a quarter of the size, and averages over grids of several sizes."""

    def __init__(self) -> None:
        super().__init__()
        inputs = ENTRY[-1]
        for index, (outputs, stride) in enumerate(BOTTLENECKS, start=1):
            first = InvertedBottleneck(inputs, outputs, stride)
            others = (InvertedBottleneck(outputs, outputs) for _ in range(BLOCKS - 1))
            self.add_module(f"bottleneck{index}", nn.Sequential(first, *others))
            inputs = outputs
        self.ppm = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(cells), ConvNorm(inputs, inputs // len(POOLS), kernel=1))
            for cells in POOLS
        )
        self.out = ConvNorm(2 * inputs, CHANNELS)

    def forward(self, features: Tensor) -> Tensor:
        """(N, 64, h, w) -> (N, 128, ceil(h / 4), ceil(w / 4))."""
        for index in range(1, len(BOTTLENECKS) + 1):
            features = self.get_submodule(f"bottleneck{index}")(features)
        pooled = (_resized(pool(features), features) for pool in self.ppm)
        found: Tensor = self.out(torch.cat([features, *pooled], dim=1))
        return found


class InvertedBottleneck(nn.Module):
    """A depthwise convolution between a widening one and a narrowing one (Sandler et al., CVPR 2018)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        width = EXPANSION * inputs
        self.conv = nn.Sequential(
            ConvNorm(inputs, width, kernel=1),
            ConvNorm(width, width, stride=stride, groups=width),
            ConvNorm(width, outputs, kernel=1, active=False),
        )
        self.has_shortcut = stride == 1 and inputs == outputs

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, ceil(h / stride), ceil(w / stride))."""
        found: Tensor = self.conv(features)
        return features + found if self.has_shortcut else found


class FeatureFusion(nn.Module):
    """Adds the deep features, enlarged, to the shallow ones."""

    def __init__(self) -> None:
        super().__init__()
        self.dwconv = ConvNorm(CHANNELS, CHANNELS, groups=CHANNELS)
        self.conv_lower_res = ConvNorm(CHANNELS, CHANNELS, kernel=1, active=False)
        self.conv_higher_res = ConvNorm(ENTRY[-1], CHANNELS, kernel=1, active=False)

    def forward(self, shallow: Tensor, deep: Tensor) -> Tensor:
        """(N, 64, h, w) and (N, 128, any size) -> (N, 128, h, w)."""
        lower = self.conv_lower_res(self.dwconv(_resized(deep, shallow)))
        return functional.relu(self.conv_higher_res(shallow) + lower, inplace=True)


def _resized(features: Tensor, like: Tensor) -> Tensor:
    return functional.interpolate(features, like.shape[-2:], mode="bilinear", align_corners=False)
