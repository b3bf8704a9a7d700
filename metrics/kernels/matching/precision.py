"""Precision at given recalls and final recall, from detections in the order of their scores, under weights."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from boundary_bench.metrics.kernels.matching.detections import FALSE, TRUE

EPSILON = np.spacing(1.0)


@njit(cache=True, nogil=True)
def interpolate(
    outcomes: Any, weights: Any, tied: Any, starts: Any, truths: Any, points: Any, precision: Any, recall: Any
) -> None:
    """Precision at recall r is the highest one at any recall that is r or more; 0 beyond the last.

    Args:
        outcomes: uint8 (A, T, D), by class, then by falling score, then by image.
        weights: float64 (D,), of the images that the detections are in.
        tied: int64 (D,), the end of the detections of one class, score and image that each belongs to. A whole weight
            repeats them as a sequence, as if the image stood there so many times.
        starts: int64 (K + 1,), where each class begins.
        truths: float64 (A, K), weighted objects to be found.
        points: float64 (R,), recalls, rising.
        precision: float64 (A, T, R, K), written; NaN for classes without objects.
        recall: float64 (A, T, K), written; as above.
    """
    longest = 0
    for k in range(len(starts) - 1):
        total = 0.0
        for i in range(starts[k], starts[k + 1]):
            total += max(weights[i], 1.0)
        longest = max(longest, int(total))
    reached, highest = np.empty(longest), np.empty(longest)
    for a in range(outcomes.shape[0]):
        for k in range(len(starts) - 1):
            if truths[a, k] == 0:
                precision[a, :, :, k] = np.nan
                recall[a, :, k] = np.nan
                continue
            for t in range(outcomes.shape[1]):
                steps, found = _steps(outcomes[a, t], weights, tied, starts[k], starts[k + 1], reached, highest)
                recall[a, t, k] = found / truths[a, k]
                for i in range(steps - 2, -1, -1):
                    highest[i] = max(highest[i], highest[i + 1])
                i = 0
                for r in range(len(points)):
                    while i < steps and reached[i] / truths[a, k] < points[r]:
                        i += 1
                    precision[a, t, r, k] = highest[i] if i < steps else 0.0


@njit(cache=True, nogil=True)
def _steps(outcomes: Any, weights: Any, tied: Any, first: int, last: int, found: Any, precision: Any) -> Any:
    """Objects found and precision at every true positive; only there can either rise."""
    true, false, steps, i = 0.0, 0.0, 0, first
    while i < last:
        copies, weight, end = 1, weights[i], tied[i]
        if end - i > 1 and weight == np.floor(weight):
            copies, weight = int(weight), 1.0
        if weight > 0:
            for _ in range(copies):
                for j in range(i, end):
                    if outcomes[j] == TRUE:
                        true += weight
                        found[steps] = true
                        precision[steps] = true / (false + true + EPSILON)
                        steps += 1
                    elif outcomes[j] == FALSE:
                        false += weight
        i = end
    return steps, true


@njit(cache=True, nogil=True)
def count_true(outcomes: Any, weights: Any, ranks: Any, starts: Any, limits: Any, counts: Any) -> None:
    """Weighted true positives among the first detections of each image and class.

    Args:
        outcomes: uint8 (T, D), by class.
        weights: float64 (D,).
        ranks: int64 (D,), how many of the image and class come before.
        starts: int64 (K + 1,).
        limits: int64 (M,), how many of an image and class count.
        counts: float64 (M, T, K), written.
    """
    counts[:] = 0
    for t in range(len(outcomes)):
        for k in range(len(starts) - 1):
            for i in range(starts[k], starts[k + 1]):
                if outcomes[t, i] == TRUE:
                    for m in range(len(limits)):
                        if ranks[i] < limits[m]:
                            counts[m, t, k] += weights[i]
