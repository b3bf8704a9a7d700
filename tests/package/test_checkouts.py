"""A checkout with symbolic links, one without, and an installed wheel are the same program."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.package.places import DIGEST, FLOORS, METRIC, SOURCE, git, said
from tests.paths import REPOSITORY


@pytest.fixture(scope="module")
def without_links(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`src` of a clone in which git writes a link as a small file, as it does where the system has none."""
    folder = tmp_path_factory.mktemp("checkouts")
    for part in ("src", *FLOORS):
        left_out = shutil.ignore_patterns("__pycache__", "weights")
        shutil.copytree(REPOSITORY / part, folder / "origin" / part, symlinks=True, ignore=left_out)
    git("init", "--quiet", cwd=folder / "origin")
    git("add", "--all", "--force", cwd=folder / "origin")
    git("commit", "--quiet", "--message", "All", cwd=folder / "origin")
    git("clone", "--quiet", "--config", "core.symlinks=false", "origin", "clone", cwd=folder)
    return folder / "clone" / "src"


def test_the_checkout_has_relative_links() -> None:
    links = {floor: (SOURCE / "boundary_bench" / floor).readlink().as_posix() for floor in FLOORS}
    assert links == {floor: f"../../{floor}" for floor in FLOORS}


def test_a_checkout_without_links_is_imported(without_links: Path, tmp_path: Path) -> None:
    for floor in FLOORS:
        assert (without_links / "boundary_bench" / floor).read_text() == f"../../{floor}"
    assert said("-c", METRIC, paths=[without_links], cwd=tmp_path) == "boundary F-score\n"
    code = "import boundary_bench.bench.cli as cli; print(cli.__file__)"
    place = Path(said("-c", code, paths=[without_links], cwd=tmp_path).strip())
    assert place == without_links.parent / "bench" / "cli" / "__init__.py"


def test_measuring_code_is_the_same_everywhere(without_links: Path, unpacked: Path, tmp_path: Path) -> None:
    digests = {place: said("-c", DIGEST, paths=[place], cwd=tmp_path) for place in (SOURCE, without_links, unpacked)}
    assert len(digests) == 3
    assert len(set(digests.values())) == 1


def test_the_unpacked_wheel_works(unpacked: Path, tmp_path: Path) -> None:
    assert said("-c", METRIC, paths=[unpacked], cwd=tmp_path) == "boundary F-score\n"
    where = said("-c", "import boundary_bench.metrics as m; print(m.__file__)", paths=[unpacked], cwd=tmp_path)
    assert Path(where.strip()) == unpacked / "boundary_bench" / "metrics" / "__init__.py"
