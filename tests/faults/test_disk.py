"""Disks that are full, read-only, or lose what was written last; inputs that break."""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.results.store import Store
from tests.bench.fakes import save_predictions
from tests.bench.worlds import HERE, experiment
from tests.faults.world import require_whole, tables, undisturbed


def _mount(*arguments: str) -> bool:
    try:
        return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """A small file system of its own, mounted with the options that it is called with, again where it is there."""
    place = tmp_path / "disk"
    place.mkdir()

    def mounted(options: str) -> Path:
        again = "remount," if place.is_mount() else ""
        if not _mount("-t", "tmpfs", "-o", again + options, "tmpfs", str(place)):
            pytest.skip("file systems can be mounted by root only, and not in every container")
        return place

    yield mounted
    if place.is_mount():
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.parametrize("size", ["4k", "16k", "24k"])
def test_a_full_disk_keeps_what_was_finished(
    tmp_path: Path, disk: Callable[[str], Path], size: str, monkeypatch
) -> None:
    monkeypatch.setattr("boundary_bench.bench.engine.runner.FLUSH_SECONDS", 0.0)
    expected = undisturbed(experiment(tmp_path, output="undisturbed"))
    on_disk = experiment(tmp_path, output=str(disk(f"size={size}") / "out"))
    with pytest.raises(InputError, match=r"output out: no space left on device.*--resume") as caught:
        run(on_disk)
    assert len(str(caught.value).splitlines()) == 1
    kept = Store(on_disk.output_folder)
    done = len(kept.done())
    assert (done == 0) == (size == "4k")
    assert kept.notes == []
    assert not list(on_disk.output_folder.rglob(".*"))
    disk("size=10m")
    outcome = run(on_disk, resume=True)
    assert outcome.reused == done
    require_whole(outcome, expected)


def test_files_that_may_not_grow_are_a_full_disk(tmp_path: Path) -> None:
    expected = undisturbed(experiment(tmp_path, output="undisturbed"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4000, before[1]))
    try:
        with pytest.raises(InputError, match=r"output out: file too large"):
            run(experiment(tmp_path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    require_whole(run(experiment(tmp_path), resume=True), expected)


def test_a_read_only_folder_is_told_before_any_work(tmp_path: Path, disk: Callable[[str], Path]) -> None:
    place = disk("size=1m")
    run(experiment(tmp_path, output=str(place / "old")))
    disk("ro")
    steps: list[int] = []
    for folder, resume in (("new", False), ("old", True)):
        with pytest.raises(InputError, match=rf"output {folder}: .*read-only"):
            run(experiment(tmp_path, output=str(place / folder)), resume=resume, checking=lambda *step: steps.append(1))
    assert steps == []


@pytest.mark.usefixtures("shards_in_order")
def test_the_newest_shard_cut_anywhere_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a power failure can leave."""
    expected = undisturbed(experiment(tmp_path, output="undisturbed"))
    monkeypatch.setattr("boundary_bench.bench.engine.runner.FLUSH_SECONDS", 0.0)
    whole = run(experiment(tmp_path)).store
    *earlier, newest = shards = sorted((whole.folder / "shards").iterdir())
    assert earlier
    data = newest.read_bytes()
    footer = 8 + int.from_bytes(data[-8:-4], "little")
    alone = Store.create(tmp_path / "alone", {})
    (cut := alone.folder / "shards" / newest.name).parent.mkdir()
    for length in (0, *range(len(data) - footer - 50, len(data))):
        cut.write_bytes(data[:length])
        alone.notes.clear()
        assert alone.done() == set()
        assert len(alone.notes) == 1
    for length in (0, len(data) - footer, len(data) - 1):
        newest.write_bytes(data[:length])
        require_whole(run(experiment(tmp_path), resume=True), expected)
        for made in {*(whole.folder / "shards").iterdir()} - {*shards}:
            made.unlink()


def test_one_image_that_breaks_among_a_thousand(tmp_path: Path) -> None:
    save_predictions(tmp_path / "many", samples=1000)
    changes = {
        "dataset": {"name": f"{HERE}:Drawn", "split": "val", "samples": 1000},
        "predictions": [{"name": "many", "format": f"{HERE}:Saved", "path": "many"}],
    }
    expected = undisturbed(experiment(tmp_path, output="undisturbed", **changes))
    broken = tmp_path / "many" / "s617.npy"
    good = broken.read_bytes()

    def damage(done: int, total: int) -> None:
        if done == 100:
            broken.write_bytes(good[:50])

    outcome = run(experiment(tmp_path, **changes), progress=damage)
    assert {row.sample for row in outcome.failures} == {"s617"}
    assert outcome.computed == 3000
    broken.write_bytes(good)
    mended = run(experiment(tmp_path, **changes), resume=True)
    assert (mended.computed, mended.reused) == (3, 2997)
    require_whole(mended, expected)


def test_a_changed_prediction_is_noticed_whatever_its_date(tmp_path: Path) -> None:
    run(experiment(tmp_path))
    file = tmp_path / "first" / "s2.npy"
    before = file.stat()
    np.save(file, (np.load(file) + 1) % 3)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size
    again = run(experiment(tmp_path), resume=True)
    assert (again.computed, again.reused) == (3, 27)
    assert tables(again) == undisturbed(experiment(tmp_path, output="undisturbed"))
