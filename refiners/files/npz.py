"""The one reader of `.npz` files: NumPy reads the headers, one thread at a time, before any value is read.

Source of the form: NumPy Enhancement Proposal 1, and the ZIP format as Python's library reads it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from math import prod
from textwrap import shorten
from threading import Lock
from typing import IO, Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

Check = Callable[[tuple[int, ...], np.dtype[Any]], None]
"""Raises what it likes where an array of this shape and dtype is none to read."""

COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
CHUNK_BYTES: Final = 2**20
SHOWN_CHARACTERS: Final = 200
"""Of what NumPy or the ZIP library says, which may repeat a whole header."""

_PARSING: Final = Lock()
"""NumPy has Python parse a literal for each header, which before CPython 3.11.8 fails at random where two threads do
so at once."""


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
            archive = _archive(file)
            names = _names(archive)
            if key not in names:
                return names, None
            stream = _member(archive, key)
            shape, fortran, dtype = _header(stream)
        check(shape, dtype)
        with _damage_told():
            return names, _values(stream, shape, fortran, dtype)


def read_all(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """All arrays of an `.npz` file by name, whatever their shapes and dtypes: for files of our own making.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged or none of this form; the message goes on from the file's name.
    """
    with open(path, "rb") as file, _damage_told():
        archive = _archive(file)
        streams = {name: _member(archive, name) for name in _names(archive)}
        return {name: _values(stream, *_header(stream)) for name, stream in streams.items()}


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # Damaged archives make the decoders raise nearly anything.
        found = shorten(str(error), SHOWN_CHARACTERS) or type(error).__name__
        raise ValueError(f"cannot be read as .npz ({found})") from error


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    if file.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX:
        raise ValueError("a single array, .npy")
    return zipfile.ZipFile(file)


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist()]


def _member(archive: zipfile.ZipFile, key: str) -> IO[bytes]:
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in COMPRESSIONS:
        raise ValueError(f"compression {member.compress_type}; allowed: stored or deflated")
    return archive.open(member)


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and dtype."""
    # Later versions are for headers above 64 kB, which arrays of numbers never have; NumPy reads up to 4 GB of one.
    if (version := npy.read_magic(stream)) != (1, 0):
        raise ValueError(f"an array of format version {version}; allowed: (1, 0)")
    with _PARSING:
        shape, fortran, dtype = npy.read_array_header_1_0(stream)
    if dtype.hasobject:
        raise ValueError("pickled objects, which are not opened")
    if min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape}")
    return shape, fortran, dtype


def _values(stream: IO[bytes], shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> NDArray[Any]:
    array = np.frombuffer(_contents(stream, prod(shape) * dtype.itemsize), dtype)
    return array.reshape(shape, order="F" if fortran else "C")


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
