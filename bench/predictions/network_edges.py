"""Edges predicted by networks from the images of a dataset, computed on demand."""

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
        dataset: provides the images.
        settings: other parameters that determine the edges, JSON-able.
    """

    task: Task = "edges"
    has_probabilities = True

    def __init__(self, name: str, dataset: Dataset, checkpoint: Path, settings: dict[str, Any]) -> None:
        self.name, self.checkpoint, self.dataset, self.settings = name, checkpoint, dataset, settings
        self._digest = file_digest(checkpoint)

    @abstractmethod
    def edges(self, image: Image) -> Probability:
        """Edge probability of each class, float32 (K, H, W), of an image, RGB uint8 (H, W, 3)."""

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
        """Whether the image can be read and has the size of the truth."""
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
    """Edges predicted by a STEAL network.

    Args:
        checkpoint, scheme, device, precision: see `boundary_bench.refiners.steal.refiner.Steal`.
        dataset: has as many classes as the network, or one, whose edges are the union of all the network's classes.
        name: name in tables; by default the checkpoint's.
        nms: whether edges are thinned by non-maximum suppression, as in STEAL's evaluation.

    Raises:
        InputError: the number of classes does not match.
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
        """Edge probability of each class, float32 (K, H, W)."""
        found = self.network.edges(image)
        return _thinned(found.max(axis=0, keepdims=True) if self._merged else found, self._nms)


class SegFixBoundary(_NetworkEdges):
    """Class-agnostic boundary predicted by a SegFix network (SegFix, Section 4.2).

    Args:
        checkpoint, device, precision: see `boundary_bench.refiners.segfix.refiner.SegFix`.
        dataset: has a single class of edges, such as `EdgeTruth` with `binary`.
        name, nms: as in `EdgeNetwork`.

    Raises:
        InputError: the dataset has several classes.
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
                Problem(where, f"{found} classes", "one", "set binary: true to merge the edges of all classes")
            )
        self._device, self._precision, self._nms = device_named(device), precision, nms
        settings = {"format": "segfix_boundary", "nms": nms, "precision": precision}
        super().__init__(name or Path(checkpoint).stem, dataset, checkpoint_file(checkpoint, SegFix.shipped), settings)

    def edges(self, image: Image) -> Probability:
        """Boundary probability, float32 (1, H, W)."""
        from boundary_bench.refiners.networks.base import loaded
        from boundary_bench.refiners.segfix.inference import predict

        network, _ = loaded(SegFix.checkpoints(), self.checkpoint, self._digest)
        boundary, _ = predict(network, image, device=self._device, precision=self._precision)
        return _thinned(boundary[None], self._nms)


def _thinned(edges: Probability, nms: bool) -> Probability:
    from boundary_bench.refiners.steal.nms import thinned

    return thinned(edges) if nms else edges
