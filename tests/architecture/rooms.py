"""Which room may import from which: the table that the tests hold the source to, and how imports are found."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.paths import REPOSITORY

PACKAGE = "boundary_bench"
FLOORS = ("metrics", "refiners", "bench")

ALLOWED: Mapping[str, tuple[str, ...]] = {}
"""Room -> rooms it may import from, from the ground up. A room is a folder; `bench/errors.py` is one by itself."""


def sources(root: Path = REPOSITORY) -> list[Path]:
    """All modules of the three floors."""
    return sorted(path for floor in FLOORS for path in (root / floor).rglob("*.py"))


def room_of(path: Path, root: Path = REPOSITORY) -> str:
    """The folder of a module; a module that lies loose on its floor is a room by itself."""
    place = path.relative_to(root)
    return place.parent.as_posix() if len(place.parts) > 2 else place.as_posix()


def module_of(path: Path, root: Path = REPOSITORY) -> str:
    """Its dotted name below the package."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imported(path: Path, root: Path = REPOSITORY) -> tuple[str, ...]:
    """Modules of ours that a module imports anywhere in it, as dotted names below the package."""
    known = _known(root)
    return tuple(dict.fromkeys(name for name in names(path.read_text(encoding="utf-8"), known) if name in known))


def names(source: str, known: frozenset[str]) -> Iterator[str]:
    """Modules that a source text imports: of `from a import b` the module `a.b` where there is one, else `a`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.removeprefix(f"{PACKAGE}.") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").removeprefix(f"{PACKAGE}.")
            within = [alias.name if module == PACKAGE else f"{module}.{alias.name}" for alias in node.names]
            yield from (name if name in known else module for name in within)


def arrows(root: Path = REPOSITORY) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """(room, room it imports from) -> the pairs of modules that do."""
    rooms = {module_of(path, root): room_of(path, root) for path in sources(root)}
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for path in sources(root):
        here = room_of(path, root)
        for module in imported(path, root):
            if rooms[module] != here:
                found.setdefault((here, rooms[module]), []).append((module_of(path, root), module))
    return found


def circles(edges: Mapping[str, set[str]]) -> list[list[str]]:
    """Sets of rooms that import from each other, directly or by others."""
    reach = {room: _reached(room, edges) for room in edges}
    found: dict[str, list[str]] = {}
    for room in edges:
        ring = sorted(other for other in reach[room] if room in reach.get(other, ()))
        if ring:
            found.setdefault(ring[0], ring)
    return list(found.values())


def heights(edges: Mapping[str, set[str]]) -> dict[str, int]:
    """Room -> length of the longest way down from it, in arrows. There must be no circle."""
    found: dict[str, int] = {}

    def height(room: str) -> int:
        if room not in found:
            found[room] = max((1 + height(below) for below in edges.get(room, ())), default=0)
        return found[room]

    for room in edges:
        height(room)
    return found


def _reached(start: str, edges: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(edges.get(start, ()))
    while waiting:
        room = waiting.pop()
        if room not in seen:
            seen.add(room)
            waiting += edges.get(room, ())
    return seen


@cache
def _known(root: Path) -> frozenset[str]:
    return frozenset(module_of(path, root) for path in sources(root))
