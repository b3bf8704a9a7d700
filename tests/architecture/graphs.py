"""What is asked of a graph of rooms: circles, heights, the arrows that say it all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache

Graph = Mapping[str, AbstractSet[str]]
"""Node -> nodes that it points to. Each of them is a key too."""


def circles(edges: Graph) -> list[list[str]]:
    """Sets of nodes that reach each other."""
    reach = {node: reached(node, edges) for node in edges}
    found: dict[str, list[str]] = {}
    for node in edges:
        ring = sorted(other for other in reach[node] if node in reach[other])
        if ring:
            found.setdefault(ring[0], ring)
    return list(found.values())


def reached(start: str, edges: Graph) -> set[str]:
    """All nodes to which a way leads from one; itself only where it lies in a circle."""
    seen: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += edges[node]
    return seen


def without_circles(edges: Graph) -> dict[str, set[str]]:
    """The same nodes without the arrows inside circles, those of a circle sharing what any of them points to."""
    kept: dict[str, set[str]] = {node: set(edges[node]) for node in edges}
    for ring in circles(edges):
        shared = set().union(*(edges[node] for node in ring)).difference(ring)
        kept |= {node: set(shared) for node in ring}
    return kept


def heights(edges: Graph) -> dict[str, int]:
    """Node -> length of the longest way from it, in arrows. There must be no circle."""

    @cache
    def height(node: str) -> int:
        return max((1 + height(below) for below in edges[node]), default=0)

    return {node: height(node) for node in edges}


def reduced(edges: Graph) -> dict[str, set[str]]:
    """Without arrows to what can be reached by others. There must be no circle."""
    return {
        node: {below for below in edges[node] if not any(below in reached(other, edges) for other in edges[node])}
        for node in edges
    }
