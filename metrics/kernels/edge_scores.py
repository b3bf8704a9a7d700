"""Scores of boundary detection benchmarks from precision-recall curves over thresholds."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

STEPS = 99
"""Steps from one threshold to the next: 100 positions, ends included."""
RECALLS = 101
"""Recalls at which precision is read: 0, 0.01, ..., 1."""


@njit(cache=True, nogil=True)
def f_measure(precision: float, recall: float) -> float:
    """Harmonic mean; 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


@njit(cache=True, nogil=True)
def best_points(thresholds: Any, precision: Any, recall: Any) -> NDArray[np.float64]:
    """The point of the highest F, with precision and recall read on straight lines between thresholds.

    Args:
        thresholds: float64 (T,), rising.
        precision, recall: float64 (N, T).

    Returns:
        float64 (N, 4): threshold, precision, recall, F; of equal F the lowest threshold.
    """
    out = np.empty((len(precision), 4))
    for n in range(len(precision)):
        p, r = precision[n], recall[n]
        out[n] = thresholds[0], p[0], r[0], f_measure(p[0], r[0])
        for t in range(1, len(thresholds)):
            # F rises with both, so no point of the line is better than the better end of each.
            if f_measure(max(p[t - 1], p[t]), max(r[t - 1], r[t])) <= out[n, 3]:
                continue
            for step in range(STEPS + 1):
                d = step / STEPS
                at_p, at_r = p[t] * d + p[t - 1] * (1 - d), r[t] * d + r[t - 1] * (1 - d)
                f = f_measure(at_p, at_r)
                if f > out[n, 3]:
                    out[n] = thresholds[t] * d + thresholds[t - 1] * (1 - d), at_p, at_r, f
    return out


@njit(cache=True, nogil=True)
def areas(precision: Any, recall: Any) -> NDArray[np.float64]:
    """Sum of the precision, read on straight lines between recalls, at 101 recalls, times 0.01.

    Precision is 0 beyond the smallest and the largest recall, and of equal recalls the first counts. So a curve of one
    recall has no area.

    Args:
        precision, recall: float64 (N, T), by rising threshold.

    Returns:
        float64 (N,).
    """
    out = np.zeros(len(precision))
    for n in range(len(precision)):
        order = np.argsort(recall[n], kind="mergesort")
        r, p = recall[n][order], precision[n][order]
        kept = 1
        for t in range(1, len(r)):
            if r[t] != r[kept - 1]:
                r[kept], p[kept] = r[t], p[t]
                kept += 1
        at = 0
        for i in range(RECALLS):
            wanted = i / (RECALLS - 1)
            while at + 2 < kept and r[at + 1] < wanted:
                at += 1
            if kept > 1 and r[at] <= wanted <= r[at + 1]:
                share = (wanted - r[at]) / (r[at + 1] - r[at])
                out[n] += (p[at] + share * (p[at + 1] - p[at])) / (RECALLS - 1)
    return out
