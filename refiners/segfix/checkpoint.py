"""Checkpoints of SegFix: our own, and those that its authors released."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from boundary_bench.refiners.networks.backbones.hrnet import SPECS
from boundary_bench.refiners.networks.checkpoint import StrPath
from boundary_bench.refiners.networks.checkpoint_kind import COUNTER, CheckpointKind, Released, differences
from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled
from boundary_bench.refiners.segfix.network import LEAK, SegFixNetwork

ABN_EPSILON: Final = 1e-5
"""Constant that in-place activated normalisation (InPlaceABN) adds to the magnitude of its scale."""
FUSED: Final = re.compile(r"^(dir|mask)_head\.1\.(?=[a-z])")
"""Entries of the heads where normalisation and activation are one module, not two."""


def _released(path: StrPath) -> Released:
    found = load_pickled(path)
    fused = "dir_head.1.weight" in found
    tensors = {FUSED.sub(r"\g<0>0.", name): _scale(name, found, fused) for name in found}
    last = found.get("dir_head.2.weight")
    architecture = {
        "backbone": _closest_backbone(tensors),
        "directions": 8 if last is None or not last.ndim else len(last),
        # The authors' heads have plain ReLUs where they are built with torch's normalisation.
        "leak": LEAK if fused else 0.0,
    }
    return tensors, architecture


def _scale(name: str, tensors: Mapping[str, Tensor], fused: bool) -> Tensor:
    """The tensor of that name, where it scales an in-place activated normalisation as torch's would need it.

    Such normalisations have no counters; the authors' backbones of stride 4 have them even where the heads do not.
    """
    tensor = tensors[name]
    if tensor.ndim != 1 or not name.endswith(".weight") or name.replace("weight", COUNTER) in tensors:
        return tensor
    in_place = fused or any(other.endswith(COUNTER) for other in tensors)
    return tensor.abs() + ABN_EPSILON if in_place else tensor


def _closest_backbone(tensors: Mapping[str, Tensor]) -> str:
    found = {name: tensor for name, tensor in tensors.items() if name.startswith("backbone.")}
    return min(SPECS, key=lambda backbone: len(differences(_entries(backbone), found)))


@lru_cache(maxsize=len(SPECS))
def _entries(backbone: str) -> dict[str, Tensor]:
    with torch.device("meta"):
        network = SegFixNetwork(backbone)
    return {name: tensor for name, tensor in network.state_dict().items() if name.startswith("backbone.")}


SEGFIX_CHECKPOINTS: Final = CheckpointKind(
    name="segfix",
    build=SegFixNetwork,
    architecture=lambda network: {
        "backbone": network.name,
        "directions": network.directions,
        "leak": network.leak,
    },
    title=lambda network: f"SegFix on {network.name} with {network.directions} directions",
    released=_released,
)
"""Of `SegFixNetwork`s. Backbone and number of directions of a released file its entries tell; 4 are the quadrants."""
