"""Each rule of the house can fail."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.architecture import graphs
from tests.architecture.allowed import allowed, table
from tests.architecture.rooms import graph, names, sources
from tests.architecture.rules import (
    ALLOWED,
    LEARNED,
    breaches,
    brought,
    eager,
    refused_forms,
    too_full,
    too_long,
    unused,
    upward,
    where_torch_is,
)
from tests.paths import REPOSITORY


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for path in sources():
        place = tmp_path / path.relative_to(REPOSITORY)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    return tmp_path


def add(root: Path, place: str, line: str) -> None:
    path = root / place
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{line}\n" if path.exists() else f"{line}\n", encoding="utf-8")


def test_a_copy_of_the_tree_keeps_the_rules(copy: Path) -> None:
    assert breaches(copy) == unused(copy) == []
    assert graph(copy) == graph()


@pytest.mark.parametrize(
    "line",
    [
        "import boundary_bench.bench.io.lock",
        "from boundary_bench.bench.io.lock import locked",
        "from boundary_bench.bench.io import lock",
        "def f():\n    from boundary_bench.bench.io import lock",
        "if TYPE_CHECKING:\n    import boundary_bench.bench.io.lock",
    ],
)
def test_an_upward_import_is_seen(line: str, copy: Path) -> None:
    add(copy, "metrics/structures/masks.py", line)
    assert breaches(copy) == [("metrics.structures.masks", "bench.io.lock")]
    with_it = {**ALLOWED, "metrics/structures": (*ALLOWED["metrics/structures"], "bench/io")}
    assert upward(with_it) == [("metrics/structures", "bench/io")]


def test_a_circle_is_seen(copy: Path) -> None:
    add(copy, "bench/io/lock.py", "from boundary_bench.bench.config import experiment")
    assert ("bench.io.lock", "bench.config.experiment") in breaches(copy)
    (ring,) = graphs.circles(graph(copy))
    assert {"bench/io", "bench/config"} <= {*ring}
    with pytest.raises(ValueError, match="bench/io"):
        table(graph(copy), list(ALLOWED))


def test_a_new_room_has_no_row(copy: Path) -> None:
    add(copy, "metrics/video/flow.py", "from boundary_bench.metrics.structures import masks")
    assert breaches(copy) == [("metrics.video.flow", "metrics.structures.masks")]
    rows = [*allowed(table(graph(copy), list(ALLOWED)))]
    assert rows[: rows.index("refiners/files")] == [
        *(room for room in ALLOWED if room.startswith("metrics/")),
        "metrics/video",
    ]


def test_an_allowance_that_nothing_uses_is_seen(copy: Path) -> None:
    shutil.rmtree(copy / "bench" / "plugins")
    assert ("bench/plugins", "bench/errors.py") in unused(copy)
    assert ("bench/engine", "bench/plugins") in unused(copy)


@pytest.mark.parametrize(
    "line",
    [
        "from . import x",
        "from ..io import lock",
        "from boundary_bench import BoundaryF",
        "import boundary_bench",
    ],
)
def test_an_import_that_hides_is_seen(line: str) -> None:
    assert refused_forms(line)


@pytest.mark.parametrize(
    "line", ["from boundary_bench import __version__", "from boundary_bench import bench", "import numpy as np"]
)
def test_other_forms_pass(line: str) -> None:
    assert not refused_forms(line)


def test_long_modules_and_full_rooms_are_seen(copy: Path) -> None:
    add(copy, "metrics/video/flow.py", "\n" * 300)
    for number in range(15):
        add(copy, f"metrics/video/flow{number}.py", "")
    assert "metrics/video/flow.py" in too_long(copy)
    assert too_full(copy)["metrics/video"] == 16


def test_torch_elsewhere_is_seen(copy: Path) -> None:
    add(copy, "refiners/segfix/offsets.py", "from torch import nn")
    add(copy, "bench/io/lock.py", "try:\n    import safetensors.torch\nexcept ImportError: ...")
    assert where_torch_is(copy) >= {"refiners/segfix/offsets.py", "bench/io/lock.py"}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import torch", {"torch"}),
        ("class A:\n    from torch import nn", {"torch"}),
        ("if x:\n    import torch.nn", {"torch"}),
        ("def f():\n    import torch", set()),
        ("async def f():\n    class A:\n        import torch", set()),
        ("if TYPE_CHECKING:\n    import torch", set()),
        ("import torchmetrics", set()),
    ],
)
def test_what_is_imported_with_a_module(source: str, expected: set[str]) -> None:
    assert eager(source, LEARNED) == expected


def test_what_a_module_brings_along() -> None:
    assert brought("bench.cli.measure.run") >= {"bench.cli", "bench.cli.options", "bench.errors"}
    assert "bench.analysis.bootstrap" in brought("bench.cli.screen")
    assert "bench.engine.runner" not in brought("bench.cli.measure.run")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import boundary_bench.bench.io", ["bench.io"]),
        ("from boundary_bench.bench.io import lock, nothing", ["bench.io.lock", "bench.io"]),
        ("from boundary_bench import bench", ["boundary_bench"]),
        ("import numpy", ["numpy"]),
    ],
)
def test_names_of_modules(source: str, expected: list[str]) -> None:
    assert list(names(source, frozenset({"bench.io", "bench.io.lock"}))) == expected
