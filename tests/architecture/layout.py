"""Where the boxes of a drawn graph stand: levels from above, few crossings, straight ways.

After Sugiyama, Tagawa and Toda, Methods for visual understanding of hierarchical system structures, IEEE Transactions
on Systems, Man, and Cybernetics 1981: levels, places on the way of long arrows, barycentres.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

from tests.architecture.graphs import Graph, heights

SWEEPS = 40


@dataclass(frozen=True)
class Layout:
    """Centres of boxes, and for each arrow the places it passes, its ends included."""

    levels: list[list[str]]
    """From the ground up, each from left to right, with the places that arrows pass among the boxes."""
    x: dict[str, float]
    ways: dict[tuple[str, str], list[str]]
    width: float


def levels(edges: Graph, bands: list[list[str]]) -> dict[str, int]:
    """Node -> level, one band above the other; inside a band, which has no circle, an arrow leads down."""
    found: dict[str, int] = {}
    for band in bands:
        ground = max(found.values(), default=-1) + 1
        inside = {node: edges[node] & set(band) for node in band}
        found |= {node: ground + height for node, height in heights(inside).items()}
    return found


def laid_out(edges: Graph, level: Mapping[str, int], width_of: Callable[[str], float]) -> Layout:
    """Place nodes whose arrows all lead down."""
    ways = {(node, below): _way(node, below, level) for node in edges for below in sorted(edges[node])}
    rows: list[list[str]] = [[] for _ in range(max(level.values()) + 1)]
    for node in level:
        rows[level[node]].append(node)
    for way in ways.values():
        for step, place in enumerate(way[1:-1], 1):
            rows[level[way[0]] - step].append(place)
    links = [pair for way in ways.values() for pair in pairwise(way)]
    rows = _ordered(rows, links)
    width = max(sum(map(width_of, row)) for row in rows)
    return Layout(rows, _centres(rows, links, width_of, width), ways, width)


def _way(node: str, below: str, level: Mapping[str, int]) -> list[str]:
    return [node, *(f"{node}>{below}@{at}" for at in range(level[node] - 1, level[below], -1)), below]


def _ordered(rows: list[list[str]], links: list[tuple[str, str]]) -> list[list[str]]:
    """The order with the fewest crossings that sorting by the mean place of neighbours comes across."""
    best = rows
    for sweep in range(SWEEPS):
        upward = sweep % 2 == 0
        beside = _neighbours(links, upward=upward)
        rows = list(rows)
        for before, at in _sweep(len(rows), upward=upward):
            place = {node: number for number, node in enumerate(rows[before])}
            goal = {node: _mean([place[n] for n in beside[node]], own) for own, node in enumerate(rows[at])}
            rows[at] = sorted(rows[at], key=goal.__getitem__)
        best = min(best, rows, key=lambda candidate: _crossings(candidate, links))
    return best


def _centres(
    rows: list[list[str]], links: list[tuple[str, str]], width_of: Callable[[str], float], width: float
) -> dict[str, float]:
    """Centres in a row keep apart and stand, as far as they can, at the mean of their neighbours."""
    x: dict[str, float] = {}
    for row in rows:
        x |= dict(zip(row, _apart([width / 2] * len(row), [*map(width_of, row)], width), strict=True))
    for sweep in range(SWEEPS):
        beside = _neighbours(links, upward=sweep % 2 == 0)
        for _, at in _sweep(len(rows), upward=sweep % 2 == 0):
            wanted = [_mean([x[other] for other in beside[node]], x[node]) for node in rows[at]]
            x |= dict(zip(rows[at], _apart(wanted, [*map(width_of, rows[at])], width), strict=True))
    return x


def _apart(wanted: list[float], widths: list[float], width: float) -> list[float]:
    """The nearest centres to the wanted ones, by least squares, at which boxes do not overlap, moved into the width."""
    total = sum(widths)
    starts = [end - each / 2 for end, each in zip(accumulate(widths), widths, strict=True)]
    blocks: list[list[float]] = []
    for goal, start in zip(wanted, starts, strict=True):
        blocks.append([goal - start])
        while len(blocks) > 1 and _mean(blocks[-2], 0) >= _mean(blocks[-1], 0):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    offsets = [_mean(block, 0) for block in blocks for _ in block]
    return [start + min(max(offset, 0), width - total) for start, offset in zip(starts, offsets, strict=True)]


def _neighbours(links: list[tuple[str, str]], *, upward: bool) -> Mapping[str, list[str]]:
    """Node -> its neighbours on the level that a sweep comes from."""
    found: dict[str, list[str]] = defaultdict(list)
    for node, below in links:
        found[node if upward else below].append(below if upward else node)
    return found


def _sweep(count: int, *, upward: bool) -> list[tuple[int, int]]:
    """(level that is settled, level beside it that is next) in the order of a sweep."""
    up = [(level - 1, level) for level in range(1, count)]
    return up if upward else [(level, before) for before, level in reversed(up)]


def _crossings(rows: list[list[str]], links: list[tuple[str, str]]) -> int:
    place = {node: number for row in rows for number, node in enumerate(row)}
    at = {node: number for number, row in enumerate(rows) for node in row}
    count = 0
    for level in range(1, len(rows)):
        ends = [(place[node], place[below]) for node, below in links if at[node] == level]
        count += sum((a - c) * (b - d) < 0 for number, (a, b) in enumerate(ends) for c, d in ends[:number])
    return count


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
