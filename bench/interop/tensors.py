"""Label maps out of other people's tensors and arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import VOID


def as_array(values: Any) -> NDArray[Any]:
    """A tensor of any device, or what NumPy takes for an array, in main memory."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def as_labels(values: Any, *, classes: int, void: int, what: str) -> NDArray[np.uint8]:
    """Class ids of any integer type, as label maps.

    Args:
        values: tensor or array of any shape.
        classes: number of classes K, at most 255.
        void: the id of pixels that belong to no class.
        what: what to call the values in messages.

    Returns:
        uint8 of the same shape, ids 0..K-1 and `boundary_bench.metrics.structures.segmentation.VOID`.

    Raises:
        ValueError: values that are no whole numbers, or ids that are neither classes nor void.
    """
    ids = as_array(values)
    if ids.dtype.kind not in "iu":
        raise ValueError(f"{what} are {ids.dtype}; allowed: whole numbers, the ids of classes")
    outside = (ids < 0) | (ids >= classes)
    wrong = np.unique(ids[outside & (ids != void)])
    if len(wrong):
        found = ", ".join(map(str, wrong[:5].tolist())) + (" ..." if len(wrong) > 5 else "")
        raise ValueError(f"{what} hold {found}; allowed: 0 to {classes - 1}, and {void} for void")
    return np.where(outside, VOID, ids).astype(np.uint8)
