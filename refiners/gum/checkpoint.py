"""Checkpoints of guidance networks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.networks import checkpoint
from boundary_bench.refiners.networks.checkpoint import Released, StrPath

KIND: Final = "gum"


def save(path: StrPath, network: GuidanceNetwork, card: Mapping[str, Any], *, half: bool = True) -> None:
    """Write a network and what made it.

    Args:
        path: `.safetensors`; an existing file is replaced.
        network: on any device.
        card: what the card holds besides `kind` and `architecture`.
        half: weights in float16.

    Raises:
        ValueError, TypeError: as `boundary_bench.refiners.networks.checkpoint.save`.
    """
    architecture = {"backbone": network.name, "reach_px": network.reach_px}
    checkpoint.save_network(path, network, card, kind=KIND, architecture=architecture, half=half)


def load(path: StrPath) -> tuple[GuidanceNetwork, dict[str, Any]]:
    """Read a network, in inference mode and float32, and its card.

    Args:
        path: `.safetensors`.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a file of another suffix, that is damaged, holds another kind of network, or does not fit. The
            message starts with the path.
    """
    return checkpoint.load_network(path, KIND, GuidanceNetwork, released=_released, title=_title)


def _title(network: GuidanceNetwork) -> str:
    return f"the guidance network on {network.name}"


def _released(path: StrPath) -> Released:
    raise ValueError(f"{path}: no checkpoints of others can be read; allowed: .safetensors, as `bench train gum` makes")
