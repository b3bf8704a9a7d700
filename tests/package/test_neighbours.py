"""The package beside others' modules that are called as its folders are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.package.places import FLOORS, METRIC, SOURCE, python, said
from tests.paths import REPOSITORY

THEIRS = "import bench, metrics, refiners\nprint(bench.OWNER, metrics.OWNER, refiners.OWNER)"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder of somebody's training script."""
    (tmp_path / "refiners").mkdir()
    for file in ("metrics.py", "bench.py", "refiners/__init__.py"):
        (tmp_path / file).write_text("OWNER = 'theirs'\n")
    (tmp_path / "train.py").write_text(METRIC + THEIRS)
    return tmp_path


@pytest.fixture
def others(tmp_path: Path) -> Path:
    """A folder of packages that other distributions have put there."""
    for floor in FLOORS:
        (tmp_path / "site" / floor).mkdir(parents=True)
        (tmp_path / "site" / floor / "__init__.py").write_text("OWNER = 'theirs'\n")
    return tmp_path / "site"


def test_a_script_beside_modules_of_these_names(project: Path) -> None:
    assert said(project / "train.py", cwd=project) == "boundary F-score\ntheirs theirs theirs\n"


def test_the_program_in_a_folder_of_such_modules(project: Path) -> None:
    out = said("-m", "boundary_bench", "--help", cwd=project)
    assert "evaluate" in out
    assert "boundary_f" in said("-m", "boundary_bench", "list", cwd=project)


@pytest.mark.parametrize("first", [True, False])
def test_packages_of_these_names_installed_too(first: bool, others: Path, tmp_path: Path) -> None:
    paths = [others, SOURCE] if first else [SOURCE, others]
    assert said("-c", METRIC + THEIRS, paths=paths, cwd=tmp_path) == "boundary F-score\ntheirs theirs theirs\n"
    assert said("-m", "boundary_bench", "--version", paths=paths, cwd=tmp_path)


@pytest.mark.parametrize("floor", FLOORS)
def test_a_floor_is_refused_under_the_name_of_its_folder(floor: str) -> None:
    done = python("-c", f"import {floor}", cwd=REPOSITORY)
    assert done.returncode == 1
    assert f"this is boundary_bench.{floor}; {floor} is only the name of its folder" in done.stderr


def test_a_module_of_a_floor_is_refused_too() -> None:
    done = python("-c", "import metrics.structures", cwd=REPOSITORY)
    assert "this is boundary_bench.metrics" in done.stderr
