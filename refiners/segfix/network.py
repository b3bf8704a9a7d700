"""The network of SegFix: where boundaries are, and which way leads off them (Sections 3.2 and 3.3)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from boundary_bench.refiners.networks.backbones.blocks import initialise
from boundary_bench.refiners.networks.backbones.hrnet import SPECS, HRNet
from boundary_bench.refiners.segfix.directions import Directions, number_of_classes

LEAK: Final = 0.01
"""Slope of the heads' activation below 0, as in the released networks."""

MEAN: Final = (0.485, 0.456, 0.406)
STD: Final = (0.229, 0.224, 0.225)


class SegFixNetwork(nn.Module):
    """A backbone with two heads.

    Args:
        backbone: one of `boundary_bench.refiners.networks.backbones.hrnet.SPECS`.
        directions: the division of the circle; its number of classes is m.
        leak: slope of the heads' activation below 0; 0 makes it a plain ReLU.

    Attributes:
        name: of the backbone.
        directions, leak: as given.
        stride: pixels of the image to each step of the logits, along either axis.

    Raises:
        ValueError: another backbone or division.
    """

    def __init__(self, backbone: str, directions: Directions = 8, *, leak: float = LEAK) -> None:
        super().__init__()
        if backbone not in SPECS:
            raise ValueError(f"backbone is {backbone!r}; allowed: {', '.join(SPECS)}")
        spec = SPECS[backbone]
        self.name = backbone
        self.directions = directions
        self.leak = leak
        self.backbone = HRNet(spec)
        self.stride = self.backbone.stride
        self.dir_head = _head(self.backbone.channels, spec.head_width, number_of_classes(directions), leak)
        self.mask_head = _head(self.backbone.channels, spec.head_width, 2, leak)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images of any size to logits of boundary and direction.

        Args:
            images: float (N, 3, H, W), as `preprocess` makes them.

        Returns:
            Two of images' dtype: (N, 2, h, w), channel 1 of which is the boundary, and (N, m, h, w), with
            h = ceil(H / stride) and w = ceil(W / stride). Corners of the two grids coincide.
        """
        features = self.backbone(images)
        return self.mask_head(features), self.dir_head(features)


def preprocess(image: NDArray[np.uint8]) -> Tensor:
    """Network input from an image, the same for all variants.

    The released networks were trained on images whose channels had been turned to BGR, normalised with ImageNet's
    constants of R, G and B in that order: blue has red's constants and the reverse. It is so here too.

    Args:
        image: uint8 RGB (H, W, 3).

    Returns:
        float32 (3, H, W), channels innermost in memory.

    Raises:
        ValueError: another shape or dtype.
    """
    if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image is {image.dtype} {image.shape}; allowed: uint8 (H, W, 3)")
    scale, shift = 1 / (255 * np.array(STD)), -np.array(MEAN) / np.array(STD)
    pixels = torch.from_numpy(np.ascontiguousarray(image[..., ::-1])).float()
    return torch.addcmul(_row(shift), pixels, _row(scale)).permute(2, 0, 1)


def _row(values: NDArray[Any]) -> Tensor:
    return torch.from_numpy(values.astype(np.float32))


def _head(inputs: int, width: int, outputs: int, leak: float) -> nn.Sequential:
    activation = nn.LeakyReLU(leak, inplace=True) if leak else nn.ReLU(inplace=True)
    head = nn.Sequential(
        nn.Conv2d(inputs, width, 1, bias=False),
        nn.Sequential(nn.BatchNorm2d(width), activation),
        nn.Conv2d(width, outputs, 1, bias=False),
    )
    initialise(head)
    return head
