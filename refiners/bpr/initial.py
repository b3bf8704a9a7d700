"""A refinement network that starts from what another network has learned of images."""

from __future__ import annotations

from typing import Final

from torch import nn

from refiners.bpr import checkpoint as own
from refiners.bpr.network import RefinementNetwork
from refiners.checkpoint import StrPath, kind_of
from refiners.segfix import checkpoint as segfix

FIRST: Final = "conv1.weight"
MASK: Final = "conv_mask.weight"


def start_from(network: RefinementNetwork, path: StrPath) -> None:
    """Give a network the backbone of a trained one; heads, and what only it has of a mask, keep their weights.

    Args:
        network: changed in place.
        path: our own checkpoint of BPR or of SegFix, `.safetensors`, with the same backbone.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, one of another kind, or of another backbone. The message starts with the path.
    """
    found = _backbone(path).state_dict()
    wanted = network.backbone.state_dict()
    shapes = {name: tensor.shape for name, tensor in wanted.items() if name != MASK}
    if shapes != {name: tensor.shape for name, tensor in found.items() if name != MASK}:
        raise ValueError(f"{path}: holds another backbone; allowed: that of {network.name}")
    network.backbone.load_state_dict({**wanted, **found} if MASK in wanted else {n: found[n] for n in wanted})


def _backbone(path: StrPath) -> nn.Module:
    kind = kind_of(path)
    if kind == own.KIND:
        return own.load(path)[0].backbone
    if kind != segfix.KIND:
        raise ValueError(f"{path}: kind of the network is {kind!r}; allowed: {own.KIND!r} or {segfix.KIND!r}")
    backbone = segfix.load(path)[0].backbone
    first = backbone.get_parameter(FIRST)
    # SegFix sees blue, green, red.
    first.data = first.data.flip(1).contiguous()
    return backbone
