"""Writing a file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

SUFFIX = ".tmp"


def replace_file(path: str | Path, data: bytes, *, durable: bool = False) -> None:
    """Write data to path, which afterwards holds either all of it or what it held before.

    Missing parent folders are made. What is durable is there even if the power fails right afterwards.

    Raises:
        OSError: the folder cannot be written to.
    """
    with replacing(path, durable=durable) as file:
        file.write(data)


@contextmanager
def replacing(path: str | Path, *, durable: bool = False) -> Iterator[IO[bytes]]:
    """`replace_file` for what is written piece by piece: a file to write to, which takes the path's place at the end
    of the block; where the block raises, the path holds what it held before.

    Raises:
        OSError: the folder cannot be written to.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder, because a rename is atomic within one file system only.
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}{SUFFIX}")
    # Not by tempfile, whose files are for their owner alone: the umask can only be read by setting it, for all threads.
    try:
        with open(temporary, "xb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durable:
        _sync(target.parent)


def remove_leftovers(folder: Path) -> None:
    """Remove what interrupted writes have left in a folder; only for who is alone in it."""
    for left in folder.glob(f".*{SUFFIX}"):
        left.unlink(missing_ok=True)


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
