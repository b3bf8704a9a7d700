"""Checkpoints of guidance networks."""

from __future__ import annotations

from typing import Final

from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind, ours_only

GUM_CHECKPOINTS: Final = CheckpointKind(
    name="gum",
    build=GuidanceNetwork,
    architecture=lambda network: {"backbone": network.name, "reach_px": network.reach_px},
    title=lambda network: f"the guidance network on {network.name}",
    released=ours_only("bench train gum"),
)
"""Of `GuidanceNetwork`s."""
