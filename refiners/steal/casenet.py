"""Networks that find semantic boundaries: CASENet, and small ones with its sides and fusion.

Acuna et al., STEAL (CVPR 2019), Section 4; Yu et al., CASENet (CVPR 2017), Section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import conv_norm
from boundary_bench.refiners.networks.backbones.casenet_resnet import CASENetResNet
from boundary_bench.refiners.networks.backbones.hrnet import SPECS, HRNet

MEAN_BGR: Final = (104.008, 116.669, 122.675)
"""Of B, G and R in 0..255, taken off; nothing is scaled."""
SPREAD: Final = 57.0
"""Divisor of small networks' input: about the standard deviation of images."""
ENTRY: Final = 16
"""Channels that small networks have at full resolution."""
SCORE_STD: Final = 0.01
"""Of the weights that make scores of features, before training."""
EDGES: Final = 4
"""Maps that the score of a class is fused from: its own and three that all classes share."""


class EdgeLogits(NamedTuple):
    """Output of an edge network, all at the size of the image and before the sigmoid.

    Attributes:
        fused: (N, K, H, W), what the network has to say.
        side5: (N, K, H, W), of the deepest features alone; trained as well.
        sides: three (N, 1, H, W), of shallow features, for all classes.
    """

    fused: Tensor
    side5: Tensor
    sides: tuple[Tensor, Tensor, Tensor]


class CASENet(nn.Module):
    """A trunk whose features of several depths are fused for each class.

    Names of parameters are those of the released network, but that `trunk.` precedes those of the trunk.

    Args:
        name: one of `NETWORKS`.
        classes: K.

    Attributes:
        name, classes: as given.

    Raises:
        ValueError: another name, or K below 1.
    """

    def __init__(self, name: str, classes: int) -> None:
        super().__init__()
        if name not in NETWORKS:
            raise ValueError(f"name is {name!r}; allowed: {', '.join(NETWORKS)}")
        if classes < 1:
            raise ValueError(f"classes is {classes}; allowed: at least 1")
        self.name = name
        self.classes = classes
        self.trunk = NETWORKS[name]()
        full, half, quarter, deepest = self.trunk.channels
        self.score_edge_side1 = Side(full, 1)
        self.score_edge_side2 = Side(half, 1, stride=2)
        self.score_edge_side3 = Side(quarter, 1, stride=4)
        self.score_cls_side5 = Side(deepest, classes, stride=self.trunk.stride)
        self.ce_fusion = nn.Conv2d(EDGES * classes, classes, 1, groups=classes)
        nn.init.constant_(self.ce_fusion.weight, 1 / EDGES)
        nn.init.zeros_(self.ce_fusion.bias)  # type: ignore[arg-type]

    def forward(self, images: Tensor) -> EdgeLogits:
        """Images of any size from 2x2 on, float (N, 3, H, W), as `preprocess` makes them -> logits."""
        full, half, quarter, deepest = self.trunk(images)
        size = (images.shape[-2], images.shape[-1])
        side1 = self.score_edge_side1(full, size)
        side2 = self.score_edge_side2(half, size)
        side3 = self.score_edge_side3(quarter, size)
        side5 = self.score_cls_side5(deepest, size)
        return EdgeLogits(self._fused(side5, side1, side2, side3), side5, (side1, side2, side3))

    def _fused(self, side5: Tensor, *shared: Tensor) -> Tensor:
        """Fusion of four maps per class, its own first, as `ce_fusion` does, without copies of the shared maps."""
        weight = self.ce_fusion.weight
        from_shared = functional.conv2d(torch.cat(shared, dim=1), weight[:, 1:], self.ce_fusion.bias)
        return torch.addcmul(from_shared, side5, weight[:, 0])


class Side(nn.Module):
    """Scores of features, brought to the size of the image.

    Args:
        inputs: channels of the features.
        outputs: scores a pixel.
        stride: of the features; above 1 each score is enlarged by a learned kernel, bilinear to begin with.
    """

    def __init__(self, inputs: int, outputs: int, *, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride
        self.conv = nn.Conv2d(inputs, outputs, 1)
        nn.init.normal_(self.conv.weight, std=SCORE_STD)
        nn.init.zeros_(self.conv.bias)  # type: ignore[arg-type]
        if stride > 1:
            self.upsampled = nn.ConvTranspose2d(outputs, outputs, 2 * stride, stride, groups=outputs, bias=False)
            with torch.no_grad():
                self.upsampled.weight.copy_(bilinear_kernel(stride))

    def forward(self, features: Tensor, size: tuple[int, int]) -> Tensor:
        """(N, inputs, h, w) -> (N, outputs, *size); a border of half the stride is cut off, and what is too much."""
        scores: Tensor = self.conv(features)
        if self.stride == 1:
            return scores
        first = self.stride // 2
        enlarged: Tensor = self.upsampled(scores)
        return enlarged[..., first : first + size[0], first : first + size[1]]


class SmallTrunk(nn.Module):
    """A small high-resolution network, and beside it one convolution at full resolution.

    Attributes:
        channels: of the features.
        stride: of the last of them.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        spec = SPECS[name]
        self.entry = conv_norm(3, ENTRY, active=True)
        self.backbone = HRNet(spec, align_corners=False)
        self.mix = conv_norm(self.backbone.channels, spec.head_width, kernel=1, active=True)
        half, quarter = spec.stages[-1].widths[:2]
        self.channels = (ENTRY, half, quarter, spec.head_width)
        self.stride = self.backbone.stride

    def forward(self, images: Tensor) -> list[Tensor]:
        """Images, float (N, 3, H, W) -> features of strides 1, 2 and 4, and of all depths at stride 2."""
        images = images / SPREAD
        branches = self.backbone.branches(images)
        return [self.entry(images), *branches[:2], self.mix(self.backbone.joined(branches))]


NETWORKS: Final[dict[str, Callable[[], CASENetResNet | SmallTrunk]]] = {
    "casenet101": CASENetResNet,
    "casenet_tiny": lambda: SmallTrunk("hrnet_tiny"),
    "casenet_small": lambda: SmallTrunk("hrnet_small"),
}
"""Trunks by name of the network: that of the paper, and two for machines without accelerator."""


def bilinear_kernel(stride: int) -> Tensor:
    """Weights that enlarge linearly by an even factor, pixels as areas: float32 (2 * stride, 2 * stride)."""
    weight = 1 - (torch.arange(2 * stride) - (stride - 0.5)).abs() / stride
    return torch.outer(weight, weight)


def preprocess(image: NDArray[np.uint8]) -> Tensor:
    """Network input from an image: blue, green and red without their means.

    Args:
        image: uint8 RGB (H, W, 3).

    Returns:
        float32 (3, H, W), channels innermost in memory.

    Raises:
        ValueError: another shape or dtype.
    """
    if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image is {image.dtype} {image.shape}; allowed: uint8 (H, W, 3)")
    pixels = torch.from_numpy(np.ascontiguousarray(image[..., ::-1])).float()
    return (pixels - pixels.new_tensor(MEAN_BGR)).permute(2, 0, 1)
