"""Lock on a run folder: one process at a time."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from filelock import FileLock, Timeout

from boundary_bench.bench.errors import InputError, Problem

NAME: Final = ".lock"
PATIENCE_SECONDS: Final = 0.1
"""A holder that finishes removes the file; a process that has just opened it has to retry."""
NO_LOCKS: Final = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})
"""Errors of file systems without locks."""


class FolderLock:
    """Exclusive access to a folder from `take` to the end of the `with` block.

    The system releases the lock when the process ends, however it ends. On file systems without locks there is none:
    unique names then keep two processes apart, at the price of duplicated work.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        # A soft lock, the mere existence of a file, would outlive a killed holder that others cannot check for.
        self._lock = FileLock(self._path, PATIENCE_SECONDS, poll_interval=0.01, fallback_to_soft=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock.is_locked:
            # Removed while still locked: the next process must not find a file that is about to vanish. Windows
            # removes it on its own, and only after the release.
            with suppress(OSError):
                self._path.unlink()
            self._lock.release()

    def take(self) -> None:
        """Lock the folder, which must exist; does nothing where this object has locked it already.

        Raises:
            InputError: another process has locked it.
            OSError: the folder cannot be written to.
        """
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire()
        except Timeout:
            found, hint = "in use by another process", "wait for it, or choose another folder"
            raise InputError(Problem(f"output {self._path.parent.name}", found, "one at a time", hint)) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            self._path.unlink(missing_ok=True)
