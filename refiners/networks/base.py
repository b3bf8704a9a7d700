"""What refiners have in common whose network comes from a checkpoint."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self


class NetworkRefiner(ABC):
    """One network for all samples, whose file decides the result.

    Attributes:
        checkpoint: the file.
    """

    checkpoint: Path

    @staticmethod
    @abstractmethod
    def _read(checkpoint: Path) -> tuple[Any, dict[str, Any]]:
        """The network as it was trained, and its card; what imports torch is imported here."""

    def network_parameters(self) -> int:
        """How many numbers the network has learned, before its normalisations are folded into its convolutions."""
        return sum(tensor.numel() for tensor in self._read(self.checkpoint)[0].parameters())

    def for_sample(self, sample_id: str) -> Self:  # noqa: ARG002
        """Itself: all samples share the network."""
        return self

    def files(self, sample_id: str) -> Sequence[Path]:  # noqa: ARG002
        """The checkpoint: a result depends on its contents, not on its name."""
        return (self.checkpoint,)
