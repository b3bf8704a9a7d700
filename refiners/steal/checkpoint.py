"""Checkpoints of edge networks: our own, and those that the authors of STEAL released."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from refiners import checkpoint
from refiners.checkpoint import COUNTER, StrPath
from refiners.steal.casenet import CASENet

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
        ValueError, TypeError: as `refiners.checkpoint.save`.
    """
    tensors = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(COUNTER)}
    architecture = {"name": network.name, "classes": network.classes}
    checkpoint.save(path, tensors, {**card, "kind": KIND, "architecture": architecture}, half=half)


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
    if Path(path).suffix == ".safetensors":
        tensors, card = checkpoint.load(path, KIND)
    else:
        tensors, card = _released(path)
    try:
        with torch.device("meta"):
            network = CASENet(**card["architecture"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: architecture cannot be built: {error}") from error
    name = f"{network.name} of {network.classes} classes"
    checkpoint.fill(network, tensors, path=path, name=name)
    return network.eval(), card


def _released(path: StrPath) -> tuple[dict[str, Tensor], dict[str, Any]]:
    found = {_own_name(name): tensor for name, tensor in checkpoint.load_pickled(path).items()}
    scores = found.get(SCORES)
    if scores is None or not scores.ndim:
        raise ValueError(f"{path}: {SCORES} is missing; allowed: checkpoints of CASENet")
    return found, {"kind": KIND, "architecture": {"name": RELEASED, "classes": len(scores)}}


def _own_name(name: str) -> str:
    """Names of sides and fusion are the authors' own."""
    return name if name.startswith(("score_", "ce_fusion.")) else f"{TRUNK}{name}"
