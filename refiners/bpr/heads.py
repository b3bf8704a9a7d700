"""Heads of refinement networks, which tell foreground from background in the features of a backbone.

Parameters have the names of OpenMMLab's segmentation networks, which the released code is made of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import ConvNorm, SeparableConv, initialise

CLASSES: Final = 2
"""Background and foreground."""
ATROUS_RATES: Final = (12, 24, 36)
DECODER_WIDTH: Final = 512
DETAIL_WIDTH: Final = 48
"""Channels that fine features are narrowed to before they join the coarse ones."""


class FCNHead(nn.Module):
    """Convolutions, then a linear classifier (Long et al., CVPR 2015).

    Args:
        inputs: channels of the features.
        width: channels of the convolutions.
        convolutions: their number.
        kernel: of the convolutions, odd.
        separable: the convolutions are depthwise separable, of kernel 3.
        with_input: a further convolution joins the features with what the others made of them.
    """

    def __init__(
        self,
        inputs: int,
        width: int,
        *,
        convolutions: int = 1,
        kernel: int = 3,
        separable: bool = False,
        with_input: bool = False,
    ) -> None:
        super().__init__()
        self.conv_seg = nn.Conv2d(width, CLASSES, 1)
        ends = [(inputs if index == 0 else width, width) for index in range(convolutions)]
        self.convs = nn.Sequential(*(SeparableConv(*e) if separable else ConvNorm(*e, kernel=kernel) for e in ends))
        self.conv_cat = ConvNorm(inputs + width, width, kernel=kernel) if with_input else None
        _initialise(self, self.conv_seg)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Features of several levels, of which the last is used, (N, inputs, h, w) -> logits (N, 2, h, w)."""
        features = self.convs(levels[-1])
        if self.conv_cat is not None:
            features = self.conv_cat(torch.cat([levels[-1], features], dim=1))
        logits: Tensor = self.conv_seg(features)
        return logits


class DeepLabV3PlusHead(nn.Module):
    """Dilated convolutions of several rates side by side, then fine features (Chen et al., ECCV 2018, Section 3.1).

    Args:
        inputs: channels of the coarsest level.
        details: channels of the finest.
    """

    def __init__(self, inputs: int, details: int) -> None:
        super().__init__()
        width = DECODER_WIDTH
        self.conv_seg = nn.Conv2d(width, CLASSES, 1)
        self.image_pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), ConvNorm(inputs, width, kernel=1))
        dilated = (SeparableConv(inputs, width, dilation=rate) for rate in ATROUS_RATES)
        self.aspp_modules = nn.ModuleList([ConvNorm(inputs, width, kernel=1), *dilated])
        self.bottleneck = ConvNorm((len(self.aspp_modules) + 1) * width, width)
        self.c1_bottleneck = ConvNorm(details, DETAIL_WIDTH, kernel=1)
        self.sep_bottleneck = nn.Sequential(SeparableConv(width + DETAIL_WIDTH, width), SeparableConv(width, width))
        _initialise(self, self.conv_seg)

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Features of several levels, the finest first -> logits of the size of the finest, (N, 2, h, w)."""
        fine, coarse = levels[0], levels[-1]
        pooled = self.image_pool(coarse).expand(-1, -1, *coarse.shape[-2:])
        context = self.bottleneck(torch.cat([pooled, *(module(coarse) for module in self.aspp_modules)], dim=1))
        enlarged = functional.interpolate(context, fine.shape[-2:], mode="bilinear", align_corners=False)
        joined = torch.cat([enlarged, self.c1_bottleneck(fine)], dim=1)
        logits: Tensor = self.conv_seg(self.sep_bottleneck(joined))
        return logits


def _initialise(head: nn.Module, classifier: nn.Conv2d) -> None:
    initialise(head)
    # Small, so that training starts from even odds.
    nn.init.normal_(classifier.weight, std=0.01)
    assert classifier.bias is not None
    nn.init.zeros_(classifier.bias)
