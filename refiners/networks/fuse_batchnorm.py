"""Networks for inference: normalisations become part of the convolutions that they follow."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TypeVar

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from boundary_bench.refiners.networks.backbones.mask_input import MaskInput

Network = TypeVar("Network", bound=nn.Module)


def fuse_batchnorm(network: Network) -> Network:
    """A copy in inference mode that computes the same, up to rounding, without normalising.

    Args:
        network: one whose batch normalisations each come right after their convolutions in order of registration; the
            convolution of a mask, which comes last, is made part of the first.

    Raises:
        ValueError: a normalisation that follows no convolution.
    """
    copy = deepcopy(network).eval()
    for module in copy.modules():
        if isinstance(module, MaskInput):
            module.merge_mask_input()
    leaves = [(name, module) for name, module in copy.named_modules() if not any(module.children())]
    for (name, module), (norm_name, norm) in pairwise([("", nn.Identity()), *leaves]):
        if not isinstance(norm, nn.BatchNorm2d):
            continue
        if not isinstance(module, nn.Conv2d):
            raise ValueError(f"{norm_name} follows a {type(module).__name__}; allowed: a Conv2d")
        _replace(copy, name, fuse_conv_bn_eval(module, norm))
        _replace(copy, norm_name, nn.Identity())
    return copy


def _replace(network: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, child = name.rpartition(".")
    setattr(network.get_submodule(parent), child, module)
