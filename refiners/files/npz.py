"""One array of an `.npz` file, whose values are read only once shape and dtype are known to be those that are wanted.

Source of the form: NumPy Enhancement Proposal 1, and the ZIP format as Python's library reads it.
"""

from __future__ import annotations

import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

Check = Callable[[tuple[int, ...], np.dtype[Any]], None]
"""Raises what it likes where an array of this shape and dtype is none to read."""

COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK_BYTES: Final = 2**20

HEADER: Final = re.compile(
    r"\{(?:(?:'descr':'(?P<dtype>[<>|=]?[a-zA-Z]\d*)'|'fortran_order':(?P<order>True|False)"
    r"|'shape':\((?P<shape>[\dL,]*)\)),?)+\}",
    re.ASCII,
)
"""A header without its white space; `3L` is how Python 2 wrote a side."""
SHOWN_CHARACTERS: Final = 100


def read_npz(path: str | os.PathLike[str], key: str, check: Check) -> tuple[Sequence[str], NDArray[Any] | None]:
    """Read an array. Nothing is unpickled, and no more memory is taken than an array that passes the check has.

    Args:
        path: `.npz` file, uncompressed or compressed.
        key: name of the array.
        check: called with the array's shape and dtype before its values are read.

    Returns:
        Names of all arrays of the file, and the array; None where the file has none of that name.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged or none of this form; the message goes on from the file's name.
        Exception: what the check raises.
    """
    with open(path, "rb") as file:
        with _damage_told():
            names, stream = _opened(file, key)
            if stream is None:
                return names, None
            shape, fortran, dtype = _header(stream)
        check(shape, dtype)
        with _damage_told():
            array = np.frombuffer(_contents(stream, prod(shape) * dtype.itemsize), dtype)
            return names, array.reshape(shape, order="F" if fortran else "C")


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Damaged archives make the decoders raise nearly anything.
        raise ValueError(f"cannot be read as .npz ({str(error) or type(error).__name__})") from error


def _opened(file: IO[bytes], key: str) -> tuple[list[str], IO[bytes] | None]:
    """Names of the arrays, and the file of one of them."""
    if file.read(len(np.lib.format.MAGIC_PREFIX)) == np.lib.format.MAGIC_PREFIX:
        raise ValueError("a single array, .npy")
    archive = zipfile.ZipFile(file)
    names = [name.removesuffix(".npy") for name in archive.namelist()]
    if key not in names:
        return names, None
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in COMPRESSIONS:
        raise ValueError(f"compression {member.compress_type}; allowed: stored or deflated")
    return names, archive.open(member)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and dtype."""
    # Later versions are for headers above 64 kB, which arrays of numbers never have.
    if (version := np.lib.format.read_magic(stream)) != (1, 0):
        raise ValueError(f"an array of format version {version}; allowed: (1, 0)")
    # Not by NumPy, which has Python parse the literal: before 3.11.8, threads that parse at once fail at random.
    text = "".join(stream.read(int.from_bytes(stream.read(2), "little")).decode("latin1").split())
    if not (found := HEADER.fullmatch(text)) or None in (entries := found.group("shape", "order", "dtype")):
        raise ValueError(f"an array whose header is {text[:SHOWN_CHARACTERS]!r}; allowed: shape, order, a plain dtype")
    shape, order, dtype = entries
    if (form := np.dtype(dtype)).hasobject:
        raise ValueError("pickled objects, which are not opened")
    return tuple(int(side.rstrip("L")) for side in shape.split(",") if side), order == "True", form


def _contents(stream: IO[bytes], size: int) -> bytearray:
    found = bytearray(size)
    with memoryview(found) as view:
        for start in range(0, size, CHUNK_BYTES):
            chunk = stream.read(min(CHUNK_BYTES, size - start))
            view[start : start + len(chunk)] = chunk
            if len(chunk) < min(CHUNK_BYTES, size - start):
                raise ValueError(f"an array that ends after {start + len(chunk)} of {size} bytes")
    if stream.read(1):  # Which also makes the library compare checksums.
        raise ValueError(f"an array with more than its {size} bytes")
    return found
