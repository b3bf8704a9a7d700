"""Checkpoints of edge networks: our own, and those that the authors of STEAL released."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from boundary_bench.refiners.networks import checkpoint
from boundary_bench.refiners.networks.checkpoint import Released, StrPath
from boundary_bench.refiners.steal.casenet import CASENet

KIND: Final = "steal"
TRUNK: Final = "trunk."
RELEASED: Final = "casenet101"
SCORES: Final = "score_cls_side5.conv.weight"
"""Has a row for each class."""


def save(path: StrPath, network: CASENet, card: Mapping[str, Any], *, half: bool = True) -> None:
    """Write a network and what made it.

    Args:
        path: `.safetensors`; an existing file is replaced.
        network: on any device.
        card: what the card holds besides `kind` and `architecture`.
        half: weights in float16.

    Raises:
        ValueError, TypeError: as `boundary_bench.refiners.networks.checkpoint.save`.
    """
    architecture = {"name": network.name, "classes": network.classes}
    checkpoint.save_network(path, network, card, kind=KIND, architecture=architecture, half=half)


def load(path: StrPath) -> tuple[CASENet, dict[str, Any]]:
    """Read a network, in inference mode and float32, and its card.

    A released checkpoint has no card: it is a CASENet on ResNet-101 whose number of classes its scores tell, and a
    card with `kind` and `architecture` is made up.

    Args:
        path: `.safetensors`, or a checkpoint of the authors under any other suffix.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file that is damaged, would run code, holds another kind of network, or does not fit. The
            message starts with the path.
    """
    return checkpoint.load_network(path, KIND, CASENet, released=_released, title=_title)


def _title(network: CASENet) -> str:
    return f"{network.name} of {network.classes} classes"


def _released(path: StrPath) -> Released:
    found = {_own_name(name): tensor for name, tensor in checkpoint.load_pickled(path).items()}
    scores = found.get(SCORES)
    if scores is None or not scores.ndim:
        raise ValueError(f"{path}: {SCORES} is missing; allowed: checkpoints of CASENet")
    return found, {"name": RELEASED, "classes": len(scores)}


def _own_name(name: str) -> str:
    """Names of sides and fusion are the authors' own."""
    return name if name.startswith(("score_", "ce_fusion.")) else f"{TRUNK}{name}"
