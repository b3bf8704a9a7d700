"""The network of guided up-sampling: where each pixel is to look, from the image alone."""

from __future__ import annotations

import math
from typing import Final

from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import conv_norm, initialise
from boundary_bench.refiners.networks.backbones.hrnet import SPECS, HRNet

REACH_PX: Final = 16.0
"""Twice the stride of usual probabilities."""


class GuidanceNetwork(nn.Module):
    """A backbone and a head, after Mazzini (BMVC 2018), whose guidance module sees features of the model it is part of.

    Offsets are 0 before training, which is plain bilinear enlargement. They know nothing of classes, so that one
    network serves predictions of any number of classes at any resolution.

    Args:
        backbone: one of `boundary_bench.refiners.networks.backbones.hrnet.SPECS`.
        reach_px: that no offset exceeds, along either axis.

    Attributes:
        name: of the backbone.
        reach_px: as given.

    Raises:
        ValueError: another backbone, or a reach that is not above 0.
    """

    def __init__(self, backbone: str, reach_px: float = REACH_PX) -> None:
        super().__init__()
        if backbone not in SPECS:
            raise ValueError(f"backbone is {backbone!r}; allowed: {', '.join(SPECS)}")
        require_reach(reach_px)
        spec = SPECS[backbone]
        self.name, self.reach_px = backbone, reach_px
        self.backbone = HRNet(spec)
        hidden = conv_norm(self.backbone.channels, spec.head_width, kernel=1, active=True)
        initialise(hidden)
        # Every pixel of a step has offsets of its own: what lies on two sides of a boundary looks in opposite ways.
        last = nn.Conv2d(spec.head_width, 2 * self.backbone.stride**2, 1)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)  # type: ignore[arg-type]
        self.head = nn.Sequential(hidden, last)

    def forward(self, images: Tensor) -> Tensor:
        """Offsets of every pixel.

        Args:
            images: float (N, 3, H, W), as `boundary_bench.refiners.segfix.network.preprocess` makes them; of any size.

        Returns:
            float32 (N, 2, H, W), order (dy, dx), in pixels, between -reach and reach.
        """
        height, width = images.shape[-2:]
        offsets = functional.pixel_shuffle(self.head(self.backbone(images)).float(), self.backbone.stride)
        return self.reach_px * offsets[..., :height, :width].tanh()


def require_reach(reach_px: float) -> None:
    """Raise ValueError for a reach that is not a number above 0."""
    if not 0 < reach_px < math.inf:
        raise ValueError(f"reach_px is {reach_px}; allowed: above 0")
