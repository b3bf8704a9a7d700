"""Pixels of two binary masks, counted by what is true and what is predicted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask


def mask_counts(prediction: BinaryMask, truth: BinaryMask) -> NDArray[np.int64]:
    """int64 (2, 2): pixels by truth (row) and prediction (column), background first; those void in the truth left out.

    Raises:
        ValueError: sizes that differ.
    """
    if prediction.size != truth.size:
        raise ValueError(f"prediction has size {prediction.size}; allowed: that of the truth, {truth.size}")
    found, scored = prediction.mask, truth.mask.size
    if truth.void is not None:
        found = found & ~truth.void
        scored -= int(np.count_nonzero(truth.void))
    both, true, predicted = (int(np.count_nonzero(each)) for each in (found & truth.mask, truth.mask, found))
    return np.array([[scored - true - predicted + both, predicted - both], [true - both, both]], np.int64)
