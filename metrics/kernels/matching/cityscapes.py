"""Matching and precision-recall points by the rules of cityscapesScripts."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def match(
    predicted: Any,
    true: Any,
    pixels: Any,
    iou: Any,
    thresholds: Any,
    scores: Any,
    areas: Any,
    void_pixels: Any,
    group: Any,
    small: Any,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.bool_]]:
    """Predictions that are right and wrong, and objects that are found, at every threshold.

    Of the predictions over the threshold with an object, the one of the highest score is right and the others wrong.
    One that is over it with nothing is wrong unless a larger share of it than the threshold lies on void, groups and
    small objects; small groups count twice.

    Args:
        predicted, true, pixels, iou: (P,), pairs that overlap.
        thresholds: float64 (T,), to be exceeded.
        scores, areas, void_pixels: (N,), of the predictions.
        group, small: bool (G,).

    Returns:
        uint8 (T, N), how many objects each prediction is right for; uint8 (T, N), how many times it is wrong;
        bool (T, G), objects found.
    """
    right = np.zeros((len(thresholds), len(scores)), np.uint8)
    wrong = np.zeros((len(thresholds), len(scores)), np.uint8)
    found = np.zeros((len(thresholds), len(group)), np.bool_)
    best = np.empty(len(group), np.int64)
    over = np.empty(len(scores), np.bool_)
    excused = void_pixels.copy()
    for pair in range(len(pixels)):
        excused[predicted[pair]] += pixels[pair] * (int(group[true[pair]]) + int(small[true[pair]]))
    for t in range(len(thresholds)):
        best[:] = -1
        over[:] = False
        for pair in range(len(pixels)):
            n, g = predicted[pair], true[pair]
            if iou[pair] <= thresholds[t]:
                continue
            over[n] = True
            if group[g] or small[g]:
                continue
            if best[g] < 0:
                best[g] = n
            else:
                better = scores[n] > scores[best[g]]
                wrong[t, best[g] if better else n] += 1
                best[g] = n if better else best[g]
        for g in range(len(group)):
            if best[g] >= 0:
                right[t, best[g]] += 1
                found[t, g] = True
        for n in range(len(scores)):
            if not over[n] and excused[n] / areas[n] <= thresholds[t]:
                wrong[t, n] += 1
    return right, wrong, found


@njit(cache=True, nogil=True)
def operating_points(
    scores: Any, weights: Any, right: Any, wrong: Any, missed: float, precision: Any, recall: Any
) -> int:
    """Precision and recall of all that scores at least as much, at every score that occurs; then 1 and 0.

    Args:
        scores: float64 (D,), rising.
        weights: float64 (D,).
        right, wrong: uint8 (D,), how often each counts.
        missed: weighted objects that nothing found.
        precision, recall: float64 (>= D + 1,), written.

    Returns:
        How many points were written.
    """
    true, total = 0.0, 0.0
    for i in range(len(scores)):
        true += weights[i] * right[i]
        total += weights[i] * (right[i] + wrong[i])
    all_true, points, i = true, 0, 0
    while i < len(scores):
        last, found, here = i, 0.0, 0.0
        while last < len(scores) and scores[last] == scores[i]:
            found += weights[last] * right[last]
            here += weights[last] * (right[last] + wrong[last])
            last += 1
        if here > 0:
            precision[points] = true / total
            recall[points] = true / (all_true + missed)
            points += 1
        true, total, i = true - found, total - here, last
    precision[points], recall[points] = 1.0, 0.0
    return points + 1
