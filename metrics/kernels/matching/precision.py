"""Precision at given recalls and final recall, from detections in the order of their scores, under any weights.

Weights change counts, not the order. So what happens along the order is written down once, as short lists: of each
area range and class the detections that count at some IoU threshold (`entries`), and of each threshold those of them
that are right, or do not count there (`events`). Under a weighting one running sum over the entries serves all
thresholds: what is neither right nor left out is wrong, and needs no event.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from boundary_bench.metrics.kernels.matching.detections import IGNORED, TRUE

EPSILON = np.spacing(1.0)
RIGHT, LEFT_OUT, STRETCH = np.int32(0), np.int32(1), np.int32(2)
"""Kinds of events. STRETCH + n stands before n events of detections of one class, score and image, where some are right
and some are wrong: a whole weight repeats these as a sequence, as if the image stood there so many times."""


@njit(cache=True, nogil=True)
def entries(outcomes: Any, images: Any, tied: Any, starts: Any) -> tuple[Any, Any, Any, Any]:
    """Detections that count at some threshold, by area range, then by class, then in their order.

    Args:
        outcomes: uint8 (A, T, D), by class, then by falling score, then by image.
        images: (D,), where the detections are.
        tied: int64 (D,), the end of the detections of one class, score and image that each belongs to.
        starts: int64 (K + 1,), where each class begins.

    Returns:
        int32 (E,), their places among D; int32 (E,), their images; int32 (E,), the end of the entries that are tied to
        each; int64 (A * K + 1,), where those of each range and class begin. Ends are counted from there.
    """
    areas, thresholds, count = outcomes.shape
    classes = len(starts) - 1
    counts = np.zeros((areas, count), np.bool_)
    for a in range(areas):
        for t in range(thresholds):
            for i in range(count):
                counts[a, i] |= outcomes[a, t, i] != IGNORED
    total = counts.sum()
    places, image, ends = np.empty(total, np.int32), np.empty(total, np.int32), np.empty(total, np.int32)
    begins = np.zeros(areas * classes + 1, np.int64)
    found = 0
    for a in range(areas):
        for k in range(classes):
            begin, stretch = found, found
            for i in range(starts[k], starts[k + 1]):
                if counts[a, i]:
                    places[found], image[found] = i, images[i]
                    found += 1
                if i + 1 == tied[i]:
                    ends[stretch:found] = found - begin
                    stretch = found
            begins[a * classes + k + 1] = found
    return places, image, ends, begins


@njit(cache=True, nogil=True)
def events(outcomes: Any, places: Any, ends: Any, begins: Any) -> tuple[Any, Any, Any]:
    """What happens along the entries at each threshold, see the kinds above.

    Args:
        outcomes: uint8 (A, T, D).
        places, ends, begins: of `entries`.

    Returns:
        int32 (V,), entries, counted from the first of their range and class; int32 (V,), kinds; int64 (A * K * T + 1,),
        where those of each range, class and threshold begin.
    """
    areas, thresholds, _ = outcomes.shape
    classes = (len(begins) - 1) // areas
    bounds = np.zeros(areas * classes * thresholds + 1, np.int64)
    entry, kind = np.empty(0, np.int32), np.empty(0, np.int32)
    for write in (False, True):
        if write:
            entry, kind = np.empty(bounds[-1], np.int32), np.empty(bounds[-1], np.int32)
        found = 0
        for cell in range(areas * classes):
            mine, last = places[begins[cell] : begins[cell + 1]], ends[begins[cell] : begins[cell + 1]]
            for t in range(thresholds):
                found = _events(outcomes[cell // classes, t], mine, last, entry, kind, found, write)
                bounds[cell * thresholds + t + 1] = found
    return entry, kind, bounds


@njit(cache=True, nogil=True)
def _events(outcomes: Any, places: Any, ends: Any, entry: Any, kind: Any, found: int, write: bool) -> int:
    first = 0
    while first < len(places):
        last, right, out = ends[first], 0, 0
        for e in range(first, last):
            right += outcomes[places[e]] == TRUE
            out += outcomes[places[e]] == IGNORED
        if right > 0 and right + out < last - first:
            if write:
                entry[found], kind[found] = first, STRETCH + right + out
            found += 1
        if write and right + out > 0:
            for e in range(first, last):
                if outcomes[places[e]] == TRUE:
                    entry[found], kind[found], found = e, RIGHT, found + 1
                elif outcomes[places[e]] == IGNORED:
                    entry[found], kind[found], found = e, LEFT_OUT, found + 1
        elif not write:
            found += right + out
        first = last
    return found


@njit(cache=True, nogil=True)
def interpolate(
    image: Any,
    ends: Any,
    begins: Any,
    entry: Any,
    kind: Any,
    bounds: Any,
    weights: Any,
    truths: Any,
    points: Any,
    precision: Any,
    recall: Any,
) -> None:
    """Precision at recall r is the highest one at any recall that is r or more; 0 beyond the last.

    Args:
        image, ends, begins: of `entries`.
        entry, kind, bounds: of `events`.
        weights: float64 (N,), of the images.
        truths: float64 (A, K), weighted objects to be found.
        points: float64 (R,), recalls, rising from 0.
        precision: float64 (A, T, R, K), written; NaN for classes without objects.
        recall: float64 (A, T, K), written; as above.
    """
    areas, thresholds, _, classes = precision.shape
    sums = np.empty(np.diff(begins).max() if len(begins) > 1 else 0)
    best = np.empty(len(points))
    for a in range(areas):
        for k in range(classes):
            if truths[a, k] == 0:
                precision[a, :, :, k] = np.nan
                recall[a, :, k] = np.nan
                continue
            cell = a * classes + k
            mine, last = image[begins[cell] : begins[cell + 1]], ends[begins[cell] : begins[cell + 1]]
            total = 0.0
            for e in range(len(mine)):
                total += weights[mine[e]]
                sums[e] = total
            for t in range(thresholds):
                one = slice(bounds[cell * thresholds + t], bounds[cell * thresholds + t + 1])
                best[:] = 0
                found = _along(entry[one], kind[one], mine, last, weights, sums, truths[a, k], points, best)
                recall[a, t, k] = found / truths[a, k]
                highest = 0.0
                for r in range(len(points) - 1, -1, -1):
                    highest = max(highest, best[r])
                    precision[a, t, r, k] = highest


@njit(cache=True, nogil=True)
def _along(
    entry: Any, kind: Any, image: Any, ends: Any, weights: Any, sums: Any, truths: float, points: Any, best: Any
) -> float:
    """Go along the events; note the highest precision between each recall and the next; return the objects found."""
    true, out, r, i = 0.0, 0.0, 0, 0
    while i < len(entry):
        e = entry[i]
        weight = weights[image[e]]
        if kind[i] == RIGHT:
            true += weight
            r = _reach(true, truths, points, r)
            best[r] = max(best[r], true / (sums[e] - out + EPSILON))
        elif kind[i] == LEFT_OUT:
            out += weight
        elif weight > 1 and weight == np.floor(weight):
            members, before = kind[i] - STRETCH, sums[e] - weight - out
            left = 0
            for m in range(i + 1, i + 1 + members):
                left += kind[m] == LEFT_OUT
            for copy in range(int(weight)):
                gone = 0
                for m in range(i + 1, i + 1 + members):
                    if kind[m] == LEFT_OUT:
                        gone += 1
                        continue
                    true += 1
                    total = before + copy * (ends[e] - e - left) + (entry[m] - e + 1 - gone)
                    r = _reach(true, truths, points, r)
                    best[r] = max(best[r], true / (total + EPSILON))
            out += left * weight
            i += members
        i += 1
    return true


@njit(cache=True, nogil=True)
def _reach(true: float, truths: float, points: Any, r: int) -> int:
    """The last of the recalls that is reached."""
    while r + 1 < len(points) and true / truths >= points[r + 1]:
        r += 1
    return r



@njit(cache=True, nogil=True)
def tally(image: Any, cell: Any, weights: Any, counts: Any) -> None:
    """Add up, for each cell, the weights of the images of what is in it.

    Args:
        image, cell: int32 (C,).
        weights: float64 (R, N).
        counts: float64 (R, cells), written.
    """
    counts[:] = 0
    for row in range(len(weights)):
        for i in range(len(cell)):
            counts[row, cell[i]] += weights[row, image[i]]
