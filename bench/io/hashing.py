"""Digests that identify inputs: of a file, a folder, an array, or several digests combined."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BYTES = 16
"""128 bits: no two files of a benchmark collide by chance, and the text stays short in tables."""


def file_digest(path: str | Path) -> str:
    """BLAKE2b of the contents of a file, 32 hexadecimal digits.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        return hashlib.file_digest(file, _blake2b).hexdigest()


def array_digest(array: NDArray[Any]) -> str:
    """BLAKE2b of dtype, shape and values (in C order) of an array, 32 hexadecimal digits."""
    digest = _blake2b(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def combined(*parts: str) -> str:
    """BLAKE2b of strings in order, 32 hexadecimal digits; ("ab", "c") and ("a", "bc") differ."""
    digest = _blake2b()
    for part in parts:
        data = part.encode()
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def files_digest(folder: str | Path, files: Iterable[Path]) -> str:
    """Digest of the contents and relative names of files below a folder; their order does not matter.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is not below the folder.
    """
    named = sorted((path.relative_to(folder).as_posix(), path) for path in files)
    return combined(*(part for name, path in named for part in (name, file_digest(path))))


def _blake2b(data: bytes = b"") -> hashlib.blake2b:
    return hashlib.blake2b(data, digest_size=BYTES)
