"""Greedy one-to-one pairing of predicted with true objects, at several thresholds at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def pair_up(order: Any, predicted: Any, true: Any, iou: Any, thresholds: Any, objects: int) -> NDArray[np.int64]:
    """Let predictions, in their order, take the free object that they overlap most, the later one of equals.

    Args:
        order: int64 (D,), predictions.
        predicted, true, iou: (P,), pairs that overlap, sorted by the prediction, then by the object.
        thresholds: float64 (T,), the least IoU of a pair.
        objects: how many true objects there are.

    Returns:
        int64 (T, G): the prediction of each true object, -1 where it stays free.
    """
    out = np.full((len(thresholds), objects), -1, np.int64)
    first = np.searchsorted(predicted, order)
    last = np.searchsorted(predicted, order, side="right")
    for t in range(len(thresholds)):
        for i in range(len(order)):
            limit, best = thresholds[t], -1
            for pair in range(first[i], last[i]):
                if out[t, true[pair]] < 0 and iou[pair] >= limit:
                    limit, best = iou[pair], true[pair]
            if best >= 0:
                out[t, best] = order[i]
    return out
