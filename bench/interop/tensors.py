"""Label maps out of other people's tensors and arrays."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels, label_dtype, void_of

USUAL_IGNORED = 255
"""What other tools' maps hold where nothing is scored, unless it is a class."""


def as_array(values: Any) -> NDArray[Any]:
    """A tensor of any device, or what NumPy takes for an array, in main memory."""
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def ignored_id(given: int | None, classes: int) -> int | None:
    """The id that is not scored: the given one, by default 255 where that is no class, else none."""
    if given is None and classes <= USUAL_IGNORED:
        return USUAL_IGNORED
    return given


def as_labels(values: Any, *, classes: int, ignored: int | None, what: str) -> Labels:
    """Class ids of any integer type, as label maps.

    An ignored class is void in truth and prediction, so that it is in no mean: pixels that truly are of it are not
    scored, and wherever else it is predicted it is wrong.

    Args:
        values: tensor or array of any shape.
        classes: number of classes K.
        ignored: id of pixels that are not scored, a class or another one; None where there is none.
        what: what to call the values in messages.

    Returns:
        The same shape of `boundary_bench.metrics.structures.labels.label_dtype`, ids 0..K-1 and void.

    Raises:
        ValueError: values that are no whole numbers, or ids that are neither classes nor ignored.
    """
    ids = as_array(values)
    if ids.dtype.kind not in "iu":
        raise ValueError(f"{what} are {ids.dtype}; allowed: whole numbers, the ids of classes")
    nothing = np.zeros(ids.shape, np.bool_) if ignored is None else ids == ignored
    outside = (ids < 0) | (ids >= classes)
    wrong = np.unique(ids[outside & ~nothing])
    if len(wrong):
        found = ", ".join(map(str, wrong[:5].tolist())) + (" ..." if len(wrong) > 5 else "")
        void = "" if ignored is None else f", and {ignored} for void"
        raise ValueError(f"{what} hold {found}; allowed: 0 to {classes - 1}{void}")
    labels: Any = np.where(nothing, 0, ids).astype(label_dtype(classes))
    labels[nothing] = void_of(labels)
    return cast(Labels, labels)
