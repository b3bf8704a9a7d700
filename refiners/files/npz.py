"""The one reader of `.npz` files: archives of arrays, of which the headers are read before any value.

Source of the form: NumPy's `savez`, and the ZIP format as Python's library reads it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from typing import IO, Any, Final

from numpy.typing import NDArray

from boundary_bench.refiners.files.npy import MAGIC, Check, Header, damage_told, stream_header, values

FORM: Final = ".npz"
COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


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
        with damage_told(FORM):
            archive = _archive(file)
            names = _names(archive)
            if key not in names:
                return names, None
            stream = _member(archive, key)
            shape, fortran, dtype = stream_header(stream)
        check(shape, dtype)
        with damage_told(FORM):
            return names, values(stream, shape, fortran, dtype)


def read_all(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """All arrays of an `.npz` file by name, whatever their shapes and dtypes: for files of our own making.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged or none of this form; the message goes on from the file's name.
    """
    with open(path, "rb") as file, damage_told(FORM):
        archive = _archive(file)
        streams = {name: _member(archive, name) for name in _names(archive)}
        return {name: values(stream, *stream_header(stream)) for name, stream in streams.items()}


def npz_headers(path: str | os.PathLike[str]) -> dict[str, Header | None]:
    """Shape and dtype of every member of an `.npz` file, by name; None for one that is no array of numbers.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged or none of this form; the message goes on from the file's name.
    """
    with open(path, "rb") as file, damage_told(FORM):
        archive = _archive(file)
        return {name: _header(archive, name) for name in _names(archive)}


def _header(archive: zipfile.ZipFile, name: str) -> Header | None:
    try:
        with damage_told(FORM):
            shape, _, dtype = stream_header(_member(archive, name))
    except ValueError:
        return None
    return shape, dtype


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    if file.read(len(MAGIC)) == MAGIC:
        raise ValueError("a single array, .npy")
    return zipfile.ZipFile(file)


def _names(archive: zipfile.ZipFile) -> list[str]:
    return [name.removesuffix(".npy") for name in archive.namelist()]


def _member(archive: zipfile.ZipFile, key: str) -> IO[bytes]:
    member = archive.getinfo(f"{key}.npy")
    if member.compress_type not in COMPRESSIONS:
        raise ValueError(f"compression {member.compress_type}; allowed: stored or deflated")
    return archive.open(member)
