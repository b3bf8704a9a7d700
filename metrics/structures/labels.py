"""Label maps: how wide their ids are, and which label means that a pixel belongs to no class.

Void is no class id. uint8 maps hold at most 255 classes, 0..254, and 255 is void; int32 maps hold any number of them,
and -1 is void. In the truth void pixels are not scored; in a prediction they are wrong wherever the truth is scored.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.kernels.counting import present_labels

Labels = NDArray[np.uint8] | NDArray[np.int32]
"""(H, W): training ids 0..K-1 and void, see `void_of`."""

MOST_NARROW_CLASSES = 255
"""Number of classes up to which label maps are uint8."""
MOST_CLASSES = 65_534
"""Number of classes up to which ids fit into 16-bit files, with one id left for void."""


WIDEST_COUNT = 1 << 20
"""Ids up to which occurrences are counted; wider maps are sorted."""


def void_of(labels: NDArray[Any]) -> int:
    """Label of the pixels of a map that belong to no class: 255 in uint8 maps, -1 in others."""
    return 255 if labels.dtype == np.uint8 else -1


def label_dtype(classes: int) -> np.dtype[np.uint8] | np.dtype[np.int32]:
    """Type of label maps of that many classes."""
    return np.dtype(np.uint8) if classes <= MOST_NARROW_CLASSES else np.dtype(np.int32)


def all_void(size: tuple[int, int], classes: int) -> Labels:
    """A label map (H, W) for that many classes in which no pixel belongs to one."""
    empty = np.empty(size, label_dtype(classes))
    empty.fill(void_of(empty))
    return empty


def with_void(labels: NDArray[Any], *, classes: int) -> Labels:
    """Ids of any integer type as a label map for K classes; every id that is no class becomes void.

    Args:
        labels: (H, W), integers of any width, signed or not.
        classes: number of classes K.

    Returns:
        (H, W) of `label_dtype(K)`; the map itself where it is one already.
    """
    dtype = label_dtype(classes)
    outside = (labels >= classes) if labels.dtype.kind == "u" else (labels < 0) | (labels >= classes)
    if labels.dtype == dtype and not (outside & (labels != void_of(labels))).any():
        return cast(Labels, labels)
    narrow: Any = np.where(outside, 0, labels).astype(dtype)
    narrow[outside] = void_of(narrow)
    return cast(Labels, narrow)


def ids_of(labels: Labels) -> NDArray[np.int64]:
    """Sorted ids that occur in a label map, void among them."""
    if labels.dtype == np.uint8:
        return np.flatnonzero(present_labels(cast(NDArray[np.uint8], labels)))
    if int(labels.min()) < 0 or int(labels.max()) > WIDEST_COUNT:
        return np.unique(labels).astype(np.int64)
    return np.flatnonzero(np.bincount(labels.ravel()))
