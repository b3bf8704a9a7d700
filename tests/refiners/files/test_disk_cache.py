from __future__ import annotations

import os
from pathlib import Path

import pytest

from boundary_bench.refiners.files.disk_cache import DiskCache

NAMES = [f"{number:032x}" for number in range(8)]


def write(folder: Path, name: str, size: int, used: int, group: str = NAMES[0], suffix: str = ".npz") -> Path:
    file = folder / group / f"{name}{suffix}"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(bytes(size))
    os.utime(file, (used, used))
    return file


def left(folder: Path) -> list[str]:
    return sorted(file.stem for file in folder.rglob("*.npz"))


def test_what_was_used_longest_ago_goes_first(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, ".npz", 1000)
    files = [write(tmp_path, name, 200, used) for used, name in enumerate(NAMES[:5])]
    cache.added(files[-1])
    assert left(tmp_path) == NAMES[:5]  # 1000 is not above 1000
    cache.used(files[0])
    cache.added(write(tmp_path, NAMES[5], 300, 5, group=NAMES[1]))
    # 300 too much and 50 beyond: the two used longest ago, of which the first is no longer one.
    assert left(tmp_path) == [NAMES[0], *NAMES[3:6]]


def test_the_folder_is_looked_through_now_and_then_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache, looks = DiskCache(tmp_path, ".npz", 1000), []
    monkeypatch.setattr(cache, "_trim", lambda: looks.append(1))
    for used, name in enumerate(NAMES):
        cache.added(write(tmp_path, name, 20, used))
    assert len(looks) == 1 + 2  # at first, and after each 60 bytes of the seven others


def test_other_files_are_not_touched(tmp_path: Path) -> None:
    mine = [
        write(tmp_path, "mine", 900, 0),
        write(tmp_path, NAMES[1], 900, 0, group="mine"),
        write(tmp_path, NAMES[2], 900, 0, suffix=".mat"),
    ]
    cache = DiskCache(tmp_path, ".npz", 1000)
    cache.added(write(tmp_path, NAMES[3], 800, 1))
    assert all(file.exists() for file in mine)
    assert (tmp_path / NAMES[0] / f"{NAMES[3]}.npz").exists()


def test_one_file_above_the_limit_is_not_kept(tmp_path: Path) -> None:
    file = write(tmp_path, NAMES[1], 2000, 1)
    DiskCache(tmp_path, ".npz", 1000).added(file)
    assert not file.exists()


def test_what_vanished_is_no_error(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, ".npz", 1000)
    cache.used(tmp_path / "none.npz")
    cache.added(tmp_path / "none.npz")
