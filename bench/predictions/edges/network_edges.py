"""Edges that networks see in the images of a dataset, found when they are asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.hashing import combined, file_digest
from boundary_bench.bench.plugins.protocols import Dataset, Image, Sample
from boundary_bench.bench.plugins.validation import lacks_image
from boundary_bench.metrics.structures.segmentation import EdgeMaps, Task
from boundary_bench.refiners.networks.device import Precision, checkpoint_file, device_named, require_torch
from boundary_bench.refiners.segfix.refiner import SegFix
from boundary_bench.refiners.steal.evidence import Probability
from boundary_bench.refiners.steal.refiner import Steal

if TYPE_CHECKING:
    from boundary_bench.refiners.steal.inference import Scheme


class _NetworkEdges(ABC):
    """Base of prediction sets that run a network; satisfies `boundary_bench.bench.plugins.protocols.PredictionSet`.

    Attributes:
        checkpoint: the network's file.
        dataset: whose images it sees.
        settings: what decides the edges besides, JSON-able.
    """

    task: Task = "edges"
    has_probabilities = True

    def __init__(self, name: str, dataset: Dataset, checkpoint: Path, settings: dict[str, Any]) -> None:
        self.name, self.checkpoint, self.dataset, self.settings = name, checkpoint, dataset, settings
        self._digest = file_digest(checkpoint)

    @abstractmethod
    def edges(self, image: Image) -> Probability:
        """Probability of the edges of each class, float32 (K, H, W), in an image, RGB uint8 (H, W, 3)."""

    def has(self, sample: Sample) -> bool:
        """Whether the dataset has the image."""
        return not lacks_image(self.dataset, sample)

    def load(self, sample: Sample) -> EdgeMaps:
        """Probabilities, float32 (K, H, W).

        Raises:
            InputError: the image cannot be read.
        """
        return EdgeMaps(self.edges(self.dataset.image(sample)))

    def digest(self, sample: Sample) -> str:
        """Digest of the image, the network and the settings."""
        return combined(self.dataset.digest(sample), self._digest, repr(sorted(self.settings.items())))

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Problem]:
        """Whether the image can be read and is as large as the truth."""
        try:
            found = self.dataset.image(sample).shape[:2]
        except InputError as error:
            return list(error.problems)
        where = f"{self.name}: {sample.id}"
        return [] if found == size else [Problem(where, f"an image of size {found}", f"{size}, as its truth")]

    def describe(self) -> dict[str, Any]:
        """The network's digest and the settings."""
        return {**self.settings, "checkpoint": self._digest}


class EdgeNetwork(_NetworkEdges):
    """Edges that a STEAL network sees.

    Args:
        checkpoint, scheme, device, precision: as of `boundary_bench.refiners.steal.refiner.Steal`.
        dataset: of as many classes as the network; or of one, which is then on the edge where any of the network's is.
        name: what tables call it. Default: the checkpoint's.
        nms: whether edges are thinned by non-maximum suppression, as STEAL tests them.

    Raises:
        InputError: another number of classes.
        ValueError: as `Steal`.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dataset: Dataset,
        name: str | None = None,
        nms: bool = False,
        scheme: Scheme = "whole",
        device: str | None = None,
        precision: Precision = "float32",
    ) -> None:
        self.network = Steal(checkpoint, scheme=scheme, device=device, precision=precision)
        classes, known = len(dataset.classes), self.network.classes
        if classes not in (1, known):
            where, found = f"checkpoint {checkpoint}, dataset {dataset.name}", f"a network of {known} classes"
            raise InputError(Problem(where, found, f"{classes} classes"))
        self._merged, self._nms = classes < known, nms
        settings = {"format": "edge_network", "nms": nms, "scheme": scheme, "precision": precision}
        super().__init__(name or Path(checkpoint).stem, dataset, self.network.checkpoint, settings)

    def edges(self, image: Image) -> Probability:
        """Probability of the edges of each class, float32 (K, H, W)."""
        found = self.network.edges(image)
        return _thinned(found.max(axis=0, keepdims=True) if self._merged else found, self._nms)


class SegFixBoundary(_NetworkEdges):
    """The boundary that a SegFix network sees, whatever the classes (SegFix, Section 4.2).

    Args:
        checkpoint, device, precision: as of `boundary_bench.refiners.segfix.refiner.SegFix`.
        dataset: of a single class of edges, such as `EdgeTruth` with `binary`.
        name, nms: as of `EdgeNetwork`.

    Raises:
        InputError: a dataset of several classes.
        ValueError: as `SegFix`.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        dataset: Dataset,
        name: str | None = None,
        nms: bool = False,
        device: str | None = None,
        precision: Precision = "float32",
    ) -> None:
        require_torch("SegFix networks")
        if len(dataset.classes) != 1:
            where, found = f"dataset {dataset.name}, predictions in format segfix_boundary", f"{len(dataset.classes)}"
            raise InputError(
                Problem(where, f"{found} classes", "one", "edges of all classes are one with binary: true")
            )
        self._device, self._precision, self._nms = device_named(device), precision, nms
        settings = {"format": "segfix_boundary", "nms": nms, "precision": precision}
        super().__init__(name or Path(checkpoint).stem, dataset, checkpoint_file(checkpoint, SegFix.shipped), settings)

    def edges(self, image: Image) -> Probability:
        """Probability of the boundary, float32 (1, H, W)."""
        from boundary_bench.refiners.networks.base import loaded
        from boundary_bench.refiners.segfix.inference import predict

        network, _ = loaded(SegFix.checkpoints(), self.checkpoint, self._digest)
        boundary, _ = predict(network, image, device=self._device, precision=self._precision)
        return _thinned(boundary[None], self._nms)


def _thinned(edges: Probability, nms: bool) -> Probability:
    from boundary_bench.refiners.steal.nms import thinned

    return thinned(edges) if nms else edges
