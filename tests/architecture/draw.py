"""Counts and draws the map of imports: `python -m tests.architecture.draw [--root DIR] [--svg FILE] [--whole]`."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from xml.sax.saxutils import escape

from tests.architecture.graphs import circles, heights, reduced, without_circles
from tests.architecture.layout import Layout, laid_out, levels
from tests.architecture.rooms import graph, room_of, sources
from tests.paths import REPOSITORY

BANDS = ("metrics", "refiners", "bench", "faces")
FACES = ("bench/report", "bench/papers", "bench/interop", "bench/cli", "bench/__main__.py")
FIGURE = REPOSITORY / "docs" / "_static" / "rooms.svg"
"""The figure of the page `architecture`."""

BOX, GAP, LETTER, MARGIN, LEFT = 24, 26, 7.8, 14, 72
"""Height of a box, of the space between levels, width of a letter, space in and around boxes, width of the labels."""

STYLE = """
text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: #1b2733; }
.floor { font: 600 13px system-ui, sans-serif; }
.box { fill: #fff; stroke: #5b7083; }
.down { fill: none; stroke: #6f8496; stroke-width: 1.1; }
.up { fill: none; stroke: #c0271d; stroke-width: 2; }
""".strip()
TINTS = ("#e3efe3", "#e6edf7", "#f8f0de", "#f4e6ea")


@dataclass(frozen=True)
class Map:
    """Rooms and their imports."""

    edges: dict[str, set[str]]
    modules: Counter[str]

    @property
    def upward(self) -> list[tuple[str, str]]:
        """Arrows to a higher floor; faces are a floor of their own."""
        return [(room, other) for room in self.edges for other in self.edges[room] if band(other) > band(room)]

    def counts(self) -> Iterator[str]:
        """Lines that say how large and how entangled it is."""
        rings = circles(self.edges)
        largest, size = self.modules.most_common(1)[0]
        yield f"rooms: {len(self.edges)}"
        yield f"arrows: {sum(map(len, self.edges.values()))}"
        yield f"upward arrows: {len(self.upward)}{_listed(' -> '.join(pair) for pair in self.upward)}"
        yield f"circles: {len(rings)}{_listed(' '.join(ring) for ring in rings)}"
        yield f"longest path: {max(heights(without_circles(self.edges)).values())} arrows"
        yield f"largest room: {largest}, {size} modules"


def mapped(root: Path = REPOSITORY, *, whole: bool = True) -> Map:
    """The map of a tree; where it isn't the whole, rooms inside a room are taken as parts of it."""
    place = (lambda room: room) if whole else (lambda room: "/".join(room.split("/")[:2]))
    edges: dict[str, set[str]] = {}
    for room, others in graph(root).items():
        edges.setdefault(place(room), set()).update({place(other) for other in others} - {place(room)})
    modules = Counter(place(room_of(path, root)) for path in sources(root) if path.name != "__init__.py")
    return Map(edges, modules)


def band(room: str) -> int:
    """Which floor a room is on, from below."""
    return 3 if room.startswith(FACES) else BANDS.index(room.partition("/")[0])


def svg(plan: Map) -> str:
    """The drawing: rooms on their floors, arrows that follow from others left out, wrong ones in red."""
    wrong = {*plan.upward, *((a, b) for ring in circles(plan.edges) for a in ring for b in plan.edges[a] if b in ring)}
    right = {room: {other for other in plan.edges[room] if (room, other) not in wrong} for room in plan.edges}
    bands = [[room for room in right if band(room) == number] for number in range(len(BANDS))]
    level = levels(right, bands)
    layout = laid_out(reduced(right), level, _width)
    parts = (_head(layout), _floors(layout, level), _arrows(layout, level, wrong), _boxes(plan, layout, level))
    return "\n".join([*chain(*parts), "</svg>\n"])


def _width(node: str) -> float:
    return 10 if ">" in node else LETTER * len(_label(node)) + 2 * MARGIN


def _label(room: str) -> str:
    return room.split("/", 1)[1].removesuffix(".py")


def _top(layout: Layout, level: int) -> float:
    return GAP / 2 + (len(layout.levels) - 1 - level) * (BOX + GAP)


def _head(layout: Layout) -> Iterator[str]:
    width, height = LEFT + layout.width, len(layout.levels) * (BOX + GAP)
    size = f'viewBox="0 0 {width:.0f} {height}" width="{width:.0f}" height="{height}"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
    yield f"<style>\n{STYLE}\n</style>"
    for name, colour in (("down", "#6f8496"), ("up", "#c0271d")):
        yield (
            f'<marker id="{name}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
            f'markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
        )


def _floors(layout: Layout, level: dict[str, int]) -> Iterator[str]:
    for number, name in enumerate(BANDS):
        at = [level[room] for room in level if band(room) == number]
        if at:
            top, bottom = _top(layout, max(at)) - GAP / 2, _top(layout, min(at)) + BOX + GAP / 2
            yield f'<rect x="0" y="{top:.0f}" width="100%" height="{bottom - top:.0f}" fill="{TINTS[number]}"/>'
            yield f'<text class="floor" x="8" y="{top + 20:.0f}">{name}</text>'


def _arrows(layout: Layout, level: dict[str, int], wrong: set[tuple[str, str]]) -> Iterator[str]:
    for way in layout.ways.values():
        yield f'<path class="down" marker-end="url(#down)" d="{_curve(layout, way, level[way[0]])}"/>'
    for room, other in sorted(wrong):
        bow = _bow(_centre(layout, room, level), _centre(layout, other, level))
        yield f'<path class="up" marker-end="url(#up)" d="{bow}"/>'


def _centre(layout: Layout, room: str, level: dict[str, int]) -> tuple[float, float]:
    return LEFT + layout.x[room], _top(layout, level[room]) + BOX / 2


def _bow(start: tuple[float, float], end: tuple[float, float]) -> str:
    x, y = (start[0] + end[0]) / 2 + 40, (start[1] + end[1]) / 2 - 40
    return f"M{start[0]:.0f} {start[1]:.0f}Q{x:.0f} {y:.0f} {end[0]:.0f} {end[1]:.0f}"


def _curve(layout: Layout, way: list[str], level: int) -> str:
    """Down from box to box, straight past the levels between them."""
    x, y = LEFT + layout.x[way[0]], _top(layout, level) + BOX
    drawn = f"M{x:.0f} {y:.0f}"
    for step, place in enumerate(way[1:], 1):
        to, top = LEFT + layout.x[place], _top(layout, level - step)
        middle = (y + top) / 2
        drawn += f"C{x:.0f} {middle:.0f} {to:.0f} {middle:.0f} {to:.0f} {top:.0f}"
        x, y = to, top + BOX
        drawn += f"V{y:.0f}" if place != way[-1] else ""
    return drawn


def _boxes(plan: Map, layout: Layout, level: dict[str, int]) -> Iterator[str]:
    for room, at in level.items():
        x, top, width = LEFT + layout.x[room], _top(layout, at), _width(room) - MARGIN
        imports = f"imports {', '.join(sorted(plan.edges[room])) or 'nothing of ours'}"
        yield (
            f"<g><title>{escape(f'{room} {imports}')}</title>"
            f'<rect class="box" x="{x - width / 2:.1f}" y="{top:.0f}" width="{width:.1f}" height="{BOX}" rx="4"/>'
            f'<text x="{x:.1f}" y="{top + 16.5:.1f}" text-anchor="middle">{escape(_label(room))}</text></g>'
        )


def _listed(parts: Iterator[str]) -> str:
    listed = ", ".join(sorted(parts))
    return f" ({listed})" if listed else ""


def main() -> None:
    """Print the counts; write the drawing where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=REPOSITORY, help="a checkout (default: this one)")
    parser.add_argument("--svg", type=Path, help="file to draw into")
    parser.add_argument("--whole", action="store_true", help="draw rooms inside rooms too")
    given = parser.parse_args()
    print(*mapped(given.root.resolve()).counts(), sep="\n")
    if given.svg:
        given.svg.write_text(svg(mapped(given.root.resolve(), whole=given.whole)), encoding="utf-8")


if __name__ == "__main__":
    main()
