"""The floors of the house: metrics know nothing above them, refiners see segmentations and geometry, bench sees all."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.paths import REPOSITORY

ROOMS = ("metrics", "refiners", "bench")
REFINERS_MAY_SEE = ("metrics.segmentation", "metrics.geometry")
LEARNED = ("torch", "safetensors")


def imports(source: str) -> list[tuple[str, bool]]:
    """(module, whether it is imported when the file is) of every import in a source text."""
    tree = ast.parse(source)
    inside = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.FunctionDef | ast.AsyncFunctionDef) or _type_checking_only(block)
        for node in ast.walk(block)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, id(node) not in inside) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(name, id(node) not in inside) for name in names]
    return found


def breaches(room: str, source: str) -> list[str]:
    """Imports that a file of the room must not have."""
    ours = [name for name, _ in imports(source) if name.split(".")[0] in ROOMS]
    if room == "metrics":
        return [name for name in ours if not name.startswith("metrics.")]
    if room == "refiners":
        return [
            name
            for name in ours
            if not name.startswith("refiners.") and not name.startswith(tuple(f"{seen}." for seen in REFINERS_MAY_SEE))
        ]
    return []


def _type_checking_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def sources(room: str) -> list[Path]:
    return sorted((REPOSITORY / room).rglob("*.py"))


@pytest.mark.parametrize("room", ROOMS)
def test_no_floor_reaches_above_itself(room):
    assert sources(room)
    found = {
        str(path.relative_to(REPOSITORY)): wrong
        for path in sources(room)
        if (wrong := breaches(room, path.read_text(encoding="utf-8")))
    }
    assert not found


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("metrics", "import bench"),
        ("metrics", "from refiners.oracle import OracleReplace"),
        ("metrics", "def f():\n    import bench.engine"),
        ("refiners", "from bench.contracts import Refiner"),
        ("refiners", "from metrics.boundary import f_score"),
        ("refiners", "import metrics.region"),
    ],
)
def test_a_breach_is_seen(room, source):
    assert breaches(room, source)


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("refiners", "from metrics.segmentation import SemanticMap\nfrom refiners.segfix import offsets"),
        ("metrics", "import numpy\nfrom metrics.geometry import band"),
        ("bench", "import metrics.region\nimport refiners.oracle"),
    ],
)
def test_what_is_allowed_is_no_breach(room, source):
    assert not breaches(room, source)


def test_torch_is_imported_with_a_module_only_where_networks_live():
    eager = {
        str(path.relative_to(REPOSITORY))
        for room in ROOMS
        for path in sources(room)
        for name, at_once in imports(path.read_text(encoding="utf-8"))
        if at_once and name.split(".")[0] in LEARNED
    }
    assert eager <= {
        *(f"bench/baselines/{name}.py" for name in ("network", "training", "checkpoint")),
        *(f"refiners/backbones/{name}.py" for name in ("blocks", "mask_input", "hrnet", "resnet", "fast_scnn")),
        "refiners/backbones/casenet_resnet.py",
        "bench/interop/torchmetrics.py",
        *(f"bench/{name}_training.py" for name in ("bpr", "gum", "steal")),
        *(f"bench/segfix_{name}.py" for name in ("training", "branches")),
        *(f"refiners/{name}.py" for name in ("checkpoint", "folding", "initial", "network_inference")),
        *(f"refiners/{name}.py" for name in ("training", "loss_log")),
        *(f"refiners/bpr/{name}.py" for name in ("network", "heads", "checkpoint", "inference", "training")),
        "refiners/densecrf/device.py",
        *(f"refiners/gum/{name}.py" for name in ("sampling", "network", "inference", "training")),
        *(
            f"refiners/steal/{name}.py"
            for name in ("casenet", "checkpoint", "inference", "thinning", "losses", "training")
        ),
        *(f"refiners/segfix/{name}.py" for name in ("network", "checkpoint", "inference", "losses", "training")),
    }


def test_modules_stay_readable():
    long = {
        str(path.relative_to(REPOSITORY)): lines
        for room in ROOMS
        for path in sources(room)
        if (lines := path.read_text(encoding="utf-8").count("\n")) >= 300
    }
    assert not long
