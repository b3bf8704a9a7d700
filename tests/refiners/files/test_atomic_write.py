"""Files are there whole or not at all, and nothing lies beside them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boundary_bench.refiners.files import atomic_write
from boundary_bench.refiners.files.atomic_write import remove_leftovers, replace_file, replacing


@pytest.mark.parametrize("durable", [False, True])
def test_a_file_takes_its_place_when_it_is_whole(tmp_path: Path, durable: bool) -> None:
    path = tmp_path / "new" / "folder" / "a.bin"
    replace_file(path, b"first", durable=durable)
    with replacing(path, durable=durable) as file:
        file.write(b"sec")
        file.flush()
        assert path.read_bytes() == b"first"
        file.write(b"ond")
    assert path.read_bytes() == b"second"
    assert [*path.parent.iterdir()] == [path]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_a_block_that_raises_changes_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.bin"
    replace_file(path, b"first")
    with pytest.raises(error), replacing(path) as file:  # noqa: PT012
        file.write(b"second")
        raise error
    assert path.read_bytes() == b"first"
    assert [*tmp_path.iterdir()] == [path]


def test_a_rename_that_fails_leaves_nothing_beside(tmp_path: Path) -> None:
    (tmp_path / "a" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="directory"):
        replace_file(tmp_path / "a", b"data")
    assert [*tmp_path.iterdir()] == [tmp_path / "a"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_others_may_read_it_as_the_umask_says(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        replace_file(tmp_path / "a", b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == mode


def test_what_interrupted_writes_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    with replacing(tmp_path / "a.bin"):
        (left,) = tmp_path.iterdir()
    for name in (left.name, "notes.tmp", ".hidden"):
        (tmp_path / name).write_text("mine")
    remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"a.bin", "notes.tmp", ".hidden"}
    remove_leftovers(tmp_path / "none")


def test_two_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    with replacing(tmp_path / "a") as first, replacing(tmp_path / "a") as second:
        first.write(b"first")
        second.write(b"second")
    assert (tmp_path / "a").read_bytes() == b"first"  # its block ends last
    assert atomic_write.SUFFIX not in {path.suffix for path in tmp_path.iterdir()}
