"""High-resolution networks: branches of several resolutions side by side that keep exchanging features.

Wang et al., Deep High-Resolution Representation Learning for Visual Recognition (TPAMI 2020), and its relative with a
branch at half resolution, Cheng et al., HigherHRNet (CVPR 2020). Parameters have the names of the original code, so
that its checkpoints fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from boundary_bench.refiners.networks.backbones.blocks import (
    EXPANSION,
    BasicBlock,
    Bottleneck,
    conv_norm,
    convolution,
    initialise,
)
from boundary_bench.refiners.networks.backbones.mask_input import MaskInput


@dataclass(frozen=True)
class Stage:
    """Some exchanges between branches, each of half the resolution of the one before.

    Attributes:
        widths: channels of each branch; at least two.
        modules: how often the branches exchange features.
        blocks: residual blocks of each branch between two exchanges.
        bottleneck: blocks are bottlenecks instead of basic ones; widths are then multiples of 4.
    """

    widths: tuple[int, ...]
    modules: int = 1
    blocks: int = 4
    bottleneck: bool = False


@dataclass(frozen=True)
class HRNetSpec:
    """Architecture parameters of a network.

    Attributes:
        stages: from the first to the last, growing in branches.
        stem: channels of the convolutions of stride 2 that come first.
        layer1: bottlenecks between stem and stages.
        head_width: hidden channels that a head on this network has.
    """

    stages: tuple[Stage, ...]
    stem: tuple[int, ...] = (64, 64)
    layer1: int = 4
    head_width: int = 256


def _doubling(width: int, branches: int) -> tuple[int, ...]:
    return tuple(width << branch for branch in range(branches))


def _original(width: int) -> HRNetSpec:
    modules = {2: 1, 3: 4, 4: 3}
    return HRNetSpec(tuple(Stage(_doubling(width, branches), count) for branches, count in modules.items()))


_HIGHER_STAGES = (
    Stage((128, 256), bottleneck=True),
    Stage(_doubling(20, 3)),
    Stage(_doubling(20, 4), modules=4),
    Stage(_doubling(20, 5), modules=3),
)
_TINY_STAGES = (
    Stage((12, 24), blocks=1),
    Stage((12, 24, 48), blocks=1),
    Stage((12, 24, 48, 64), blocks=1),
)
_SMALL_STAGES = (
    Stage((16, 32), blocks=2),
    Stage((16, 32, 64), modules=2, blocks=2),
    Stage((16, 32, 64, 112), blocks=2),
)

_W18_SMALL_STAGES = tuple(
    Stage(_doubling(18, branches), modules, blocks=2) for branches, modules in ((2, 1), (3, 3), (4, 2))
)

SPECS: Final = {
    "hrnet18": _original(18),
    "hrnet32": _original(32),
    "hrnet48": _original(48),
    "hrnet2x20": HRNetSpec(_HIGHER_STAGES, stem=(64,), layer1=0),
    "hrnet18s": HRNetSpec(_W18_SMALL_STAGES, layer1=2),
    "hrnet_tiny": HRNetSpec(_TINY_STAGES, stem=(12,), layer1=0, head_width=32),
    "hrnet_small": HRNetSpec(_SMALL_STAGES, stem=(24,), layer1=0, head_width=64),
}
"""By name: those of the papers, of stride 4 and (`2x`) 2, and two of stride 2 for machines without accelerator."""


class HRNet(MaskInput):
    """Features of all branches, brought to the resolution of the finest.

    Args:
        spec: see there.
        with_mask: expects a mask as fourth channel.
        align_corners: how coarser branches are resized: corners on corners, as the original code does, or pixels as
            areas, as OpenMMLab's networks do.

    Attributes:
        channels: of the features.
        stride: pixels of the image to each step of the features, along either axis.
    """

    entrance = "conv1"

    def __init__(self, spec: HRNetSpec, *, with_mask: bool = False, align_corners: bool = True) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.channels = sum(spec.stages[-1].widths)
        self.stride = 2 ** len(spec.stem)
        self._stem = [(f"conv{index}", f"bn{index}") for index in range(1, len(spec.stem) + 1)]
        for (conv, norm), inputs, outputs in zip(self._stem, (3, *spec.stem), spec.stem, strict=False):
            self.add_module(conv, convolution(inputs, outputs, stride=2))
            self.add_module(norm, nn.BatchNorm2d(outputs))
        width = spec.stem[-1]
        self.layer1 = nn.Sequential(
            *(Bottleneck(EXPANSION * width if index else width, width) for index in range(spec.layer1))
        )
        # The original counts `layer1`, where there is one, as the first stage.
        first = 2 if spec.layer1 else 1
        self._stages = [(f"transition{index - 1}", f"stage{index}") for index in range(first, first + len(spec.stages))]
        widths: tuple[int, ...] = (EXPANSION * width if spec.layer1 else width,)
        for (transition, name), stage in zip(self._stages, spec.stages, strict=True):
            self.add_module(transition, Transition(widths, stage.widths))
            self.add_module(name, nn.Sequential(*(Exchange(stage, align_corners) for _ in range(stage.modules))))
            widths = stage.widths
        if with_mask:
            self.add_mask_input()
        initialise(self)

    def branches(self, images: Tensor) -> list[Tensor]:
        """Images (N, 3 or 4, H, W) -> features of each branch, (N, width, h, w), of halving resolution."""
        features = images
        for conv, norm in self._stem:
            convolved = self.entered(features) if conv == self.entrance else self.get_submodule(conv)(features)
            features = functional.relu(self.get_submodule(norm)(convolved), inplace=True)
        branches = [self.layer1(features)]
        for transition, stage in self._stages:
            branches = self.get_submodule(stage)(self.get_submodule(transition)(branches))
        return branches

    def forward(self, images: Tensor) -> Tensor:
        """Normalised images of any size, float (N, 3, H, W) -> features, (N, channels, ceil(H / stride), ...)."""
        return self.joined(self.branches(images))

    def joined(self, branches: list[Tensor]) -> Tensor:
        """Features of all branches at the resolution of the finest, (N, channels, h, w)."""
        finest, *others = branches
        return torch.cat([finest, *(_resized(other, finest, self.align_corners) for other in others)], dim=1)


class Transition(nn.ModuleList):
    """Brings branches to other widths, and starts new ones from the coarsest.

    Args:
        before: channels of each branch that is there.
        after: channels of each branch that is wanted, no fewer.
    """

    def __init__(self, before: Sequence[int], after: Sequence[int]) -> None:
        super().__init__(_transition(before, width, branch) for branch, width in enumerate(after))

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Features of each branch -> the same for all branches wanted."""
        return [convert(branches[min(index, len(branches) - 1)]) for index, convert in enumerate(self)]


class Exchange(nn.Module):
    """Residual blocks on each branch, after which every branch is given the sum of all."""

    def __init__(self, stage: Stage, align_corners: bool = True) -> None:
        super().__init__()
        self.align_corners = align_corners
        self.branches = nn.ModuleList(
            nn.Sequential(*(_block(width, stage.bottleneck) for _ in range(stage.blocks))) for width in stage.widths
        )
        count = len(stage.widths)
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_fuse(stage.widths, source, target) for source in range(count)) for target in range(count)
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Features of each branch -> the same shapes."""
        features = [branch(entry) for branch, entry in zip(self.branches, branches, strict=True)]
        return [self._fused(features, target) for target in range(len(features))]

    def _fused(self, features: list[Tensor], target: int) -> Tensor:
        layers = self.fuse_layers[target]
        assert isinstance(layers, nn.ModuleList)
        total = features[target]
        for source, (convert, feature) in enumerate(zip(layers, features, strict=True)):
            if source != target:
                total = total + _resized(convert(feature), features[target], self.align_corners)
        return functional.relu(total, inplace=True)


def _block(width: int, bottleneck: bool) -> nn.Module:
    return Bottleneck(width, width // EXPANSION) if bottleneck else BasicBlock(width, width)


def _transition(before: Sequence[int], width: int, branch: int) -> nn.Module:
    if branch >= len(before):
        steps = branch - len(before)
        halvings = (conv_norm(before[-1], before[-1], stride=2, active=True) for _ in range(steps))
        return nn.Sequential(*halvings, conv_norm(before[-1], width, stride=2, active=True))
    return nn.Identity() if before[branch] == width else conv_norm(before[branch], width, active=True)


def _fuse(widths: Sequence[int], source: int, target: int) -> nn.Module:
    """What takes features of one branch to another: down in steps of two, up in one step (resizing comes after)."""
    if source == target:
        return nn.Identity()
    if source > target:
        return conv_norm(widths[source], widths[target], kernel=1)
    width = widths[source]
    halvings = (conv_norm(width, width, stride=2, active=True) for _ in range(target - source - 1))
    return nn.Sequential(*halvings, conv_norm(width, widths[target], stride=2))


def _resized(features: Tensor, like: Tensor, align_corners: bool) -> Tensor:
    if features.shape[-2:] == like.shape[-2:]:
        return features
    return functional.interpolate(features, like.shape[-2:], mode="bilinear", align_corners=align_corners)
