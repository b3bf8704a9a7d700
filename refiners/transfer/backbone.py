"""Start a backbone from the weights of another trained network."""

from __future__ import annotations

from typing import Final, Literal

from torch import Tensor, nn

from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.networks.checkpoint import StrPath, kind_of
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS

Colours = Literal["rgb", "bgr"]
"""The order in which a network sees them."""
FIRST: Final = "conv1.weight"
"""Sees colours."""
MASK: Final = "conv_mask.weight"
"""Sees a mask beside the image, in some networks of BPR_CHECKPOINTS."""


def start_backbone(backbone: nn.Module, path: StrPath, *, colours: Colours, name: str) -> None:
    """Give a backbone the weights of a trained network's; what only it has of a mask keeps its own.

    Args:
        backbone: changed in place.
        path: our own checkpoint of BPR_CHECKPOINTS or of SegFix, `.safetensors`, with the same backbone.
        colours: in the order that `backbone` sees.
        name: of the network, for messages.

    Raises:
        FileNotFoundError: no such file.
        ValueError: a damaged file, one of another kind, or of another backbone. The message starts with the path.
    """
    found, seen = _trained(path)
    wanted = backbone.state_dict()
    if _shapes(wanted) != _shapes(found):
        raise ValueError(f"{path}: holds another backbone; allowed: that of {name}")
    if seen != colours:
        found[FIRST] = found[FIRST].flip(1).contiguous()
    backbone.load_state_dict({entry: found.get(entry, tensor) for entry, tensor in wanted.items()})


def _trained(path: StrPath) -> tuple[dict[str, Tensor], Colours]:
    kind, allowed = kind_of(path), (BPR_CHECKPOINTS.name, SEGFIX_CHECKPOINTS.name)
    if kind == BPR_CHECKPOINTS.name:
        return dict(BPR_CHECKPOINTS.load(path)[0].backbone.state_dict()), "rgb"
    if kind == SEGFIX_CHECKPOINTS.name:
        return dict(SEGFIX_CHECKPOINTS.load(path)[0].backbone.state_dict()), "bgr"
    raise ValueError(f"{path}: kind of the network is {kind!r}; allowed: {' or '.join(map(repr, allowed))}")


def _shapes(tensors: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in tensors.items() if name != MASK}
