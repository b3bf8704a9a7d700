"""The table of allowed imports, `allowed.md`: read, and written anew by `python -m tests.architecture.allowed`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from tests.architecture.graphs import Graph, circles
from tests.architecture.rooms import FACES, FLOORS, graph

TABLE = Path(__file__).with_name("allowed.md")
"""One row a room, from the ground up; a column for each floor has the rooms of it that may be imported."""

WIDTHS = (28, 38, 62)
HEADINGS = ("room", *(f"from `{floor}/`" for floor in FLOORS))


def allowed(text: str) -> dict[str, tuple[str, ...]]:
    """Room -> rooms it may import from, in the order of the table's rows."""
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in text.splitlines()[2:]]
    return {
        room: tuple(f"{floor}/{name}" for floor, cell in zip(FLOORS, cells, strict=False) for name in cell.split())
        for room, *cells in rows
    }


def table(edges: Graph, known: list[str]) -> str:
    """The table that allows exactly what there is.

    Rooms keep their place among the known ones where nothing that they import from would come to stand behind them.
    Raises ValueError for a circle.
    """
    order = list(_order(edges, known))
    rows = [(room, *(_cell(floor, edges[room], order) for floor in FLOORS)) for room in order]
    return "".join(f"{_line(row)}\n" for row in (HEADINGS, ["---"] * len(HEADINGS), *rows))


def _order(edges: Graph, known: list[str]) -> Iterator[str]:
    if rings := circles(edges):
        raise ValueError(f"rooms that import from each other cannot be put in order: {rings}")
    waiting = [room for room in known if room in edges]
    waiting = sorted([*waiting, *sorted({*edges} - {*known})], key=_floor)
    while waiting:
        room = next(room for room in waiting if edges[room].isdisjoint(waiting))
        waiting.remove(room)
        yield room


def _floor(room: str) -> int:
    """The floor, faces last."""
    return 2 * FLOORS.index(room.split("/", maxsplit=1)[0]) + room.startswith(FACES)


def _cell(floor: str, rooms: AbstractSet[str], order: list[str]) -> str:
    return " ".join(room.removeprefix(f"{floor}/") for room in order if room in rooms and room.startswith(f"{floor}/"))


def _line(cells: Sequence[str]) -> str:
    *first, last = cells
    return "| " + " | ".join([*map(str.ljust, first, WIDTHS), last]) + " |"


if __name__ == "__main__":
    before = list(allowed(TABLE.read_text(encoding="utf-8")))
    TABLE.write_text(table(graph(), before), encoding="utf-8")
