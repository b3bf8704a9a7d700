"""Checkpoints of refinement networks: our own, and those that the authors of BPR released."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import torch
from torch import Tensor

from boundary_bench.refiners.bpr.network import NETWORKS, RefinementNetwork
from boundary_bench.refiners.networks import checkpoint
from boundary_bench.refiners.networks.checkpoint import Released, StrPath

KIND: Final = "bpr"
MASK_ENTRY: Final = "backbone.conv_mask.weight"
"""What networks have that see a mask, and others do not."""


def save(path: StrPath, network: RefinementNetwork, card: Mapping[str, Any], *, half: bool = True) -> None:
    """Write a network and what made it.

    Args:
        path: `.safetensors`; an existing file is replaced.
        network: on any device.
        card: what the card holds besides `kind` and `architecture`.
        half: weights in float16.

    Raises:
        ValueError, TypeError: as `boundary_bench.refiners.networks.checkpoint.save`.
    """
    architecture = {"name": network.name, "with_mask": network.with_mask}
    checkpoint.save_network(path, network, card, kind=KIND, architecture=architecture, half=half)


def load(path: StrPath) -> tuple[RefinementNetwork, dict[str, Any]]:
    """Read a network, in inference mode and float32, and its card.

    A released checkpoint has no card: the network is recognised from its entries, and a card with `kind` and
    `architecture` is made up.

    Args:
        path: `.safetensors`, or a checkpoint of the authors (in the format of mmcv) under any other suffix.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file that is damaged, would run code, holds another kind of network, or does not fit. The
            message starts with the path.
    """
    return checkpoint.load_network(path, KIND, RefinementNetwork, released=_released, title=_title)


def _title(network: RefinementNetwork) -> str:
    return f"the refinement network {network.name} with{'' if network.with_mask else 'out'} mask"


def _released(path: StrPath) -> Released:
    """The architecture is the one whose entries differ least."""
    tensors = checkpoint.load_pickled(path)
    with_mask = MASK_ENTRY in tensors
    closest = min(NETWORKS, key=lambda name: len(checkpoint.differences(_entries(name, with_mask), tensors)))
    return tensors, {"name": closest, "with_mask": with_mask}


@lru_cache(maxsize=2 * len(NETWORKS))
def _entries(name: str, with_mask: bool) -> dict[str, Tensor]:
    with torch.device("meta"):
        return RefinementNetwork(name, with_mask=with_mask).state_dict()
