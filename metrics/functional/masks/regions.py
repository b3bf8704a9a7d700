"""Regions of an image one by one: what the truth says of each, and what was predicted for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.label_codes import label_codes, no_class, void_where_true_void
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap

OBJECT = 1
"""Class of the foreground of a binary mask."""


class Region(NamedTuple):
    """One region.

    Attributes:
        category: its class.
        truth, prediction: bool (H, W), C-contiguous; pixels that are void in the truth are in neither.
    """

    category: int
    truth: NDArray[np.bool_]
    prediction: NDArray[np.bool_]


def regions(prediction: BinaryMask | SemanticMap, truth: BinaryMask | SemanticMap, *, classes: int) -> Iterator[Region]:
    """The foreground of a binary mask, empty or not, or each class that truth or prediction have, in their order.

    Args:
        prediction, truth: of one kind and size.
        classes: number of classes K of label maps.

    Raises:
        ValueError: sizes that differ.
    """
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
    if isinstance(truth, BinaryMask):
        assert isinstance(prediction, BinaryMask)
        found = prediction.mask if truth.void is None else prediction.mask & ~truth.void
        yield Region(OBJECT, np.ascontiguousarray(truth.mask), np.ascontiguousarray(found))
        return
    assert isinstance(prediction, SemanticMap)
    true = label_codes(truth.labels, classes=classes)
    predicted = void_where_true_void(label_codes(prediction.labels, classes=classes), true)
    present = np.union1d(np.unique(true), np.unique(predicted))
    for category in present[present != no_class(true)].tolist():
        yield Region(category, true == category, predicted == category)
