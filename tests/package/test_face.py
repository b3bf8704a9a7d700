"""The names that other programs import."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import boundary_bench
from tests.package.places import SOURCE, said

HEAVY = ("torch", "numpy", "pandas", "scipy", "numba", "cv2")


def test_public_names_are_those_that_dir_shows() -> None:
    assert dir(boundary_bench) == sorted(boundary_bench.__all__) == boundary_bench.__all__
    assert set(boundary_bench.__all__) == {*boundary_bench._PLACES, "__version__"}


@pytest.mark.parametrize("name", boundary_bench.__all__)
def test_each_is_there(name: str) -> None:
    found = getattr(boundary_bench, name)
    assert name == "__version__" or found.__name__ == name


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="'boundary_bench' has no attribute 'BoundaryG'"):
        _ = boundary_bench.BoundaryG


def test_type_checkers_are_told_the_same_places() -> None:
    tree = ast.parse((SOURCE / "boundary_bench" / "__init__.py").read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    told = {
        alias.asname: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    assert told == {name: f"boundary_bench.{place}" for name, place in boundary_bench._PLACES.items()}


def test_importing_it_imports_nothing_heavy(tmp_path: Path) -> None:
    loaded = said("-c", "import sys, boundary_bench; print(*sys.modules)", cwd=tmp_path).split()
    assert "boundary_bench" in loaded
    assert set(loaded).isdisjoint(HEAVY)
    assert [name for name in loaded if name.startswith("boundary_bench.")] == ["boundary_bench._caches"]
