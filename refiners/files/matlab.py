"""MATLAB files of version 5 to 7.2: numbers, sparse matrices, cells and structs.

Every size that a file states is compared with the bytes that are there before memory is taken for it, which decoders
for trusted files do not do. Source of the form: MathWorks, MAT-File Format.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

MAX_BYTES: Final = 2**29
"""Of a file, and of a variable once it is unpacked."""
MAX_VALUES: Final = 2**20
"""Matrices, cells and fields of a variable."""
MAX_DEPTH: Final = 16
MAX_AXES: Final = 8

NUMBERS: Final = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
MATRIX, COMPRESSED = 14, 15
CELL, STRUCT, SPARSE = 1, 2, 5
NUMERIC: Final = range(6, 16)
COMPLEX: Final = 0x0800
HEADER_BYTES: Final = 128
TAG_BYTES: Final = 8
PEEK_BYTES: Final = 4096
"""Of a compressed variable, in which its name lies."""

Order = Literal["<", ">"]


@dataclass(frozen=True, eq=False)
class Sparse:
    """A matrix by its columns.

    Attributes:
        shape: (H, W).
        rows: int (n,), the row of each value.
        starts: int64 (W + 1,), where each column's values begin, and their end.
        values: (n,).

    Raises:
        ValueError: places outside of the matrix.
    """

    shape: tuple[int, ...]
    rows: NDArray[Any]
    starts: NDArray[Any]
    values: NDArray[Any]

    def __post_init__(self) -> None:
        if len(self.shape) != 2 or self.starts.size != self.shape[1] + 1 or self.rows.dtype.kind not in "iu":
            raise ValueError("a sparse matrix whose parts do not belong together")
        object.__setattr__(self, "starts", self.starts.astype(np.int64))
        if self.starts[0] or (self.starts[1:] < self.starts[:-1]).any():
            raise ValueError("a sparse matrix whose columns are damaged")
        count = int(self.starts[-1])
        if count > min(len(self.rows), len(self.values)):
            raise ValueError("a sparse matrix with fewer values than it states")
        if count and not 0 <= self.rows[:count].min() <= self.rows[:count].max() < self.shape[0]:
            raise ValueError("a sparse matrix with values outside of it")

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self.values.dtype

    def dense(self) -> NDArray[Any]:
        """All of it, (H, W)."""
        full, count = np.zeros(self.shape, self.dtype), int(self.starts[-1])
        columns = np.repeat(np.arange(self.shape[1]), np.diff(self.starts))
        full[self.rows[:count], columns] = self.values[:count]
        return full


Value = Any
"""An array, a `Sparse`, a list of a cell array's values down its columns, a dict of a single struct's fields by name;
None for anything else: texts, complex numbers, objects, arrays of structs."""


def read_variable(path: str | os.PathLike[str], key: str) -> tuple[list[str], Value]:
    """Read one variable.

    Args:
        path: the file.
        key: name of the variable.

    Returns:
        Names of all variables, and the value; None where there is none of that name, or nothing that is read here.
        Arrays keep the dtype in which they are stored.

    Raises:
        OSError: the file cannot be read.
        ValueError: a file that is damaged, of another version, or too large; the message goes on from the file's name.
    """
    file = Path(path)
    size = file.stat().st_size
    try:
        if size > MAX_BYTES:
            raise ValueError(f"a file of {size} bytes; allowed: at most {MAX_BYTES}")
        return _read(memoryview(file.read_bytes()), key)
    except ValueError as error:
        raise ValueError(f"cannot be read as .mat ({error})") from error


def _read(data: memoryview, key: str) -> tuple[list[str], Value]:
    order = _order(data)
    found: dict[str, Value] = {}
    for contents in _variables(data, order):
        name = _Matrix(_start(contents), order, [0]).name
        found.setdefault(name, None)
        if name == key and found[key] is None:
            found[key] = _Matrix(_whole(contents), order, [MAX_VALUES]).value()
    return list(found), found.get(key)


def _order(data: memoryview) -> Order:
    mark, version = bytes(data[126:128]), bytes(data[124:126])
    if len(data) < HEADER_BYTES or mark not in (b"IM", b"MI"):
        raise ValueError("a file that is not MATLAB's, or of version 4")
    if version[:: -1 if mark == b"IM" else 1] != b"\1\0":
        raise ValueError("a file of version 7.3, or of an unknown one")
    return "<" if mark == b"IM" else ">"


def _variables(data: memoryview, order: Order) -> Iterator[memoryview | bytes]:
    """The contents of each variable: those of its matrix, or all of it still compressed, as bytes."""
    rest = _Elements(data[HEADER_BYTES:], order)
    while rest.data:
        kind, contents = rest.next()
        if kind == COMPRESSED:
            yield bytes(contents)
        elif kind == MATRIX:
            yield contents


def _start(contents: memoryview | bytes) -> memoryview:
    """Container of the name."""
    return _inside(contents, PEEK_BYTES) if isinstance(contents, bytes) else contents


def _whole(contents: memoryview | bytes) -> memoryview:
    if not isinstance(contents, bytes):
        return contents
    inside = _inside(contents, TAG_BYTES + MAX_BYTES + 1)
    if len(inside) > MAX_BYTES:
        raise ValueError(f"a variable that is above {MAX_BYTES} bytes when it is unpacked")
    return inside


def _inside(packed: bytes, most: int) -> memoryview:
    """So many bytes of a packed matrix at most, without its tag."""
    try:
        return memoryview(zlib.decompressobj().decompress(packed, most))[TAG_BYTES:]
    except zlib.error as error:
        raise ValueError(str(error)) from error


class _Elements:
    """Elements after one another: a tag of type and size, and the contents."""

    def __init__(self, data: memoryview, order: Order) -> None:
        self.data, self._order = data, order

    def next(self) -> tuple[int, memoryview]:
        """Type and contents of the next."""
        if len(self.data) < TAG_BYTES:
            raise ValueError("a file that ends too early")
        first, second = np.frombuffer(self.data[:TAG_BYTES], f"{self._order}u4").tolist()
        if short := first >> 16:  # Up to four bytes lie within the tag.
            kind, size, start, end = first & 0xFFFF, short, 4, TAG_BYTES
        else:
            padding = 0 if first == COMPRESSED else -second % 8
            kind, size, start, end = first, second, TAG_BYTES, TAG_BYTES + second + padding
        contents = self.data[start : min(start + size, end)]
        if len(contents) < size:
            raise ValueError("a file that ends too early")
        self.data = self.data[end:]
        return kind, contents

    def numbers(self) -> NDArray[Any]:
        """The next, which holds numbers: (n,)."""
        kind, contents = self.next()
        if kind not in NUMBERS:
            raise ValueError(f"an element of type {kind} where numbers are expected")
        stored = np.frombuffer(contents, np.dtype(NUMBERS[kind]).newbyteorder(self._order))
        return stored.astype(stored.dtype.newbyteorder("="), copy=False)


class _Matrix:
    """Header of a MATLAB matrix: class, shape and name, and its contents.

    left: how many more values may be made, of the whole variable.
    """

    def __init__(self, data: memoryview, order: Order, left: list[int], depth: int = 0) -> None:
        self._elements, self._order, self._left, self._depth = _Elements(data, order), order, left, depth
        flags = self._elements.numbers()
        self._flags = int(flags[0]) if flags.size else 0
        self._class = self._flags & 0xFF
        sides = self._elements.numbers()
        self._shape: tuple[int, ...] = tuple(sides.tolist()) if sides.dtype.kind in "iu" else ()
        self.name = bytes(self._elements.next()[1]).decode("latin-1")
        if not 2 <= len(self._shape) <= MAX_AXES or min(self._shape) < 0:
            raise ValueError(f"a matrix of shape {self._shape}")

    def value(self) -> Value:
        """Its contents, see `Value`."""
        if self._class == CELL:
            return [self._child() for _ in self._counted(prod(self._shape))]
        if self._class == STRUCT:
            return self._struct()
        if self._flags & COMPLEX:
            return None
        if self._class == SPARSE:
            return Sparse(self._shape, *(self._elements.numbers() for _ in range(3)))
        if self._class not in NUMERIC:
            return None
        return self._numbers()

    def _numbers(self) -> NDArray[Any]:
        stored = self._elements.numbers()
        if stored.size != prod(self._shape):
            raise ValueError(f"a matrix of shape {self._shape} with {stored.size} values")
        return stored.reshape(self._shape, order="F")

    def _struct(self) -> Mapping[str, Value] | None:
        length = self._elements.numbers()
        names = self._elements.next()[1]
        if length.size != 1 or not 0 < length[0] <= max(len(names), 1):
            raise ValueError("a struct whose fields have no names")
        fields = [bytes(names[at : at + int(length[0])]) for at in range(0, len(names), int(length[0]))]
        if prod(self._shape) != 1:
            return None
        self._counted(len(fields))
        return {field.partition(b"\0")[0].decode("latin-1"): self._child() for field in fields}

    def _counted(self, values: int) -> range:
        """A range of so many, where so many more can be in the file."""
        if values > len(self._elements.data) // TAG_BYTES:
            raise ValueError(f"{values} cells or fields, more than the file has room for")
        self._left[0] -= values
        if self._left[0] < 0:
            raise ValueError(f"more than {MAX_VALUES} cells and fields")
        return range(values)

    def _child(self) -> Value:
        kind, contents = self._elements.next()
        if kind != MATRIX:
            raise ValueError(f"an element of type {kind} where a matrix is expected")
        if self._depth == MAX_DEPTH:
            raise ValueError(f"cells in cells, more than {MAX_DEPTH} deep")
        if not contents:
            return np.zeros((0, 0))
        return _Matrix(contents, self._order, self._left, self._depth + 1).value()
