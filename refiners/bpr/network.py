"""Refinement networks: from a patch of the image and of a mask to a better mask (Section 3.1; Table 6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from boundary_bench.refiners.bpr.heads import DeepLabV3PlusHead, FCNHead
from boundary_bench.refiners.networks.backbones import hrnet, resnet
from boundary_bench.refiners.networks.backbones.fast_scnn import CHANNELS, FastSCNN

MEAN: Final = (123.675, 116.28, 103.53)
STD: Final = (58.395, 57.12, 57.375)
"""Of R, G and B in 0..255."""
Masks = NDArray[np.bool_] | NDArray[np.uint8]
"""Of patches, (N, H, W), as truth values or as 0 and 1."""


@dataclass(frozen=True)
class Parts:
    """Parts of a network.

    Attributes:
        backbone: to one map of features, or to a list of them, the finest first.
        decode_head: from a list of such maps to logits.
        auxiliary_head: None for most; takes no part in refining.
    """

    backbone: nn.Module
    decode_head: nn.Module
    auxiliary_head: nn.Module | None = None


def _high_resolution(name: str, width: int | None = None) -> Callable[[bool], Parts]:
    def parts(with_mask: bool) -> Parts:
        backbone = hrnet.HRNet(hrnet.SPECS[name], with_mask=with_mask, align_corners=False)
        return Parts(backbone, FCNHead(backbone.channels, width or backbone.channels, kernel=1))

    return parts


def _fcn(name: str) -> Callable[[bool], Parts]:
    def parts(with_mask: bool) -> Parts:
        backbone = resnet.ResNet(resnet.SPECS[name], with_mask=with_mask)
        *_, middle, last = backbone.channels
        head = FCNHead(last, last // 4, convolutions=2, with_input=True)
        return Parts(backbone, head, FCNHead(middle, middle // 4))

    return parts


def _deeplab(with_mask: bool) -> Parts:
    backbone = resnet.ResNet(resnet.SPECS["resnet50"], with_mask=with_mask)
    return Parts(backbone, DeepLabV3PlusHead(backbone.channels[-1], backbone.channels[0]))


def _fast_scnn(with_mask: bool) -> Parts:
    return Parts(FastSCNN(with_mask=with_mask), FCNHead(CHANNELS, CHANNELS, convolutions=2, separable=True))


NETWORKS: Final[dict[str, Callable[[bool], Parts]]] = {
    "hrnet18s": _high_resolution("hrnet18s"),
    "hrnet18": _high_resolution("hrnet18"),
    "hrnet48": _high_resolution("hrnet48"),
    "fcn_r18": _fcn("resnet18"),
    "fcn_r50": _fcn("resnet50"),
    "deeplabv3plus_r50": _deeplab,
    "fast_scnn": _fast_scnn,
    "hrnet_tiny": _high_resolution("hrnet_tiny", 32),
    "hrnet_small": _high_resolution("hrnet_small", 64),
}
"""By name: those of Table 6, and two for machines without accelerator; each is told whether it sees a mask."""


class RefinementNetwork(nn.Module):
    """A network of two classes, background and foreground.

    Args:
        name: one of `NETWORKS`.
        with_mask: sees a patch of the mask beside that of the image (Table 2 is about what it loses without).

    Attributes:
        name, with_mask: as given.

    Raises:
        ValueError: another name.
    """

    def __init__(self, name: str, *, with_mask: bool = True) -> None:
        super().__init__()
        if name not in NETWORKS:
            raise ValueError(f"name is {name!r}; allowed: {', '.join(NETWORKS)}")
        self.name = name
        self.with_mask = with_mask
        parts = NETWORKS[name](with_mask)
        self.backbone = parts.backbone
        self.decode_head = parts.decode_head
        if parts.auxiliary_head is not None:
            # Checkpoints hold its entries.
            self.auxiliary_head = parts.auxiliary_head

    def forward(self, inputs: Tensor) -> Tensor:
        """Patches to logits.

        Args:
            inputs: float (N, 4, H, W), or (N, 3, H, W) of a network without mask, as `preprocess` makes them.

        Returns:
            Of inputs' dtype, (N, 2, h, w), channel 1 of which is the foreground; h = ceil(H / stride), where the
            stride is 2 (`hrnet_tiny`, `hrnet_small`), 4 (other `hrnet*`, `deeplabv3plus_r50`) or 8. Pixels of the two
            grids are areas: they are to be resized with `align_corners=False`.
        """
        features = self.backbone(inputs)
        logits: Tensor = self.decode_head([features] if isinstance(features, Tensor) else features)
        return logits


def preprocess(images: NDArray[np.uint8], masks: Masks | None = None) -> Tensor:
    """Network input from patches.

    Args:
        images: uint8 RGB (N, H, W, 3).
        masks: bool, or uint8 of 0 and 1, (N, H, W); None for a network without mask.

    Returns:
        float32 (N, 4, H, W), or (N, 3, H, W) without masks, channels innermost in memory: the image normalised with
        ImageNet's constants, and -1 outside, +1 inside the mask.

    Raises:
        ValueError: another shape or dtype, or masks of other numbers.
    """
    return normalised(torch.from_numpy(stacked(images, masks)))


def stacked(images: NDArray[np.uint8], masks: Masks | None = None) -> NDArray[np.uint8]:
    """Patches and masks of `preprocess` as uint8 (N, H, W, 4), masks as 0 and 1, or (N, H, W, 3) without masks.

    Raises:
        ValueError: another shape or dtype, or masks of other numbers.
    """
    if images.ndim != 4 or images.shape[-1] != 3 or images.dtype != np.uint8:
        raise ValueError(f"images is {images.dtype} {images.shape}; allowed: uint8 (N, H, W, 3)")
    if masks is None:
        return images
    if masks.shape != images.shape[:-1] or masks.dtype not in (np.bool_, np.uint8):
        raise ValueError(f"masks is {masks.dtype} {masks.shape}; allowed: bool or uint8 {images.shape[:-1]}")
    if masks.dtype == np.uint8 and masks.max(initial=0) > 1:
        raise ValueError(f"masks is up to {masks.max()}; allowed: 0 and 1")
    return np.concatenate([images, masks[..., None].view(np.uint8)], axis=-1)


def normalised(pixels: Tensor) -> Tensor:
    """Those of `stacked`, on any device -> the network's input there."""
    mean = pixels.new_tensor((*MEAN, 0.5), dtype=torch.float32)[: pixels.shape[-1]]
    std = pixels.new_tensor((*STD, 0.5), dtype=torch.float32)[: pixels.shape[-1]]
    return ((pixels.float() - mean) / std).permute(0, 3, 1, 2)
