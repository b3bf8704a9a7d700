"""Backbones that see a mask beside the image (Tang et al., BPR, IJCV 2022, Section 3.2, and its released code)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from boundary_bench.refiners.networks.backbones.blocks import convolution


class MaskInput(nn.Module):
    """Adds, to what the first convolution makes of an image, what one of its own makes of a mask.

    Attributes:
        entrance: name of the first convolution within this network.
        conv_mask: the convolution of the mask; None in a network that sees images alone.
    """

    entrance: str

    def __init__(self) -> None:
        super().__init__()
        self.conv_mask: nn.Conv2d | None = None

    def add_mask_input(self) -> None:
        """Make the convolution of the mask, of the geometry of the first."""
        first = self._first()
        self.conv_mask = convolution(1, first.out_channels, kernel=first.kernel_size[0], stride=first.stride[0])

    def entered(self, inputs: Tensor) -> Tensor:
        """Images (N, 3, H, W), or with a mask as fourth channel -> what is to be normalised first."""
        first = self._first()
        if self.conv_mask is None:
            convolved: Tensor = first(inputs)
            return convolved
        summed: Tensor = first(inputs[:, :3]) + self.conv_mask(inputs[:, 3:])
        return summed

    def merge_mask_input(self) -> None:
        """Make the two convolutions one of four channels, which computes the same up to rounding."""
        first = self._first()
        if self.conv_mask is not None:
            first.weight = nn.Parameter(torch.cat([first.weight, self.conv_mask.weight], dim=1).detach())
            first.in_channels += self.conv_mask.in_channels
            self.conv_mask = None

    def _first(self) -> nn.Conv2d:
        first = self.get_submodule(self.entrance)
        assert isinstance(first, nn.Conv2d)
        return first
