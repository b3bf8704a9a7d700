"""An edge network that starts from what another network has learned of images."""

from __future__ import annotations

from boundary_bench.refiners.networks.checkpoint import StrPath
from boundary_bench.refiners.steal.casenet import CASENet, SmallTrunk
from boundary_bench.refiners.transfer.backbone import start_backbone


def start_from(network: CASENet, path: StrPath) -> None:
    """Give a small network the high-resolution backbone of a trained one; all else keeps its weights.

    Args:
        network: changed in place.
        path: our own checkpoint of BPR or of SegFix, `.safetensors`, with the same backbone.

    Raises:
        FileNotFoundError: no such file.
        ValueError: as `boundary_bench.refiners.transfer.backbone.start_backbone`, or a network without such a backbone.
    """
    if not isinstance(network.trunk, SmallTrunk):
        raise ValueError(f"network is {network.name}; allowed to start from others: casenet_tiny, casenet_small")
    start_backbone(network.trunk.backbone, path, colours="bgr", name=network.name)
