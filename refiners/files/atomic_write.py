"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path


def replace_file(path: str | Path, data: bytes, *, durable: bool = False) -> None:
    """Write data to path, which afterwards holds either all of it or what it held before.

    Missing parent folders are made. What is durable is there even if the power fails right afterwards.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a rename is atomic within one file system only.
    descriptor, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, target)
        if durable:
            _sync(target.parent)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _sync(folder: Path) -> None:
    """Have the names in a folder written to the disk, where the system knows how to."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # a file system that cannot do it for folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _umask() -> int:
    # mkstemp makes files for the owner alone; the mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
