"""The checkpoint of the demo's baseline network."""

from __future__ import annotations

from typing import Final

from boundary_bench.bench.demo.network import Stride8Network
from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind, ours_only

STRIDE8_CHECKPOINTS: Final = CheckpointKind(
    name="stride8",
    build=Stride8Network,
    architecture=lambda network: {"classes": network.classes},
    title=lambda network: f"the baseline network of {network.classes} classes",
    released=ours_only("python -m boundary_bench.bench.demo.training"),
)
"""Of `Stride8Network`s."""
