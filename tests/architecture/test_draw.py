"""The map of imports: its counts, and its drawing on the page `architecture`."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.architecture import draw
from tests.architecture.layout import laid_out, levels

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def old_tree(tmp_path: Path) -> Path:
    """Imported under the names of its folders, with loose modules, an import upward and a circle."""
    files = {
        "metrics/__init__.py": "",
        "metrics/masks.py": "import numpy",
        "metrics/boundary.py": "from metrics.masks import decoded\ndef f():\n    import refiners.chain",
        "refiners/chain.py": "from metrics import boundary, masks",
        "bench/plan.py": "from bench import identities\nimport refiners.chain",
        "bench/identities.py": "import bench.plan",
        "bench/cli/run.py": "import bench.plan",
        "bench/cli/show.py": "from bench.cli import run",
    }
    for place, text in files.items():
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    return tmp_path


def drawn(text: str, tag: str, kind: str | None = None) -> list[ElementTree.Element]:
    found = ElementTree.fromstring(text).iter(f"{SVG}{tag}")
    return [element for element in found if kind is None or element.get("class") == kind]


def test_the_page_shows_what_there_is() -> None:
    """After a change of imports: `python -m tests.architecture.draw --svg docs/_static/rooms.svg`."""
    assert draw.FIGURE.read_text(encoding="utf-8") == draw.svg(draw.mapped(whole=False))
    assert draw.FIGURE.stat().st_size < 100_000


def test_this_tree_has_no_circle_and_no_way_up() -> None:
    counts = list(draw.mapped().counts())
    assert "circles: 0" in counts
    assert "upward arrows: 0" in counts


def test_counts_of_an_old_tree(old_tree: Path) -> None:
    assert list(draw.mapped(old_tree).counts()) == [
        "rooms: 6",
        "arrows: 8",
        "upward arrows: 1 (metrics/boundary.py -> refiners/chain.py)",
        "circles: 2 (bench/identities.py bench/plan.py, metrics/boundary.py refiners/chain.py)",
        "longest path: 3 arrows",
        "largest room: bench/cli, 2 modules",
    ]


def test_wrong_arrows_are_red(old_tree: Path) -> None:
    text = draw.svg(draw.mapped(old_tree))
    # Both of the circle in bench, the one upward, and the one down that closes a circle with it.
    assert len(drawn(text, "path", "up")) == 4
    assert len(drawn(text, "rect", "box")) == 6


def test_arrows_that_follow_from_others_are_left_out() -> None:
    edges = {
        "bench/io": {"metrics/masks", "refiners/files"},
        "refiners/files": {"metrics/masks"},
        "metrics/masks": set(),
    }
    text = draw.svg(draw.Map(edges, Counter()))
    assert len(drawn(text, "path", "down")) == 2


def test_boxes_do_not_overlap_and_arrows_lead_down() -> None:
    for whole in (False, True):
        text = draw.svg(draw.mapped(whole=whole))
        boxes = [tuple(float(box.get(name, "")) for name in ("x", "y", "width")) for box in drawn(text, "rect", "box")]
        rows = {y: sorted((x, width) for x, at, width in boxes if at == y) for _, y, _ in boxes}
        for row in rows.values():
            assert all(x + width < other for (x, width), (other, _) in pairwise(row))
        assert min(x for x, _, _ in boxes) >= draw.LEFT
        assert not drawn(text, "path", "up")


def test_floors_lie_above_each_other() -> None:
    edges = {"a": set(), "b": {"a"}, "c": set(), "d": {"a", "c"}}
    assert levels(edges, [["a", "b"], ["c", "d"]]) == {"a": 0, "b": 1, "c": 2, "d": 3}


def test_a_long_arrow_passes_every_level_between() -> None:
    level = {"a": 0, "b": 1, "c": 2}
    layout = laid_out({"a": set(), "b": {"a"}, "c": {"a"}}, level, lambda _: 10)
    assert layout.ways["c", "a"] == ["c", "c>a@1", "a"]
    assert sorted(layout.levels[1]) == ["b", "c>a@1"]


def test_crossings_are_avoided() -> None:
    edges = {"a": set(), "b": set(), "c": {"b"}, "d": {"a"}}
    layout = laid_out(edges, {"a": 0, "b": 0, "c": 1, "d": 1}, lambda _: 10)
    assert (layout.x["a"] < layout.x["b"]) == (layout.x["d"] < layout.x["c"])


def test_the_program(old_tree: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["draw", "--root", str(old_tree), "--svg", str(old_tree / "map.svg"), "--whole"]
    monkeypatch.setattr(sys, "argv", arguments)
    draw.main()
    assert capsys.readouterr().out.startswith("rooms: 6\n")
    assert len(drawn((old_tree / "map.svg").read_text(encoding="utf-8"), "g")) == 6
