"""A folder of files that can be made again, kept below a limit: what was used longest ago goes first."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DIGEST = re.compile(r"[0-9a-f]{32}")
SLACK = 0.05
"""Share of the limit that is written before the folder is looked through again, and that is freed when it is."""


class DiskCache:
    """Files `<digest>/<digest><suffix>` below a folder, digests of 32 hexadecimal digits; others are not touched.

    Processes may share the folder; each looks through it by itself, so that together they may exceed the limit by
    `SLACK` times their number. The time of a file's last change says when it was last used.

    Args:
        folder: made by whoever writes.
        suffix: of the files.
        limit_bytes: what all files together may have, those of other digests and other processes included.
    """

    def __init__(self, folder: Path, suffix: str, limit_bytes: int) -> None:
        self._folder, self._suffix, self._limit = folder, suffix, limit_bytes
        self._unseen = limit_bytes  # nobody has looked yet

    def used(self, file: Path) -> None:
        """A file of the folder was of use."""
        with suppress(OSError):  # another process may have removed it by now
            os.utime(file)

    def added(self, file: Path) -> None:
        """A file was written; removes others where there are too many bytes."""
        with suppress(OSError):
            self._unseen += file.stat().st_size
        if self._unseen > SLACK * self._limit:
            self._trim()
            self._unseen = 0

    def _trim(self) -> None:
        files = sorted(self._files())
        excess = sum(size for _, size, _ in files) - self._limit
        if excess <= 0:
            return
        excess += int(SLACK * self._limit)
        for _, size, file in files:
            if excess <= 0:
                return
            file.unlink(missing_ok=True)
            excess -= size

    def _files(self) -> Iterator[tuple[int, int, Path]]:
        """When last used, bytes, and path of each file."""
        for file in self._folder.glob(f"*/*{self._suffix}"):
            if _DIGEST.fullmatch(file.stem) and _DIGEST.fullmatch(file.parent.name):
                with suppress(OSError):
                    found = file.stat()
                    yield found.st_mtime_ns, found.st_size, file
