"""A small fully convolutional network with coarse logits: what a refiner is handed to refine."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

MEAN: Final = 0.45
SCALE: Final = 0.25


class Block(nn.Module):
    """Basic residual block (He et al. 2016), pre-addition normalisation, optionally dilated."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = _conv(channels, channels, dilation=dilation)
        self.second = _conv(channels, channels, active=False)

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> same."""
        return functional.relu(features + self.second(self.first(features)))


class Pyramid(nn.Module):
    """Pyramid pooling (Zhao et al. 2017): the scene at 1x1, 2x4 and 4x8 cells beside the features themselves."""

    def __init__(self, channels: int, branch: int) -> None:
        super().__init__()
        self.cells = ((1, 1), (2, 4), (4, 8))
        self.branches = nn.ModuleList(nn.Conv2d(channels, branch, 1) for _ in self.cells)
        self.merge = _conv(channels + branch * len(self.cells), channels, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        """float32 (N, C, h, w) -> same."""
        size = features.shape[-2:]
        pooled = [
            functional.interpolate(
                branch(functional.adaptive_avg_pool2d(features, cells)), size, mode="bilinear", align_corners=False
            )
            for branch, cells in zip(self.branches, self.cells, strict=True)
        ]
        merged: Tensor = self.merge(torch.cat([features, *pooled], dim=1))
        return merged


class Stride8Network(nn.Module):
    """Logits at an eighth of the image, from features at an eighth and a sixteenth.

    Args:
        classes: number of classes K.
    """

    def __init__(self, classes: int = 19) -> None:
        super().__init__()
        self.classes = classes
        self.stem = nn.Sequential(_conv(3, 20, stride=2), _conv(20, 32, stride=2), Block(32))
        self.eighth = nn.Sequential(_conv(32, 64, stride=2), Block(64), Block(64))
        self.sixteenth = nn.Sequential(_conv(64, 112, stride=2), Block(112), Block(112, dilation=2), Pyramid(112, 28))
        self.reduce = _conv(112, 64, kernel=1)
        self.head = nn.Sequential(_conv(128, 80), nn.Conv2d(80, classes, 1))

    def forward(self, images: Tensor) -> Tensor:
        """Images, RGB float32 (N, 3, H, W) in 0..1 -> logits, float32 (N, K, ceil(H / 8), ceil(W / 8))."""
        fine = self.eighth(self.stem((images - MEAN) / SCALE))
        coarse = self.reduce(self.sixteenth(fine))
        coarse = functional.interpolate(coarse, fine.shape[-2:], mode="bilinear", align_corners=False)
        logits: Tensor = self.head(torch.cat([fine, coarse], dim=1))
        return logits


def _conv(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1, active: bool = True
) -> nn.Sequential:
    padding = dilation * (kernel // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if active:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)
