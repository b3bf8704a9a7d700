"""Base of refiners whose network comes from a checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Self, TypeVar

from boundary_bench.refiners.networks.device import (
    Precision,
    checkpoint_file,
    contents_digest,
    device_named,
    precision_named,
    require_torch,
)
from boundary_bench.refiners.networks.last_image import LastImage

if TYPE_CHECKING:
    from torch import nn

    from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind

Network = TypeVar("Network", bound="nn.Module")

KEPT: Final = 128
"""How many networks a process holds at most."""


class NetworkRefiner(ABC, Generic[Network]):
    """One network for all samples, whose file decides the result.

    Modules of refiners are imported without torch; it is needed where one is constructed.

    Attributes:
        method: what messages call it.
        shipped: folder of the checkpoints that come with the package, by the stems of their names.
        checkpoint: the file.
        device: where the network runs, `cpu` or torch's name of a GPU.
        precision: of the network.
    """

    method: ClassVar[str]
    shipped: ClassVar[Path]
    checkpoint: Path
    device: str
    precision: Precision

    def __init__(self, checkpoint: str, device: str | None, precision: Precision) -> None:
        """Load the network.

        Args:
            checkpoint: a file, or the name of one that comes with the package.
            device: `cpu`, `cuda` or `cuda:N`. None: a GPU where there is one.
            precision: other than float32 by autocast.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged, of another kind, or would run
                code; another value.
        """
        self.checkpoint = checkpoint_file(checkpoint, self.shipped)
        require_torch(f"{self.method} networks")
        self.precision, self.device = precision_named(precision), device_named(device)
        self._digest = contents_digest(self.checkpoint.read_bytes())
        self._last: LastImage[Any] = LastImage()
        self._loaded()

    @staticmethod
    @abstractmethod
    def checkpoints() -> CheckpointKind[Network]:
        """Kind of its checkpoints; imports torch."""

    def network_parameters(self) -> int:
        """How many numbers the network has learned, before its normalisations are fused into its convolutions."""
        return sum(tensor.numel() for tensor in self.checkpoints().load(self.checkpoint)[0].parameters())

    def for_sample(self, sample_id: str) -> Self:  # noqa: ARG002
        """Itself: all samples share the network."""
        return self

    def files(self, sample_id: str) -> Sequence[Path]:  # noqa: ARG002
        """The checkpoint: a result depends on its contents, not on its name."""
        return (self.checkpoint,)

    @property
    def _network(self) -> Network:
        """For inference. Not an attribute: refiners travel to other processes without it."""
        return self._loaded()[0]

    def _loaded(self) -> tuple[Network, dict[str, Any]]:
        """The network for inference, and its card."""
        return loaded(self.checkpoints(), self.checkpoint, self._digest)


@lru_cache(maxsize=KEPT)
def loaded(kind: CheckpointKind[Any], checkpoint: Path, digest: str) -> tuple[Any, dict[str, Any]]:  # noqa: ARG001 - a changed file is another key
    """A network for inference and its card, loaded once in each process.

    Args:
        kind: of the checkpoint.
        checkpoint: its file.
        digest: of its contents.

    Raises:
        ValueError: as `boundary_bench.refiners.networks.checkpoint_kind.CheckpointKind.load`.
    """
    from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm

    network, card = kind.load(checkpoint)
    return fuse_batchnorm(network), card
