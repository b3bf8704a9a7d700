"""A run folder for one process at a time."""

from __future__ import annotations

import errno
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from filelock import FileLock, Timeout

from boundary_bench.bench.errors import InputError, Problem

NAME: Final = ".lock"
PATIENCE_SECONDS: Final = 0.1
"""A holder that has just finished removes the file; who has opened it by then has to try once more."""
NO_LOCKS: Final = frozenset({errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOLCK})
"""Error numbers of file systems without locks."""


class FolderLock:
    """Has a folder to itself from `take` to the end of its `with` block.

    The system lets go of the lock when the process ends, however it ends. Where file systems know no locks there is
    none: names that are never the same twice keep two processes apart then, at the price of work done twice.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        # A soft lock, which is a file that is there, would outlive a killed holder where others cannot look for it.
        self._lock = FileLock(self._path, PATIENCE_SECONDS, poll_interval=0.01, fallback_to_soft=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock.is_locked:
            # While it is still held: the next one must not find a file that is about to vanish. Windows removes it
            # by itself, and not before it is let go of.
            with suppress(OSError):
                self._path.unlink()
            self._lock.release()

    def take(self) -> None:
        """Lock the folder, which exists; nothing where it is taken already.

        Raises:
            InputError: another process has it.
            OSError: the folder cannot be written to.
        """
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire()
        except Timeout:
            found, hint = "another process that is working in it", "wait for it, or take another folder"
            raise InputError(Problem(f"output {self._path.parent.name}", found, "one at a time", hint)) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            self._path.unlink(missing_ok=True)
