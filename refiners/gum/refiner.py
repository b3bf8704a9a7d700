"""Guided up-sampling as a refiner of saved class probabilities."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import SemanticMap, Task
from boundary_bench.refiners.common import probabilities
from boundary_bench.refiners.common.per_label import SEMANTIC
from boundary_bench.refiners.networks.base import NetworkRefiner
from boundary_bench.refiners.networks.device import Precision

if TYPE_CHECKING:
    from boundary_bench.refiners.gum.network import GuidanceNetwork
    from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind


class GUM(NetworkRefiner["GuidanceNetwork"]):
    """Guided up-sampling (Mazzini, BMVC 2018) of the coarse class probabilities that a model saved.

    Where plain enlargement interpolates the probabilities at a pixel's own place, here each pixel looks where a network
    that sees the image sends it, some pixels away. Probabilities, unlike labels, may be blended. The network has been
    trained to send pixels where one model's probabilities are right; it is not told K, so that it can be used on
    any model's. In the original it is a part of that model and trained with it.

    The labels are the argmax of what is found, everywhere, and need not be the saved ones where all offsets are 0:
    those may come from logits, or from before the probabilities were rounded.

    Attributes:
        checkpoint, device, precision: as of `NetworkRefiner`.
    """

    tasks: frozenset[Task] = SEMANTIC
    needs_probabilities: bool = True
    method = "GUM"
    shipped = Path(__file__).with_name("weights")

    def __init__(self, checkpoint: str, *, device: str | None = None, precision: Precision = "float32") -> None:
        """Load the network.

        Args:
            checkpoint: a file, `.safetensors`, or the name of one that comes with the package.
            device: `cpu`, `cuda` or `cuda:N`. Default: a GPU where there is one.
            precision: of the network; other than float32 by autocast.

        Raises:
            ValueError: torch is absent; no such checkpoint, or one that is damaged or of another kind; another value.
        """
        super().__init__(checkpoint, device, precision)

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
            ValueError: no probabilities, or not of the labels' field of view, or K > 255 beside uint8 labels; an image
                of another shape or dtype, or of another size than the prediction.
        """
        from boundary_bench.refiners.gum import inference

        coarse = probabilities.require_coarse(prediction, "guided up-sampling")
        if image.shape[:2] != prediction.size:
            raise ValueError(f"image has size {image.shape[:2]}; allowed: that of the prediction, {prediction.size}")
        where: dict[str, Any] = {"device": self.device, "precision": self.precision}
        found = inference.enlarged(self._network, image, coarse, **where)
        return SemanticMap(probabilities.relabelled(prediction, found), found)

    @staticmethod
    def checkpoints() -> CheckpointKind[GuidanceNetwork]:
        """Of guidance networks."""
        from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS

        return GUM_CHECKPOINTS
