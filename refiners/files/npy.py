"""The one reader of arrays as NumPy saves them: their header first, and values only where it is as expected.

NumPy reads the headers, one thread at a time. Nothing is unpickled.
Source of the form: NumPy Enhancement Proposal 1.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
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
Header = tuple[tuple[int, ...], np.dtype[Any]]
"""Shape and dtype."""

MAGIC: Final = npy.MAGIC_PREFIX
CHUNK_BYTES: Final = 2**20
SHOWN_CHARACTERS: Final = 200
"""Of what NumPy or the ZIP library says, which may repeat a whole header."""

_PARSING: Final = Lock()
"""NumPy has Python parse a literal for each header, which before CPython 3.11.8 fails at random where two threads do
so at once."""


def read_npy(path: str | os.PathLike[str], check: Check) -> NDArray[Any]:
    """Read the one array of a `.npy` file; no more memory is taken than an array that passes the check has.

    Args:
        path: the file.
        check: called with the array's shape and dtype before its values are read.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged or none of this form; the message goes on from the file's name.
        Exception: what the check raises.
    """
    with open(path, "rb") as file:
        with damage_told(".npy"):
            shape, fortran, dtype = stream_header(file)
        check(shape, dtype)
        with damage_told(".npy"):
            return values(file, shape, fortran, dtype)


def npy_header(path: str | os.PathLike[str]) -> Header:
    """Shape and dtype of the array of a `.npy` file; raises as `read_npy`."""
    with open(path, "rb") as file, damage_told(".npy"):
        shape, _, dtype = stream_header(file)
        return shape, dtype


@contextmanager
def damage_told(form: str) -> Iterator[None]:
    """Turns whatever is raised within into a ValueError that says that a file cannot be read in this form."""
    try:
        yield
    except Exception as error:  # Damaged files make the decoders raise nearly anything.
        found = shorten(str(error), SHOWN_CHARACTERS) or type(error).__name__
        raise ValueError(f"cannot be read as {form} ({found})") from error


def stream_header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and dtype of the array that begins here.

    Raises:
        ValueError: no array of numbers begins here.
    """
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


def values(stream: IO[bytes], shape: tuple[int, ...], fortran: bool, dtype: np.dtype[Any]) -> NDArray[Any]:
    """The array whose values follow.

    Raises:
        ValueError: there are fewer bytes than it has, or more.
    """
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
    if stream.read(1):  # Which also makes the ZIP library compare checksums.
        raise ValueError(f"an array with more than its {size} bytes")
    return found
