"""A refinement network that starts from what another network has learned of images."""

from __future__ import annotations

from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.networks.checkpoint import StrPath
from boundary_bench.refiners.transfer.backbone import start_backbone


def start_from(network: RefinementNetwork, path: StrPath) -> None:
    """Give a network the backbone of a trained one; heads, and what only it has of a mask, keep their weights.

    Args:
        network: changed in place.
        path: our own checkpoint of BPR or of SegFix, `.safetensors`, with the same backbone.

    Raises:
        FileNotFoundError, ValueError: as `boundary_bench.refiners.transfer.backbone.start_backbone`.
    """
    start_backbone(network.backbone, path, colours="rgb", name=network.name)
