"""Rooms of the three floors (a room is a folder) and what their modules import."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tests.paths import REPOSITORY

PACKAGE = "boundary_bench"
FLOORS = ("metrics", "refiners", "bench")
FACES = ("bench/report", "bench/papers", "bench/interop", "bench/cli")
"""Rooms of the top floor that people look at; they stand last."""


class Import(NamedTuple):
    """One imported name: of `import a.b` the module alone."""

    module: str
    name: str | None
    level: int
    """Number of dots that a relative import begins with."""
    eager: bool
    """Imported with the module, and not only when a function is called or types are checked."""


def sources(root: Path = REPOSITORY) -> list[Path]:
    """All modules of the three floors. A floor's own `__init__` holds nothing that could be imported."""
    return sorted({path for floor in FLOORS for path in (root / floor).rglob("*.py")}.difference(faces(root)))


def faces(root: Path = REPOSITORY) -> list[Path]:
    """The `__init__` of each floor."""
    return [root / floor / "__init__.py" for floor in FLOORS]


def room_of(path: Path, root: Path = REPOSITORY) -> str:
    """The folder of a module; a module that lies loose on its floor is a room by itself."""
    place = path.relative_to(root)
    return place.parent.as_posix() if len(place.parts) > 2 else place.as_posix()


def module_of(path: Path, root: Path = REPOSITORY) -> str:
    """Its dotted name below the package."""
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def imports(source: str) -> tuple[Import, ...]:
    """Everything that a source text imports, from anywhere."""
    return tuple(_imports(ast.parse(source), eager=True))


def names(source: str, known: frozenset[str]) -> Iterator[str]:
    """Modules that a source text imports: of `from a import b` the module `a.b` where there is one, else `a`."""
    for found in imports(source):
        yield _target(found, known)


@cache
def imported(path: Path, root: Path = REPOSITORY, *, eager: bool = False) -> tuple[str, ...]:
    """Modules of ours that a module imports, or imports eagerly, as dotted names below the package."""
    known = _known(root)
    all_of_it = imports(path.read_text(encoding="utf-8"))
    targets = (_target(found, known) for found in all_of_it if found.eager or not eager)
    return tuple(dict.fromkeys(name for name in targets if name in known))


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


def graph(root: Path = REPOSITORY) -> dict[str, set[str]]:
    """Room -> rooms that it imports from, in the order of their names."""
    edges: dict[str, set[str]] = {room_of(path, root): set() for path in sources(root)}
    for room, other in arrows(root):
        edges[room].add(other)
    return edges


def _imports(node: ast.AST, *, eager: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(alias.name, None, 0, eager) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield from (Import(child.module or "", alias.name, child.level, eager) for alias in child.names)
        elif not isinstance(child, ast.expr):
            at_once = not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and not _for_types(child)
            yield from _imports(child, eager=eager and at_once)


def _for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _target(found: Import, known: frozenset[str]) -> str:
    module = found.module.removeprefix(f"{PACKAGE}.")
    within = found.name or "" if module == PACKAGE else f"{module}.{found.name}"
    return within if within in known else module


@cache
def _known(root: Path) -> frozenset[str]:
    return frozenset(module_of(path, root) for path in sources(root))
