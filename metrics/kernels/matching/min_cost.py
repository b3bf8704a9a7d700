"""Pairs of pixels of two boundary maps within a disk: as many as possible and, among those, at the least distance.

Points come in one by one, and each takes the shortest augmenting path in reduced costs, found by Dijkstra's search (the
assignment algorithm of Jonker and Volgenant, Computing 1987, on the graph of `correspondence`, which is never stored).
A path may also end at a point that gives up its place, at the price of one pair lost, so what is matched is optimal for
the points that came in, whatever their order. Whole numbers keep ties and prices exact.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from boundary_bench.metrics.kernels.matching.correspondence import places_in_row

UNIT = 1 << 30
"""Steps to a pixel of distance."""
_TIE = np.uint32(1023)
"""Largest number of steps, a millionth of a pixel, by which one of two pairs of equal distance is preferred."""
_MIX_ROWS, _MIX_COLUMNS, _HALF = np.uint32(2654435761), np.uint32(2246822519), np.uint32(16)

# Calls that pass tuples of arrays count references to each: here that would take longer than the work.
_part = njit(cache=True, nogil=True, inline="always")


class _Graph(NamedTuple):
    """Possible pairs and their costs, see `assign`; `lost` outweighs every sum of costs."""

    points: Any
    places: Any
    before: Any
    rows: Any
    costs: Any
    lost: int


class _State(NamedTuple):
    """Current assignment and prices; and by place, the state of the latest search and its queue."""

    place_of: Any
    holder: Any
    price: Any
    seen: Any
    via: Any
    distance: Any
    heap: Any
    at: Any
    settled: Any


@njit(cache=True, nogil=True)
def assign(points: Any, places: Any, before: Any, rows: Any) -> Any:
    """Give points places so that most get one and the sum of distances is the smallest.

    Args:
        points: int32 (N, 2), row and column.
        places: int32 (M, 2), pixels of the other map in reading order.
        before: `correspondence.counts_before` of the other map.
        rows: `correspondence.disk` of the largest distance.

    Returns:
        int64 (N,), number of the place, or -1.
    """
    count = len(places)
    costs = _costs(rows)
    graph = _Graph(points, places, before, rows, costs, (min(len(points), count) + 1) * (costs[-1] + UNIT))
    state = _State(
        np.full(len(points), -1, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int64),
        np.full(count, -1, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
        np.empty(count, np.int64),
    )
    for start in range(len(points)):
        end = _search(start, graph, state)
        if end >= 0:
            _shift(end, start, state)
    return state.place_of


@_part
def _search(start: int, graph: Any, state: Any) -> Any:
    """Find the place where the best path from a new point ends, and set the prices by it; -1: it gets no place."""
    best, end = graph.lost, -1
    point, reached, size, done = start, 0, 0, 0
    paid = 0
    while True:
        best, end, size = _look_around(start, point, reached, paid, graph, state, best, end, size)
        if size == 0 or state.distance[state.heap[0]] >= best:
            break
        place = state.heap[0]
        size = _pop(state, size)
        state.settled[done] = place
        done += 1
        point, reached = state.holder[place], state.distance[place]
        paid = _cost(point, place, graph) - state.price[place]
        if reached - paid + graph.lost < best:
            best, end = reached - paid + graph.lost, place
    for i in range(done):
        state.price[state.settled[i]] += state.distance[state.settled[i]] - best
    return end


@_part
def _look_around(
    start: int, point: int, reached: int, paid: int, graph: Any, state: Any, best: int, end: int, size: int
) -> tuple[int, int, int]:
    """Reach all places around a point: the best end of a path so far, its place, and the size of the queue."""
    rows, places, costs, price = graph.rows, graph.places, graph.costs, state.price
    y, x = graph.points[point, 0], graph.points[point, 1]
    for i in range(len(rows)):
        first, stop = places_in_row(y + rows[i, 0], x, rows[i, 1], graph.before)
        for place in range(first, stop):
            new = state.seen[place] != start
            if not new and state.distance[place] <= reached:
                continue
            down, across = places[place, 0] - y, places[place, 1] - x
            to = reached - paid + costs[down * down + across * across] - price[place]
            if to >= best:
                continue
            to += _tie(2 * y + down, 2 * x + across)
            if to >= best or (not new and to >= state.distance[place]):
                continue
            state.seen[place], state.distance[place], state.via[place] = start, to, point
            if state.holder[place] < 0:
                best, end = to, place
            else:
                _rise(state, size if new else state.at[place], place)
                size += new
    return best, end, size


@_part
def _shift(end: int, start: int, state: Any) -> None:
    """Hand each point of the path the place that the next one leaves; who had the last one goes without."""
    if state.holder[end] >= 0:
        state.place_of[state.holder[end]] = -1
    while True:
        point = state.via[end]
        left = state.place_of[point]
        state.holder[end], state.place_of[point] = point, end
        if point == start:
            return
        end = left


@njit(cache=True, nogil=True)
def _costs(rows: Any) -> Any:
    """Cost by squared distance, up to the largest in the disk."""
    largest = 0
    for i in range(len(rows)):
        largest = max(largest, rows[i, 0] ** 2 + rows[i, 1] ** 2)
    return np.rint(np.sqrt(np.arange(largest + 1)) * UNIT).astype(np.int64)


@_part
def _cost(point: int, place: int, graph: Any) -> Any:
    y, x = graph.points[point, 0], graph.points[point, 1]
    down, across = graph.places[place, 0] - y, graph.places[place, 1] - x
    return graph.costs[down * down + across * across] + _tie(2 * y + down, 2 * x + across)


@_part
def _tie(y: int, x: int) -> Any:
    """Cost of a pair besides its distance, by the sum of its positions, so that ties do not depend on the order."""
    where = np.uint32(y) * _MIX_ROWS + np.uint32(x) * _MIX_COLUMNS
    where = (where ^ (where >> _HALF)) * _MIX_ROWS
    return np.int64((where >> _HALF) & _TIE)


@_part
def _rise(state: Any, at: int, place: int) -> None:
    """Put a place that is at `at` of the queue, or just behind its end, where its distance belongs."""
    heap, distance = state.heap, state.distance
    while at > 0 and distance[heap[(at - 1) // 2]] > distance[place]:
        up = (at - 1) // 2
        heap[at] = heap[up]
        state.at[heap[at]] = at
        at = up
    heap[at], state.at[place] = place, at


@_part
def _pop(state: Any, size: int) -> int:
    """Take the nearest place out of the queue; return its new size."""
    heap, distance = state.heap, state.distance
    size -= 1
    place = heap[size]
    at = 0
    while 2 * at + 1 < size:
        down = 2 * at + 1
        if down + 1 < size and distance[heap[down + 1]] < distance[heap[down]]:
            down += 1
        if distance[heap[down]] >= distance[place]:
            break
        heap[at] = heap[down]
        state.at[heap[at]] = at
        at = down
    heap[at], state.at[place] = place, at
    return size
