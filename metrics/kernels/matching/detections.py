"""Greedy matching of detections to true objects, for all IoU thresholds and area ranges of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

FALSE, TRUE, IGNORED = np.uint8(0), np.uint8(1), np.uint8(2)
"""Outcome of a detection: a false positive, a true positive, or neither."""


@njit(cache=True, nogil=True)
def ranks(order: Any, kinds: Any) -> NDArray[np.int64]:
    """How many of the same kind come before each in the order: int64 (D,), along the order."""
    out = np.zeros(len(order), np.int64)
    seen = np.zeros(kinds.max() + 1 if len(kinds) else 1, np.int64)
    for i in range(len(order)):
        out[i] = seen[kinds[order[i]]]
        seen[kinds[order[i]]] += 1
    return out


@njit(cache=True, nogil=True)
def match(
    order: Any, predicted: Any, true: Any, iou: Any, thresholds: Any, crowd: Any, ignored: Any, excused: Any
) -> NDArray[np.uint8]:
    """Give each detection the true object that it overlaps most, best detection first.

    A detection takes an object that is not ignored and not taken, of the highest IoU (the later one of equals), if the
    IoU reaches the threshold; else an ignored one by the same rule, where crowd can be taken again and again.

    Args:
        order: int64 (D,), detections by falling score.
        predicted, true, iou: (P,), pairs that overlap, sorted by the detection, then by the object.
        thresholds: float64 (T,).
        crowd: bool (G,).
        ignored: bool (A, G), objects that do not count.
        excused: bool (A, N), detections that do not count unless they are matched.

    Returns:
        uint8 (A, T, D), `FALSE`, `TRUE` or `IGNORED`, along the order.
    """
    out = np.empty((len(ignored), len(thresholds), len(order)), np.uint8)
    first = np.searchsorted(predicted, order)
    last = np.searchsorted(predicted, order, side="right")
    taken = np.empty(len(crowd), np.bool_)
    for a in range(len(ignored)):
        for t in range(len(thresholds)):
            taken[:] = False
            for i in range(len(order)):
                limit, best = min(thresholds[t], 1 - 1e-10), -1
                for wanted in (False, True):
                    for pair in range(first[i], last[i]):
                        g = true[pair]
                        if ignored[a, g] == wanted and iou[pair] >= limit and (crowd[g] or not taken[g]):
                            limit, best = iou[pair], g
                    if best >= 0:
                        break
                if best >= 0:
                    taken[best] = True
                    out[a, t, i] = IGNORED if ignored[a, best] else TRUE
                else:
                    out[a, t, i] = IGNORED if excused[a, order[i]] else FALSE
    return out
