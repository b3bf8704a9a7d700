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
LANES = 8
"""Weightings that are gone through side by side, so that a processor can work on several at once."""
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


@njit(cache=True, nogil=True, error_model="numpy")
def interpolate(
    area: int, entries: Any, events: Any, weights: Any, truths: Any, points: Any, precision: Any, recall: Any
) -> None:
    """Precision at recall r is the highest one at any recall that is r or more; 0 beyond the last.

    Args:
        area: which range of areas.
        entries, events: without the places; of all ranges.
        weights: float64 (N, LANES), of the images.
        truths: float64 (LANES, K), weighted objects to be found.
        points: float64 (R,), recalls, equally spaced from 0 to 1.
        precision: float64 (LANES, K, T, R), written; NaN for classes without objects.
        recall: float64 (LANES, T, K), written; as above.
    """
    image, ends, begins = entries
    entry, kind, bounds = events
    _, classes, thresholds, _ = precision.shape
    sums = np.empty((np.diff(begins).max(), LANES))
    best, true, wanted = np.empty((len(points), LANES)), np.empty(LANES), np.empty(LANES)
    marks = np.append(points, np.inf)
    for k in range(classes):
        if truths[:, k].max() == 0:
            precision[:, k], recall[:, :, k] = np.nan, np.nan
            continue
        cell = area * classes + k
        mine, last = image[begins[cell] : begins[cell + 1]], ends[begins[cell] : begins[cell + 1]]
        for lane in range(LANES):
            wanted[lane] = truths[lane, k] if truths[lane, k] > 0 else 1.0
        _running_sums(mine, weights, sums)
        for t in range(thresholds):
            first, stop = bounds[cell * thresholds + t], bounds[cell * thresholds + t + 1]
            best[:] = 0
            _along(entry[first:stop], kind[first:stop], mine, last, weights, sums, wanted, marks, best, true)
            for lane in range(LANES):
                known = truths[lane, k] > 0
                recall[lane, t, k] = true[lane] / truths[lane, k] if known else np.nan
                highest = 0.0
                for r in range(len(points) - 1, -1, -1):
                    highest = max(highest, best[r, lane])
                    precision[lane, k, t, r] = highest if known else np.nan


@njit(cache=True, nogil=True)
def _running_sums(image: Any, weights: Any, sums: Any) -> None:
    total = np.zeros(LANES)
    for e in range(len(image)):
        for lane in range(LANES):
            total[lane] += weights[image[e], lane]
            sums[e, lane] = total[lane]


@njit(cache=True, nogil=True, error_model="numpy")
def _along(
    entry: Any,
    kind: Any,
    image: Any,
    ends: Any,
    weights: Any,
    sums: Any,
    wanted: Any,
    points: Any,
    best: Any,
    true: Any,
) -> None:
    """Go along the events; note the highest precision between each recall and the next, and the objects found."""
    out, share, reached, i = np.zeros(LANES), np.empty(LANES), np.empty(LANES), 0
    true[:] = 0
    while i < len(entry):
        e = entry[i]
        if kind[i] == RIGHT:
            for lane in range(LANES):
                true[lane] += weights[image[e], lane]
                share[lane] = true[lane] / (sums[e, lane] - out[lane] + EPSILON)
                reached[lane] = true[lane] / wanted[lane]
            for lane in range(LANES):
                _note(share[lane], reached[lane], points, best, lane)
        elif kind[i] == LEFT_OUT:
            for lane in range(LANES):
                out[lane] += weights[image[e], lane]
        else:
            members = slice(i + 1, i + 1 + kind[i] - STRETCH)
            for lane in range(LANES):
                _stretch(
                    lane,
                    entry[members],
                    kind[members],
                    e,
                    ends[e],
                    weights[image[e], lane],
                    sums,
                    wanted,
                    points,
                    best,
                    true,
                    out,
                )
            i += kind[i] - STRETCH
        i += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _stretch(
    lane: int,
    entry: Any,
    kind: Any,
    first: int,
    last: int,
    weight: float,
    sums: Any,
    wanted: Any,
    points: Any,
    best: Any,
    true: Any,
    out: Any,
) -> None:
    """Entries first to last, one copy of all of them after the other where the weight is whole."""
    copies, unit = (int(weight), 1.0) if weight == np.floor(weight) else (1, weight)
    left, before = 0, sums[first, lane] - weight - out[lane]
    for m in range(len(entry)):
        left += kind[m] == LEFT_OUT
    for copy in range(copies):
        gone = 0
        for m in range(len(entry)):
            if kind[m] == LEFT_OUT:
                gone += 1
                continue
            true[lane] += unit
            total = before + unit * (copy * (last - first - left) + entry[m] - first + 1 - gone)
            _note(true[lane] / (total + EPSILON), true[lane] / wanted[lane], points, best, lane)
    out[lane] += left * weight


@njit(cache=True, nogil=True, inline="always")
def _note(share: float, reached: float, points: Any, best: Any, lane: int) -> None:
    """Keep a precision with the last of the recalls that is reached."""
    reached = min(reached, 1.0)
    r = int(reached * (len(points) - 2))
    # The product is rounded, so the place can be off by one. Written without branches, which would be guessed wrong.
    r += np.int64(reached >= points[r + 1]) - np.int64(reached < points[r])
    kept = best[r, lane]
    best[r, lane] = share if share > kept else kept


@njit(cache=True, nogil=True)
def tally(image: Any, cell: Any, weights: Any, counts: Any) -> None:
    """Add up, for each cell, the weights of the images of what is in it.

    Args:
        image, cell: int32 (C,).
        weights: float64 (N, LANES).
        counts: float64 (cells, LANES), written.
    """
    counts[:] = 0
    for i in range(len(cell)):
        for lane in range(LANES):
            counts[cell[i], lane] += weights[image[i], lane]


@njit(cache=True, nogil=True)
def columns(rows: Any, chosen: Any, out: Any) -> None:
    """Write the chosen rows (K, M) as columns (M, C), a few at a time, as memory is read and written in lines."""
    for start in range(0, len(chosen), 8):
        for m in range(rows.shape[1]):
            for c in range(start, min(start + 8, len(chosen))):
                out[m, c] = rows[chosen[c], m]
