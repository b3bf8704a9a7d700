"""Checkpoints of edge networks: our own, and those that the authors of STEAL released."""

from __future__ import annotations

from typing import Final

from boundary_bench.refiners.networks.checkpoint import StrPath
from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind, Released
from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled
from boundary_bench.refiners.steal.casenet import CASENet

TRUNK: Final = "trunk."
RELEASED: Final = "casenet101"
SCORES: Final = "score_cls_side5.conv.weight"
"""Has a row for each class."""


def _released(path: StrPath) -> Released:
    found = {_own_name(name): tensor for name, tensor in load_pickled(path).items()}
    scores = found.get(SCORES)
    if scores is None or not scores.ndim:
        raise ValueError(f"{path}: {SCORES} is missing; allowed: checkpoints of CASENet")
    return found, {"name": RELEASED, "classes": len(scores)}


def _own_name(name: str) -> str:
    """Names of sides and fusion are the authors' own."""
    return name if name.startswith(("score_", "ce_fusion.")) else f"{TRUNK}{name}"


STEAL_CHECKPOINTS: Final = CheckpointKind(
    name="steal",
    build=CASENet,
    architecture=lambda network: {"name": network.name, "classes": network.classes},
    title=lambda network: f"{network.name} of {network.classes} classes",
    released=_released,
)
"""Of `CASENet`s. A released file is one on ResNet-101, whose number of classes its scores tell."""
