"""STEAL as a refiner: labels move to boundaries that a network sees, or that were saved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, AnyMap
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import Precision
from boundary_bench.refiners.steal.evidence import Probability
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.files import EdgeFolder, read_edges
from boundary_bench.refiners.steal.moving import Moving, shows_moving

if TYPE_CHECKING:
    from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind
    from boundary_bench.refiners.steal.casenet import CASENet
    from boundary_bench.refiners.steal.inference import Scheme


class Steal(NetworkRefiner["CASENet"]):
    """STEAL with its network: the coarse-to-fine refinement of Section 3.6, for coarse labels and for predictions.

    A binary mask moves to edges of any class that the network knows.

    Attributes:
        tasks: all kinds.
        checkpoint: the file.
        coarse: whether labels are coarse.
        classes: how many the network knows.
        device, precision: as of `NetworkRefiner`.
    """

    tasks: frozenset[Task] = ALL_KINDS
    method = "STEAL"
    shipped = Path(__file__).with_name("weights")

    @shows_moving
    def __init__(
        self,
        checkpoint: str,
        *,
        scheme: Scheme = "whole",
        device: str | None = None,
        precision: Precision = "float32",
        **moving: Any,
    ) -> None:
        """Load the network.

        Args:
            checkpoint: a file, our own (`.safetensors`) or one that the authors released; or the name of one that
                comes with the package.
            scheme: what the network is shown, see `boundary_bench.refiners.steal.inference.probabilities`.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.
            moving: how labels move, see `boundary_bench.refiners.steal.moving.Moving`.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged, of another kind, or would run
                code; another value.
        """
        how = Moving(**moving)
        self.coarse, self._evolution = how.coarse, how.evolution()
        super().__init__(checkpoint, device, precision)
        from boundary_bench.refiners.steal.inference import scheme_named

        self.scheme = scheme_named(scheme)
        self.classes = self._network.classes

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:
        """Labels in the dtype they came in.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: of any kind.

        Raises:
            ValueError: an image of another shape or dtype, or of another size than the prediction; a class that the
                network does not know.
        """
        return self._evolution.refined(prediction, self.edges(image))

    def edges(self, image: NDArray[np.uint8]) -> Probability:
        """Probability of the boundaries of each class; that of the image seen last is kept in memory.

        Args:
            image: RGB, uint8 (H, W, 3).

        Returns:
            float32 (K, H, W), not to be written to. All 0 for an image of a single row or column.

        Raises:
            ValueError: an image of another shape or dtype.
        """
        found: Probability = self._last.of(image, lambda _: self._predicted(image))
        return found

    def _predicted(self, image: NDArray[np.uint8]) -> Probability:
        from boundary_bench.refiners.steal.inference import SMALLEST_PX, probabilities

        if min(image.shape[:2]) < SMALLEST_PX:
            return np.zeros((self.classes, *image.shape[:2]), np.float32)
        found = probabilities(self._network, image, scheme=self.scheme, device=self.device, precision=self.precision)
        found.flags.writeable = False
        return found

    @staticmethod
    def checkpoints() -> CheckpointKind[CASENet]:
        """Of edge networks."""
        from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS

        return STEAL_CHECKPOINTS


@dataclass(frozen=True)
class EdgeRefiner:
    """Moves the labels of one image to the edges in its files.

    Attributes:
        paths: the files.
        evolution: how labels move.
        tasks: all kinds.
    """

    paths: tuple[Path, ...]
    evolution: Evolution
    tasks: frozenset[Task] = ALL_KINDS

    def refine(self, image: NDArray[np.uint8], prediction: AnyMap) -> AnyMap:  # noqa: ARG002
        """Labels in the dtype they came in.

        Raises:
            ValueError: files that are damaged, of another size than the prediction, or without one of its classes.
        """
        return self.evolution.refined(prediction, read_edges(self.paths, prediction.size))


class StealEdges:
    """STEAL with saved edges, of any detector; see `Steal`.

    Args:
        edges: their folder, see `boundary_bench.refiners.steal.files.EdgeFolder`.
        moving: how labels move, see `boundary_bench.refiners.steal.moving.Moving`.

    Raises:
        ValueError: as `EdgeFolder`, or a value that is not allowed.
    """

    tasks: frozenset[Task] = ALL_KINDS

    @shows_moving
    def __init__(self, edges: str | os.PathLike[str], **moving: Any) -> None:
        self.folder, how = EdgeFolder(edges), Moving(**moving)
        self.coarse, self._evolution = how.coarse, how.evolution()

    def for_sample(self, sample_id: str) -> EdgeRefiner:
        """The refiner of one image.

        Raises:
            ValueError: files are missing, or there are several.
        """
        return EdgeRefiner(self.folder.paths(sample_id), self._evolution)

    def files(self, sample_id: str) -> Sequence[Path]:
        """Files that `for_sample` reads; raises the same errors."""
        return self.folder.paths(sample_id)

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        """Read the files of a sample whose image has `size` (H, W).

        Raises:
            ValueError: as `for_sample`, or for anything that is wrong with the contents of the files.
        """
        read_edges(self.folder.paths(sample_id), size)
