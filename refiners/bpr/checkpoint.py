"""Checkpoints of refinement networks: our own, and those that the authors of BPR released."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from boundary_bench.refiners.bpr.network import NETWORKS, RefinementNetwork
from boundary_bench.refiners.networks.checkpoint import StrPath
from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind, Released, differences
from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled

MASK_ENTRY: Final = "backbone.conv_mask.weight"
"""Entry that only networks with a mask input have."""


def _title(network: RefinementNetwork) -> str:
    return f"the refinement network {network.name} with{'' if network.with_mask else 'out'} mask"


def _released(path: StrPath) -> Released:
    """The architecture is the one whose entries differ least."""
    tensors = load_pickled(path)
    with_mask = MASK_ENTRY in tensors
    closest = min(NETWORKS, key=lambda name: len(differences(_entries(name, with_mask), tensors)))
    return tensors, {"name": closest, "with_mask": with_mask}


@lru_cache(maxsize=2 * len(NETWORKS))
def _entries(name: str, with_mask: bool) -> dict[str, Tensor]:
    with torch.device("meta"):
        return RefinementNetwork(name, with_mask=with_mask).state_dict()


BPR_CHECKPOINTS: Final = CheckpointKind(
    name="bpr",
    build=RefinementNetwork,
    architecture=lambda network: {"name": network.name, "with_mask": network.with_mask},
    title=_title,
    released=_released,
)
"""Of `RefinementNetwork`s. A released file is in the format of mmcv, and which network it holds its entries tell."""
