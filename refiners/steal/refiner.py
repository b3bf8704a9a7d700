"""STEAL as a refiner: labels move to boundaries that a network sees, or that were saved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import Task
from boundary_bench.refiners.common.per_label import ALL_KINDS, Kind
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import (
    Precision,
    checkpoint_file,
    contents_digest,
    device_named,
    precision_named,
    require_torch,
)
from boundary_bench.refiners.networks.last_image import LastImage
from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evidence import Probability
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.files import EdgeFolder, read_edges
from boundary_bench.refiners.steal.schedule import Schedule

if TYPE_CHECKING:
    from boundary_bench.refiners.steal.casenet import CASENet
    from boundary_bench.refiners.steal.inference import Scheme

SHIPPED: Final = Path(__file__).with_name("weights")
"""Checkpoints that come with the package, by the stems of their names."""

COARSE: Final = {"balloon": 1.0, "threshold": 0.99, "smoothing": 1, "steps": 60, "reduction": 2}
"""For coarse labels: those of the released refinement of Cityscapes' coarse labels."""
PREDICTED: Final = {"balloon": 0.0, "threshold": 0.99, "smoothing": 1, "steps": 20, "reduction": 1}
"""For predictions, which the paper does not refine: without balloon, as in active alignment; the number of steps is
chosen on CamVid's validation split."""


def evolution(coarse: bool, closeness: float, **given: Any) -> Evolution:
    """How labels move.

    Args:
        coarse: decides the defaults.
        closeness: as of `Evolution`.
        given: values for the keys of `COARSE`; None takes the default.

    Raises:
        ValueError: a value that is not allowed.
    """
    chosen: dict[str, Any] = {**(COARSE if coarse else PREDICTED), **{k: v for k, v in given.items() if v is not None}}
    steps = chosen["steps"]
    contour = Contour(chosen["balloon"], chosen["threshold"], chosen["smoothing"])
    schedule = Schedule((steps,) if isinstance(steps, int) else tuple(steps), chosen["reduction"])
    return Evolution(contour, schedule, coarse, closeness)


class Steal(NetworkRefiner):
    """STEAL with its network: the coarse-to-fine refinement of Section 3.6, for coarse labels and for predictions.

    Attributes:
        tasks: all kinds.
        checkpoint: the file.
        coarse: whether labels are coarse.
        classes: how many the network knows.
        device: where the network runs, `cpu` or torch's name of a GPU.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(
        self,
        checkpoint: str,
        *,
        coarse: bool = False,
        balloon: float | None = None,
        threshold: float | None = None,
        smoothing: int | None = None,
        steps: int | Sequence[int] | None = None,
        reduction: int | None = None,
        closeness: float = 0.0,
        scheme: Scheme = "whole",
        device: str | None = None,
        precision: Precision = "float32",
    ) -> None:
        """Load the network.

        Args:
            checkpoint: a file, our own (`.safetensors`) or one that the authors released; or the name of one that
                comes with the package.
            coarse, closeness: see `boundary_bench.refiners.steal.evolution.Evolution`. Defaults: `COARSE` for coarse
                labels, else `PREDICTED`, here and below.
            balloon, threshold, smoothing: see `boundary_bench.refiners.steal.contour.Contour`.
            steps, reduction: see `boundary_bench.refiners.steal.schedule.Schedule`.
            scheme: what the network is shown, see `boundary_bench.refiners.steal.inference.probabilities`.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged, of another kind, or would run
                code; another value.
        """
        self.checkpoint, self.coarse = checkpoint_file(checkpoint, SHIPPED), coarse
        self._evolution = evolution(
            coarse,
            closeness,
            balloon=balloon,
            threshold=threshold,
            smoothing=smoothing,
            steps=steps,
            reduction=reduction,
        )
        require_torch("STEAL networks")
        from boundary_bench.refiners.steal.inference import scheme_named

        self.scheme = scheme_named(scheme)
        self.precision, self.device = precision_named(precision), device_named(device)
        self._digest = contents_digest(self.checkpoint.read_bytes())
        self.classes = loaded(self.checkpoint, self._digest).classes
        self._last: LastImage[Probability] = LastImage()

    def refine(self, image: NDArray[np.uint8], prediction: Kind) -> Kind:
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
        return self._last.of(image, lambda _: self._predicted(image))

    def _predicted(self, image: NDArray[np.uint8]) -> Probability:
        from boundary_bench.refiners.steal.inference import SMALLEST_PX, probabilities

        network = loaded(self.checkpoint, self._digest)
        if min(image.shape[:2]) < SMALLEST_PX:
            return np.zeros((network.classes, *image.shape[:2]), np.float32)
        found = probabilities(network, image, scheme=self.scheme, device=self.device, precision=self.precision)
        found.flags.writeable = False
        return found

    @staticmethod
    def _read(checkpoint: Path) -> tuple[Any, dict[str, Any]]:
        from boundary_bench.refiners.steal.checkpoint import load

        return load(checkpoint)


@lru_cache(maxsize=32)
def loaded(checkpoint: Path, digest: str) -> CASENet:  # noqa: ARG001 - a changed file is another key
    """A network for inference, loaded once in each process.

    Args:
        checkpoint: its file.
        digest: of its contents.

    Raises:
        ValueError: as `boundary_bench.refiners.steal.checkpoint.load`.
    """
    from boundary_bench.refiners.networks.fuse_batchnorm import folded
    from boundary_bench.refiners.steal.checkpoint import load

    return folded(load(checkpoint)[0])


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

    def refine(self, image: NDArray[np.uint8], prediction: Kind) -> Kind:  # noqa: ARG002
        """Labels in the dtype they came in.

        Raises:
            ValueError: files that are damaged, of another size than the prediction, or without one of its classes.
        """
        return self.evolution.refined(prediction, read_edges(self.paths, prediction.size))


class StealEdges:
    """STEAL with saved edges, of any detector; see `Steal`.

    Args:
        edges: their folder, see `boundary_bench.refiners.steal.files.EdgeFolder`.
        coarse, balloon, threshold, smoothing, steps, reduction, closeness: as of `Steal`.

    Raises:
        ValueError: as `EdgeFolder`, or a value that is not allowed.
    """

    tasks: frozenset[Task] = ALL_KINDS

    def __init__(
        self,
        edges: str | os.PathLike[str],
        *,
        coarse: bool = False,
        balloon: float | None = None,
        threshold: float | None = None,
        smoothing: int | None = None,
        steps: int | Sequence[int] | None = None,
        reduction: int | None = None,
        closeness: float = 0.0,
    ) -> None:
        self.folder, self.coarse = EdgeFolder(edges), coarse
        self._evolution = evolution(
            coarse,
            closeness,
            balloon=balloon,
            threshold=threshold,
            smoothing=smoothing,
            steps=steps,
            reduction=reduction,
        )

    def for_sample(self, sample_id: str) -> EdgeRefiner:
        """The refiner of one image.

        Raises:
            ValueError: files are missing, or there are several.
        """
        return EdgeRefiner(self.folder.paths(sample_id), self._evolution)

    def files(self, sample_id: str) -> Sequence[Path]:
        """What `for_sample` reads; errors as there."""
        return self.folder.paths(sample_id)

    def check(self, sample_id: str, size: tuple[int, int]) -> None:
        """Read the files of a sample whose image has `size` (H, W).

        Raises:
            ValueError: as `for_sample`, or for anything that is wrong with the contents of the files.
        """
        read_edges(self.folder.paths(sample_id), size)
