"""Checkpoints of refinement networks: our own, and those that the authors of BPR released."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from refiners import checkpoint
from refiners.bpr.network import NETWORKS, RefinementNetwork
from refiners.checkpoint import COUNTER, StrPath

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
        ValueError, TypeError: as `refiners.checkpoint.save`.
    """
    tensors = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(COUNTER)}
    architecture = {"name": network.name, "with_mask": network.with_mask}
    checkpoint.save(path, tensors, {**card, "kind": KIND, "architecture": architecture}, half=half)


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
    if Path(path).suffix == ".safetensors":
        tensors, card = checkpoint.load(path, KIND)
    else:
        tensors = checkpoint.load_pickled(path)
        card = {"kind": KIND, "architecture": _recognised(tensors)}
    try:
        with torch.device("meta"):
            network = RefinementNetwork(**card["architecture"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: architecture cannot be built: {error}") from error
    name = f"the refinement network {network.name} with{'' if network.with_mask else 'out'} mask"
    checkpoint.fill(network, tensors, path=path, name=name)
    return network.eval(), card


def _recognised(tensors: Mapping[str, Tensor]) -> dict[str, Any]:
    """The architecture whose entries differ least from these."""
    with_mask = MASK_ENTRY in tensors
    closest = min(NETWORKS, key=lambda name: len(checkpoint.differences(_entries(name, with_mask), tensors)))
    return {"name": closest, "with_mask": with_mask}


@lru_cache(maxsize=2 * len(NETWORKS))
def _entries(name: str, with_mask: bool) -> dict[str, Tensor]:
    with torch.device("meta"):
        return RefinementNetwork(name, with_mask=with_mask).state_dict()
