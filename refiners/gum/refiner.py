"""Guided up-sampling as a refiner of saved class probabilities."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common import probabilities
from boundary_bench.refiners.common.per_label import SEMANTIC
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import (
    Precision,
    checkpoint_file,
    contents_digest,
    device_named,
    precision_named,
    require_torch,
)

if TYPE_CHECKING:
    from boundary_bench.refiners.gum.network import GuidanceNetwork

SHIPPED: Final = Path(__file__).with_name("weights")
"""Checkpoints that come with the package, by the stems of their names."""


class GUM(NetworkRefiner):
    """Guided up-sampling (Mazzini, BMVC 2018) of the coarse class probabilities that a model saved.

    Where plain enlargement interpolates the probabilities at a pixel's own place, here each pixel looks where a network
    that sees the image sends it, some pixels away. Probabilities, unlike labels, may be blended. The network has been
    trained to send pixels where one model's probabilities are right; it is not told K, so that it can be used on
    any model's. In the original it is a part of that model and trained with it.

    The labels are the argmax of what is found, everywhere, and need not be the saved ones where all offsets are 0:
    those may come from logits, or from before the probabilities were rounded.

    Attributes:
        checkpoint: the file.
        device: where the network runs, `cpu` or torch's name of a GPU.
        precision: of the network.
    """

    tasks: frozenset[Task] = SEMANTIC
    needs_probabilities: bool = True

    def __init__(self, checkpoint: str, *, device: str | None = None, precision: Precision = "float32") -> None:
        """Load the network.

        Args:
            checkpoint: a file, `.safetensors`, or the name of one that comes with the package.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged or of another kind; another value.
        """
        self.checkpoint = checkpoint_file(checkpoint, SHIPPED)
        require_torch("GUM networks")
        self.precision, self.device = precision_named(precision), device_named(device)
        self._digest = contents_digest(self.checkpoint.read_bytes())
        loaded(self.checkpoint, self._digest)

    def refine(self, image: NDArray[np.uint8], prediction: SemanticMap) -> SemanticMap:
        """Labels in the dtype they came in, void where they were void, with the probabilities they stand for.

        Args:
            image: RGB, uint8 (H, W, 3).
            prediction: has probabilities float32 (K, h, w) at any resolution; the coarser, the more there is to gain.

        Returns:
            Probabilities float32 (K, H, W), whose sums over classes are those of the given ones, interpolated, and
            their argmax: the smallest id where classes are equally likely.

        Raises:
            TypeError: a prediction that is no semantic map.
            ValueError: no probabilities, or not of the labels' field of view, or K > 255; an image of another shape or
                dtype, or of another size than the prediction.
        """
        from boundary_bench.refiners.gum import inference

        coarse = probabilities.require_coarse(prediction, "guided up-sampling")
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image has size {image.shape[:2]}; allowed: that of the prediction, {prediction.size}")
        where: dict[str, Any] = {"device": self.device, "precision": self.precision}
        found = inference.enlarged(loaded(self.checkpoint, self._digest), image, coarse, **where)
        return SemanticMap(probabilities.relabelled(prediction, found), found)

    @staticmethod
    def _read(checkpoint: Path) -> tuple[Any, dict[str, Any]]:
        from boundary_bench.refiners.gum.checkpoint import load

        return load(checkpoint)


@lru_cache(maxsize=32)
def loaded(checkpoint: Path, digest: str) -> GuidanceNetwork:  # noqa: ARG001 - a changed file is another key
    """A network for inference, loaded once in each process.

    Args:
        checkpoint: its file.
        digest: of its contents.

    Raises:
        ValueError: as `boundary_bench.refiners.gum.checkpoint.load`.
    """
    from boundary_bench.refiners.gum.checkpoint import load
    from boundary_bench.refiners.networks.fuse_batchnorm import folded

    return folded(load(checkpoint)[0])
