"""What is measured and refined: one frozen, validated class for each kind of segmentation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Task = Literal["semantic", "instance", "panoptic", "edges"]

VOID = 255
"""Label of pixels that belong to no class. In the truth they are not scored; in a prediction they are wrong."""

Labels = NDArray[np.uint8] | NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class SemanticMap:
    """A label map and, where the model saved them, the class probabilities behind it.

    Attributes:
        labels: uint8 or int32 (H, W), training ids 0..K-1 and `VOID` (255). Stored as a read-only view.
        probabilities: float32 (K, h, w), at any resolution with the field of view of `labels` (h = H and w = W or
            coarser), in 0..1; None where only labels were saved. Stored as a read-only view.

    Raises:
        TypeError: another dtype.
        ValueError: another number of dimensions, an empty map, or probabilities that are not finite in 0..1.
    """

    labels: Labels
    probabilities: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        _require(self.labels, "labels", (np.uint8, np.int32), 2)
        object.__setattr__(self, "labels", _read_only(self.labels))
        if self.probabilities is not None:
            _require(self.probabilities, "probabilities", (np.float32,), 3)
            low, high = float(self.probabilities.min()), float(self.probabilities.max())
            # Written so that NaN fails too; the slack is the rounding of a float32 softmax.
            if not (low >= 0.0 and high <= 1.0 + 1e-5):
                raise ValueError(f"probabilities lie in [{low:g}, {high:g}]; allowed: finite values in [0, 1]")
            object.__setattr__(self, "probabilities", _read_only(self.probabilities))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        height, width = self.labels.shape
        return height, width


def _require(array: NDArray[Any], name: str, dtypes: tuple[type, ...], dimensions: int) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.type not in dtypes:
        allowed = " or ".join(dtype.__name__ for dtype in dtypes)
        raise TypeError(f"{name} are {getattr(array, 'dtype', type(array).__name__)}; allowed: a {allowed} array")
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(f"{name} have shape {array.shape}; allowed: {dimensions} dimensions, none of them 0")


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    view = array.view()
    view.flags.writeable = False
    return view
