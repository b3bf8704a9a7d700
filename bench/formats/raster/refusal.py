"""Messages about files that cannot be read."""

from __future__ import annotations

from pathlib import Path

from boundary_bench.bench.errors import InputError, Problem


def refused(path: str | Path, found: str, allowed: str, hint: str = "") -> InputError:
    """The error to raise for a file."""
    return InputError(Problem(str(path), found, allowed, hint))


def reason(error: Exception) -> str:
    """What an exception says, of the system's errors without number and path."""
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def file_bytes(path: str | Path, allowed: str) -> bytes:
    """All bytes of a file.

    Raises:
        InputError: no such file, an empty one, or one that cannot be read.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise refused(path, reason(error), allowed) from None
    if not data:
        raise refused(path, "an empty file", allowed)
    return data
