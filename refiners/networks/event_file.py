"""Scalars in the file format that TensorBoard reads, without TensorBoard.

A file is a row of records, each: length (uint64), its checksum, an `Event` message, its checksum; little-endian.
Source: TensorFlow's record format (tfrecord) and its `event.proto` and `summary.proto`; CRC-32C after RFC 3720,
Appendix B.4.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Self

VERSION = b"brain.Event:2"
REFLECTED_POLYNOMIAL = 0x82F63B78
MASK = 0xA282EAD8
FULL = 0xFFFFFFFF

DOUBLE, BYTES, FLOAT, VARINT = 1, 2, 5, 0
"""Wire types of protocol buffers."""


class EventFile:
    """Writes scalars by step; to be closed, or used as a context.

    Args:
        path: a new file, replaced where it is there; TensorBoard looks for `tfevents` in its name.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._write(_field(3, BYTES, VERSION))

    def add(self, step: int, scalars: Mapping[str, float]) -> None:
        """One point of each curve, by name."""
        values = b"".join(
            _field(1, BYTES, _field(1, BYTES, name.encode()) + _field(2, FLOAT, struct.pack("<f", value)))
            for name, value in scalars.items()
        )
        self._write(_field(2, VARINT, _varint(step)) + _field(5, BYTES, values))

    def flush(self) -> None:
        """Make what was added visible to readers."""
        self._file.flush()

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, event: bytes) -> None:
        data = _field(1, DOUBLE, struct.pack("<d", time.time())) + event
        length = struct.pack("<Q", len(data))
        self._file.write(length + _checksum(length) + data + _checksum(data))


def crc32c(data: bytes) -> int:
    """CRC-32C (Castagnoli) of the data."""
    value, table = FULL, _table()
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ FULL


@cache
def _table() -> tuple[int, ...]:
    def entry(value: int) -> int:
        for _ in range(8):
            value = (value >> 1) ^ (REFLECTED_POLYNOMIAL if value & 1 else 0)
        return value

    return tuple(entry(byte) for byte in range(256))


def _checksum(data: bytes) -> bytes:
    value = crc32c(data)
    return struct.pack("<I", ((value >> 15 | value << 17) + MASK) & FULL)


def _field(number: int, wire_type: int, content: bytes) -> bytes:
    length = _varint(len(content)) if wire_type == BYTES else b""
    return _varint(number << 3 | wire_type) + length + content


def _varint(value: int) -> bytes:
    groups = []
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
