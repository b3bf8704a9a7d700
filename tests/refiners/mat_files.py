"""MATLAB files put together by hand, as a program that lies about sizes would."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

CELL, STRUCT, SPARSE, DOUBLE = 1, 2, 5, 6
INT32, UINT32, FLOAT64, INT8 = 5, 6, 9, 1


def file_of(*variables: bytes, order: str = "<") -> bytes:
    mark = struct.pack(f"{order}HH", 0x0100, 0x4D49)
    return b"by hand".ljust(124, b" ") + mark + b"".join(variables)


def element(kind: int, contents: bytes, order: str = "<", size: int | None = None) -> bytes:
    """A tag and its contents, filled up to 8 bytes; the tag may state another size."""
    stated = len(contents) if size is None else size
    return struct.pack(f"{order}II", kind, stated) + contents + b"\0" * (-len(contents) % 8)


def matrix(class_: int, shape: Sequence[int], *parts: bytes, name: bytes = b"", order: str = "<") -> bytes:
    flags = element(UINT32, struct.pack(f"{order}II", class_, 0), order)
    sides = element(INT32, struct.pack(f"{order}{len(shape)}i", *shape), order)
    return element(14, flags + sides + element(INT8, name, order) + b"".join(parts), order)


def numbers(kind: int, code: str, *values: float, order: str = "<") -> bytes:
    return element(kind, struct.pack(f"{order}{len(values)}{code}", *values), order)


def packed(variable: bytes) -> bytes:
    inside = zlib.compress(variable)
    return struct.pack("<II", 15, len(inside)) + inside


def nested(depth: int, name: bytes) -> bytes:
    """Cells in cells, the outermost with a name. Put together once, not once a level: that would copy gigabytes."""
    parts = [matrix(DOUBLE, (1, 1), numbers(FLOAT64, "d", 7))]
    size = len(parts[0])
    for level in range(depth):
        cell = matrix(CELL, (1, 1), name=name if level == depth - 1 else b"")
        parts.append(struct.pack("<II", 14, len(cell) - 8 + size) + cell[8:])
        size += len(cell)
    return b"".join(reversed(parts))
