"""A run folder for one process at a time."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Self

from boundary_bench.bench.errors import InputError, Problem

NAME = ".lock"


class FolderLock:
    """Has a folder to itself from `take` to the end of its `with` block.

    The system lets go of the lock when the process ends, however it ends. Where file systems know no locks there is
    none: names that are never the same twice keep two processes apart then, at the price of work done twice.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._descriptor is not None:
            # While it is still held: the next one must not find a file that is about to vanish.
            with suppress(OSError):
                self._path.unlink()
            os.close(self._descriptor)
            self._descriptor = None

    def take(self) -> None:
        """Lock the folder, which exists; nothing where it is taken already.

        Raises:
            InputError: another process has it.
            OSError: the folder cannot be written to.
        """
        if self._descriptor is None:
            self._descriptor = _acquired(self._path)


def _acquired(path: Path) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(descriptor)
            if _is(descriptor, path):
                return descriptor
        except BlockingIOError:
            os.close(descriptor)
            found, hint = "another process that is working in it", "wait for it, or take another folder"
            raise InputError(Problem(f"output {path.parent.name}", found, "one at a time", hint)) from None
        os.close(descriptor)  # its holder removed it in between


def _lock(descriptor: int) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


def _is(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
