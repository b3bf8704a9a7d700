from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from boundary_bench.bench.io.lock import NAME, NO_LOCKS, FolderLock
from tests import children
from tests.bench.worlds import experiment

HOLDER = (
    "import sys, time; from pathlib import Path; from boundary_bench.bench.io.lock import FolderLock\n"
    "with FolderLock(Path(sys.argv[1])) as lock: lock.take(); print(flush=True); time.sleep(60)"
)


@pytest.fixture
def holder(tmp_path: Path):
    """Another process that has the folder `out`."""
    (tmp_path / "out").mkdir()
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "out")]
    with children.started(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_one_process_at_a_time_even_after_one_was_killed(tmp_path: Path, holder) -> None:
    for changes in ({}, {"overwrite": True}, {"resume": True}):
        with pytest.raises(InputError, match="output out: in use by another process"):
            run(experiment(tmp_path), **changes)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "out" / NAME).exists()
    assert run(experiment(tmp_path)).computed == 30
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.json", "shards"}


def test_a_lock_is_taken_once_and_given_back(tmp_path: Path) -> None:
    with FolderLock(tmp_path) as lock:
        lock.take()
        lock.take()
        with FolderLock(tmp_path) as other, pytest.raises(InputError):
            other.take()
        assert (tmp_path / NAME).exists()
    assert not (tmp_path / NAME).exists()
    with FolderLock(tmp_path) as lock:
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_vanished_is_not_held_by_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its holder removes it between its opening and its locking by the next."""
    import fcntl

    held = os.open(tmp_path / NAME, os.O_RDWR | os.O_CREAT)
    original, opened = fcntl.flock, []

    def removed(descriptor: int, operation: int) -> None:
        if not opened:
            (tmp_path / NAME).unlink()
            os.close(held)
        opened.append(descriptor)
        original(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed)
    with FolderLock(tmp_path) as lock:
        lock.take()
        assert len(opened) == 2
        assert os.path.samestat(os.fstat(opened[-1]), (tmp_path / NAME).stat())


def flock_raises(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refused(*_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("fcntl.flock", refused)


@pytest.mark.parametrize("code", sorted(NO_LOCKS))
@pytest.mark.filterwarnings("error")
def test_file_systems_without_locks_stop_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    flock_raises(monkeypatch, code)
    with FolderLock(tmp_path) as lock:
        lock.take()
        lock.take()
        assert list(tmp_path.iterdir()) == []
    assert run(experiment(tmp_path)).computed == 30
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"manifest.json", "shards"}


def test_other_errors_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out" / NAME).mkdir(parents=True)
    with FolderLock(tmp_path / "out") as lock, pytest.raises(IsADirectoryError):
        lock.take()
    with pytest.raises(InputError, match="output out: is a directory; allowed: a folder with room"):
        run(experiment(tmp_path))
    flock_raises(monkeypatch, errno.EIO)
    with FolderLock(tmp_path) as lock, pytest.raises(OSError, match="Input/output error"):
        lock.take()
