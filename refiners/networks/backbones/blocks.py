"""Building blocks of networks: convolutions with their normalisations, and residual blocks.

Parameters of the residual blocks have the names that He et al. (CVPR 2016) gave them, those of `ConvNorm` and
`SeparableConv` the names of the `ConvModule` of OpenMMLab's networks, so that checkpoints of both fit.
"""

from __future__ import annotations

from typing import Final

from torch import Tensor, nn
from torch.nn import functional

EXPANSION: Final = 4
"""Output channels of a bottleneck for each of its inner channels."""


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and a shortcut (He et al., CVPR 2016).

    Args:
        inputs: channels that come in.
        width: channels that go out.
        stride: of the first convolution, and of the shortcut.
        dilation: of the first convolution.
    """

    expansion: Final = 1

    def __init__(self, inputs: int, width: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.conv1 = convolution(inputs, width, stride=stride, dilation=dilation)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = convolution(width, width)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _shortcut(inputs, width, stride)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, width, ceil(h / stride), ceil(w / stride))."""
        hidden = functional.relu(self.bn1(self.conv1(features)), inplace=True)
        return functional.relu(self.bn2(self.conv2(hidden)) + self.downsample(features), inplace=True)


class Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, and a shortcut (He et al., CVPR 2016).

    Args:
        inputs: channels that come in.
        width: inner channels, a quarter of those that go out.
        stride, dilation: of the inner convolution; the shortcut has the same stride.
        stride_first: the first convolution has the stride instead, as in the networks of He et al. themselves.
    """

    expansion: Final = EXPANSION

    def __init__(
        self, inputs: int, width: int, *, stride: int = 1, dilation: int = 1, stride_first: bool = False
    ) -> None:
        super().__init__()
        outputs = EXPANSION * width
        entering, inner = (stride, 1) if stride_first else (1, stride)
        self.conv1 = convolution(inputs, width, kernel=1, stride=entering)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = convolution(width, width, stride=inner, dilation=dilation)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = convolution(width, outputs, kernel=1)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.downsample = _shortcut(inputs, outputs, stride)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, 4 * width, ceil(h / stride), ceil(w / stride))."""
        hidden = functional.relu(self.bn1(self.conv1(features)), inplace=True)
        hidden = functional.relu(self.bn2(self.conv2(hidden)), inplace=True)
        return functional.relu(self.bn3(self.conv3(hidden)) + self.downsample(features), inplace=True)


class ConvNorm(nn.Module):
    """A convolution that keeps the size up to its stride, normalisation, and ReLU if `active`."""

    def __init__(self, inputs: int, outputs: int, *, active: bool = True, **convolved: int) -> None:
        """Make one.

        Args:
            inputs, outputs: channels.
            active: whether ReLU follows.
            convolved: kernel, stride, dilation and groups, as of `convolution`.
        """
        super().__init__()
        self.conv = convolution(inputs, outputs, **convolved)
        self.bn = nn.BatchNorm2d(outputs)
        self.active = active

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, ceil(h / stride), ceil(w / stride))."""
        return self.finish(self.conv(features))

    def finish(self, convolved: Tensor) -> Tensor:
        """Normalisation and activation after the convolution; same shape."""
        normalised: Tensor = self.bn(convolved)
        return functional.relu(normalised, inplace=True) if self.active else normalised


class SeparableConv(nn.Module):
    """A 3x3 convolution of each channel by itself, then one of 1x1; both normalised and with ReLU."""

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.depthwise_conv = ConvNorm(inputs, inputs, stride=stride, dilation=dilation, groups=inputs)
        self.pointwise_conv = ConvNorm(inputs, outputs, kernel=1)

    def forward(self, features: Tensor) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, ceil(h / stride), ceil(w / stride))."""
        found: Tensor = self.pointwise_conv(self.depthwise_conv(features))
        return found


def convolution(
    inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, dilation: int = 1, groups: int = 1
) -> nn.Conv2d:
    """A convolution without bias whose output is as large as its input, but for the stride; the kernel is odd."""
    padding = dilation * (kernel // 2)
    return nn.Conv2d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)


def conv_norm(inputs: int, outputs: int, *, kernel: int = 3, stride: int = 1, active: bool = False) -> nn.Sequential:
    """Such a convolution with its normalisation, and ReLU if `active`, in a row."""
    layers: list[nn.Module] = [convolution(inputs, outputs, kernel=kernel, stride=stride), nn.BatchNorm2d(outputs)]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if active else nn.Sequential(*layers)


def initialise(module: nn.Module) -> None:
    """Draw all convolutions as He et al. (ICCV 2015) do, which keeps the variance of what flows back."""
    for part in module.modules():
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight, mode="fan_out", nonlinearity="relu")


def _shortcut(inputs: int, outputs: int, stride: int) -> nn.Module:
    same = stride == 1 and inputs == outputs
    return nn.Identity() if same else conv_norm(inputs, outputs, kernel=1, stride=stride)
