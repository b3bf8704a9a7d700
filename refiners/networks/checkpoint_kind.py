"""Files of one kind of network: how they are written, recognised and read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import torch
from torch import Tensor, nn

from boundary_bench.refiners.networks import checkpoint
from boundary_bench.refiners.networks.checkpoint import StrPath

COUNTER: Final = "num_batches_tracked"
"""Batches that a normalisation has seen in training; of no use afterwards, so that files may lack it."""
SHOWN: Final = 5

Network = TypeVar("Network", bound=nn.Module)
Released = tuple[dict[str, Tensor], dict[str, Any]]
"""Tensors of a checkpoint that its authors released, and the architecture that they tell."""


@dataclass(frozen=True)
class CheckpointKind(Generic[Network]):
    """Checkpoints of one kind of network.

    Attributes:
        name: `kind` in the cards.
        build: makes a network, given the entries of its architecture by name.
        architecture: of a network, JSON-able.
        title: what messages call a network.
        released: reads what others released; see `ours_only` where there is nothing.
    """

    name: str
    build: Callable[..., Network]
    architecture: Callable[[Network], Mapping[str, Any]]
    title: Callable[[Network], str]
    released: Callable[[StrPath], Released]

    def save(self, path: StrPath, network: Network, card: Mapping[str, Any], *, half: bool = True) -> None:
        """Write a network and what made it; counters stay behind.

        Args:
            path: `.safetensors`; an existing file is replaced, missing parent folders are made.
            network: on any device.
            card: what the card holds besides `kind` and `architecture`.
            half: weights in float16.

        Raises:
            ValueError, TypeError: as `boundary_bench.refiners.networks.checkpoint.save`.
        """
        tensors = {name: tensor for name, tensor in network.state_dict().items() if not name.endswith(COUNTER)}
        whole = {**card, "kind": self.name, "architecture": self.architecture(network)}
        checkpoint.save(path, tensors, whole, half=half)

    def load(self, path: StrPath) -> tuple[Network, dict[str, Any]]:
        """Read a network, in inference mode and float32, and its card.

        Args:
            path: `.safetensors`, or a checkpoint of others under any other suffix. That one has no card: what is
                needed to build the network is recognised from its entries, and a card with `kind` and `architecture`
                is made up.

        Raises:
            FileNotFoundError: no such file.
            ValueError: a file that is damaged, would run code, holds another kind of network, or does not fit. The
                message starts with the path.
        """
        if Path(path).suffix == ".safetensors":
            tensors, card = checkpoint.load(path, self.name)
        else:
            tensors, architecture = self.released(path)
            card = {"kind": self.name, "architecture": architecture}
        try:
            with torch.device("meta"):
                network = self.build(**card["architecture"])
        except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
            raise ValueError(f"{path}: architecture cannot be built: {error}") from error
        _fill(network, tensors, path=path, name=self.title(network))
        return network.eval(), card


def ours_only(command: str) -> Callable[[StrPath], Released]:
    """`released` of a kind that nobody else has checkpoints of.

    Args:
        command: that makes them.
    """

    def refuse(path: StrPath) -> Released:
        raise ValueError(f"{path}: no checkpoints of others can be read; allowed: .safetensors, as `{command}` makes")

    return refuse


def differences(expected: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> list[str]:
    """Reasons why weights do not fit a network, one sentence per entry; counters may be absent."""
    missing = [name for name in expected if name not in found and not name.endswith(COUNTER)]
    unexpected = [name for name in found if name not in expected]
    other = [name for name in expected if name in found and found[name].shape != expected[name].shape]
    return [
        *(f"{name} has shape {tuple(found[name].shape)}, not {tuple(expected[name].shape)}" for name in other),
        *(f"{name} is missing" for name in missing),
        *(f"{name} is unexpected" for name in unexpected),
    ]


def _fill(network: nn.Module, tensors: Mapping[str, Tensor], *, path: StrPath, name: str) -> None:
    """Give a network its weights; it may be on the device `meta`, and holds the very tensors afterwards."""
    expected = network.state_dict()
    if wrong := differences(expected, tensors):
        more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        raise ValueError(f"{path}: {'; '.join(wrong[:SHOWN])}{more}; allowed: the entries of {name}")
    counters = {entry: torch.zeros((), dtype=torch.int64) for entry in expected if entry.endswith(COUNTER)}
    network.load_state_dict({**counters, **tensors}, assign=True)
