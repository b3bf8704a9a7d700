"""How many pixels of one boundary map can be paired with those of another within a disk, as pixels come in.

The graph is never stored. Pixels of the truth are numbered in reading order, so those that a pixel can be paired with
are one run of numbers in each row of the disk, found by two look-ups in a table of counts.

A pixel that comes in either frees a place for itself along an augmenting path, or never will: the pixels seen by a
search that failed can reach no free place, now or later, and are taken out for good. So all the failures together cost
no more than one pass over the graph, however many thresholds the pixels come in by.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def counts_before(mask: Any) -> NDArray[np.int32]:
    """Pixels set before each position in reading order: int32 (H, W + 1); the last column counts whole rows."""
    height, width = mask.shape
    out = np.empty((height, width + 1), np.int32)
    count = np.int32(0)
    for y in range(height):
        for x in range(width):
            out[y, x] = count
            count += np.int32(mask[y, x])
        out[y, width] = count
    return out


@njit(cache=True, nogil=True)
def disk(radius_px: float) -> NDArray[np.int64]:
    """Rows of a disk, nearest first: int64 (D, 2), offset of the row and half its width, in pixels."""
    reach = int(np.floor(radius_px))
    out = np.empty((2 * reach + 1, 2), np.int64)
    for i in range(len(out)):
        dy = -((i + 1) // 2) if i % 2 else i // 2
        out[i, 0] = dy
        out[i, 1] = int(np.floor(np.sqrt(radius_px * radius_px - dy * dy)))
    return out


@njit(cache=True, nogil=True)
def points_by_level(levels: Any, count: int) -> Any:
    """Pixels by falling level, each level in reading order; those of level 0 are left out.

    Args:
        levels: uint8 (H, W), 0..count.
        count: number of levels L.

    Returns:
        int32 (N, 2), row and column; and int64 (L,), how many of them have level L, at least L - 1, ..., at least 1.
    """
    height, width = levels.shape
    sizes = np.zeros(count + 1, np.int64)
    for y in range(height):
        for x in range(width):
            sizes[levels[y, x]] += 1
    stops = np.cumsum(sizes[:0:-1])
    place = np.zeros(count + 1, np.int64)
    for i in range(1, count):
        place[count - i] = stops[i - 1]
    points = np.empty((stops[-1], 2), np.int32)
    for y in range(height):
        for x in range(width):
            level = levels[y, x]
            if level > 0:
                at = place[level]
                points[at, 0], points[at, 1] = y, x
                place[level] += 1
    return points, stops


# Calls that pass tuples of arrays count references to each: here that would take longer than the work.
_part = njit(cache=True, nogil=True, inline="always")


class _Graph(NamedTuple):
    """Possible pairs, see `matched_counts`."""

    points: Any
    before: Any
    rows: Any


class _State(NamedTuple):
    """Chains that skip taken and hopeless places; who has which place; and what the latest search found."""

    free: Any
    alive: Any
    holder: Any
    place_of: Any
    seen: Any
    via: Any
    queue: Any


@njit(cache=True, nogil=True)
def matched_counts(points: Any, stops: Any, before: Any, rows: Any) -> NDArray[np.int64]:
    """Size of a maximum matching of the first points with the pixels of the other map, for rising numbers of points.

    Args:
        points: int32 (N, 2), row and column.
        stops: int64 (L,), numbers of points, rising.
        before: `counts_before` of the other map.
        rows: `disk` of the largest distance.

    Returns:
        int64 (L,).
    """
    places = before[-1, -1]
    graph = _Graph(points, before, rows)
    state = _State(
        np.arange(places + 1),
        np.arange(places + 1),
        np.empty(places, np.int64),
        np.full(len(points), -1, np.int64),
        np.full(places, -1, np.int64),
        np.empty(places, np.int64),
        np.empty(places, np.int64),
    )
    out = np.empty(len(stops), np.int64)
    matched, first = 0, 0
    for level in range(len(stops)):
        for point in range(first, stops[level]):
            matched += _come_in(point, graph, state)
        first = stops[level]
        out[level] = matched
    return out


@_part
def _come_in(start: int, graph: Any, state: Any) -> bool:
    """Find a place for a new point, moving others along a shortest augmenting path; say whether there was one."""
    place = _free_place(start, graph, state)
    point, count, done = start, 0, 0
    while place < 0:
        count = _look_around(start, point, graph, state, count)
        if done == count:
            for i in range(count):
                state.alive[state.queue[i]] = state.queue[i] + 1
            return False
        point = state.holder[state.queue[done]]
        done += 1
        place = _free_place(point, graph, state)
    while point != start:
        left = state.place_of[point]
        state.holder[place], state.place_of[point] = point, place
        place, point = left, state.via[left]
    state.holder[place], state.place_of[start] = start, place
    return True


@_part
def places_in_row(y: int, x: int, reach: int, before: Any) -> tuple[int, int]:
    """Numbers of the places in a row of the map, up to `reach` from x: the first, and one past the last."""
    if not 0 <= y < len(before):
        return 0, 0
    return before[y, max(x - reach, 0)], before[y, min(x + reach + 1, before.shape[1] - 1)]


@_part
def _next(links: Any, i: int) -> Any:
    """The first number from i on that has not been taken out of a chain of links."""
    while links[i] != i:
        links[i] = links[links[i]]
        i = links[i]
    return i


@_part
def _free_place(point: int, graph: Any, state: Any) -> Any:
    """Take a free place within reach of a point; -1 where there is none."""
    rows, y, x = graph.rows, graph.points[point, 0], graph.points[point, 1]
    for i in range(len(rows)):
        place, stop = places_in_row(y + rows[i, 0], x, rows[i, 1], graph.before)
        if place < stop:
            place = _next(state.free, place)
            if place < stop:
                state.free[place] = place + 1
                return place
    return -1


@_part
def _look_around(start: int, point: int, graph: Any, state: Any, count: int) -> int:
    """Queue the places around a point that this search has not seen; return the length of the queue."""
    rows, y, x = graph.rows, graph.points[point, 0], graph.points[point, 1]
    for i in range(len(rows)):
        place, stop = places_in_row(y + rows[i, 0], x, rows[i, 1], graph.before)
        if place < stop:
            place = _next(state.alive, place)
        while place < stop:
            if state.seen[place] != start:
                state.seen[place], state.via[place] = start, point
                state.queue[count] = place
                count += 1
            place = _next(state.alive, place + 1)
    return count
