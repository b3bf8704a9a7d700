"""The house's rules: who may import from whom, how large rooms and modules are, where torch is.

Each names what breaks it in a tree, a table or a source text; nothing where all is well.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.architecture import graphs
from tests.architecture.allowed import TABLE, allowed
from tests.architecture.rooms import (
    FLOORS,
    PACKAGE,
    arrows,
    graph,
    imported,
    imports,
    module_of,
    room_of,
    sources,
)

ALLOWED = allowed(TABLE.read_text(encoding="utf-8"))

REFINERS_MAY_SEE = {"metrics/structures", "metrics/functional"}

LEARNED = {"torch", "safetensors"}
NETWORKS = {
    **dict.fromkeys(("refiners/networks", "refiners/networks/backbones", "refiners/transfer"), ("",)),
    "refiners/segfix": ("network", "checkpoint", "inference", "losses", "training"),
    "refiners/bpr": ("network", "checkpoint", "inference", "heads", "training"),
    "refiners/gum": ("network", "inference", "sampling", "training"),
    "refiners/steal": ("casenet", "inference", "losses", "thinning", "training"),
    "refiners/densecrf": ("device",),
    "bench/demo": ("network", "training"),
    "bench/training": ("segfix", "bpr", "gum", "steal"),
    "bench/interop": ("torchmetrics",),
}
"""Room -> how names begin of its modules that import torch with themselves; all others wait until they use it."""

HEAVY = {"numpy", "pandas", "torch", "cv2", "matplotlib", "scipy", "numba", "pyarrow", "PIL"}
COMMANDS = ("bench.cli.compare", "bench.cli.measure", "bench.cli.produce", "bench.cli.show", "bench.cli.train")


def breaches(root: Path) -> list[tuple[str, str]]:
    """Imports that the table does not allow: (module, module)."""
    return [
        pair for (room, other), pairs in arrows(root).items() if other not in ALLOWED.get(room, ()) for pair in pairs
    ]


def unused(root: Path) -> list[tuple[str, str]]:
    """Allowances that nothing uses: (room, room)."""
    edges = graph(root)
    return [(room, other) for room, others in ALLOWED.items() for other in others if other not in edges.get(room, ())]


def upward(rows: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Allowances of rooms that do not stand before the one that may use them."""
    place = {room: number for number, room in enumerate(rows)}
    return [
        (room, other)
        for room, others in rows.items()
        for other in others
        if place.get(other, len(place)) >= place[room]
    ]


def refused_forms(source: str) -> list[str]:
    """Imports that hide what they import: relative ones, and names of the package's public face."""
    return [
        f"{'.' * found.level}{found.module} {found.name or ''}"
        for found in imports(source)
        if found.level or (found.module == PACKAGE and found.name not in (*FLOORS, "__version__"))
    ]


def eager(source: str, packages: set[str]) -> set[str]:
    """Which of some packages a source text imports with itself."""
    return {top for found in imports(source) if found.eager and (top := found.module.split(".")[0]) in packages}


def brought(module: str) -> set[str]:
    """Modules of ours that importing one brings along, itself and the packages around it included."""
    paths = {module_of(path): path for path in sources()}
    links = {name: {*imported(path, eager=True), name.rpartition(".")[0]} & {*paths} for name, path in paths.items()}
    return {module} | graphs.reached(module, links)


def too_long(root: Path) -> dict[str, int]:
    """Modules of 300 lines or more."""
    lengths = {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in sources(root)
    }
    return {place: lines for place, lines in lengths.items() if lines >= 300}


def too_full(root: Path) -> dict[str, int]:
    """Rooms of more than 15 modules."""
    counts = Counter(room_of(path, root) for path in sources(root) if path.name != "__init__.py")
    return {room: count for room, count in counts.items() if count > 15}


def where_torch_is(root: Path) -> set[str]:
    """Modules that import torch with themselves and do not stand under `NETWORKS`."""
    return {
        path.relative_to(root).as_posix()
        for path in sources(root)
        if not path.stem.startswith(NETWORKS.get(room_of(path, root), ()))
        and eager(path.read_text(encoding="utf-8"), LEARNED)
    }
