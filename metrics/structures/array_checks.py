"""What the arrays of a segmentation must be, and views of them that cannot be written to."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def require_array(array: NDArray[Any], name: str, dtypes: tuple[type, ...], dimensions: int) -> None:
    """Raise TypeError for another dtype, ValueError for another number of dimensions or an empty array."""
    if not isinstance(array, np.ndarray) or array.dtype.type not in dtypes:
        allowed = " or ".join(dtype.__name__ for dtype in dtypes)
        raise TypeError(f"{name} are {getattr(array, 'dtype', type(array).__name__)}; allowed: a {allowed} array")
    if array.ndim != dimensions or array.size == 0:
        raise ValueError(f"{name} have shape {array.shape}; allowed: {dimensions} dimensions, none of them 0")


def require_probabilities(probabilities: NDArray[Any]) -> None:
    """Raise ValueError unless all values are finite and lie in 0..1."""
    low, high = float(probabilities.min()), float(probabilities.max())
    # Written so that NaN fails too; the slack is the rounding of a float32 softmax.
    if not (low >= 0.0 and high <= 1.0 + 1e-5):
        raise ValueError(f"probabilities lie in [{low:g}, {high:g}]; allowed: finite values in [0, 1]")


def read_only(array: NDArray[Any]) -> NDArray[Any]:
    """A view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
