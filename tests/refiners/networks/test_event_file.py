from __future__ import annotations

import struct

import pytest

from boundary_bench.refiners.networks.event_file import EventFile, crc32c

FIRST_BYTES_OF_EVENT_FILES = bytes.fromhex("1800000000000000a37f4b22")
"""Of files that TensorFlow writes: the length of the version's event, 24, and its masked checksum."""


def varint(data, at):
    value, shift = 0, 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def message(data):
    """Fields of a protocol buffer by number."""
    found, at = {}, 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(data, at)
            value, at = data[at : at + size], at + size
        found.setdefault(key >> 3, []).append(value)
    return found


def records(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        for start, size in ((at, 8), (at + 12, length)):
            (masked,) = struct.unpack_from("<I", data, start + size)
            rotated = (masked - 0xA282EAD8) % 2**32
            assert (rotated << 15 | rotated >> 17) % 2**32 == crc32c(data[start : start + size])
        yield message(data[at + 12 : at + 12 + length])
        at += length + 16


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0),
        (b"123456789", 0xE3069283),
        (bytes(32), 0x8A9136AA),
        (b"\xff" * 32, 0x62A8AB43),
        (bytes(range(32)), 0x46DD794E),
    ],
)
def test_checksums_of_the_standard(data, expected):
    assert crc32c(data) == expected


def test_scalars_are_read_back(tmp_path):
    with EventFile(tmp_path / "events") as file:
        file.add(0, {"loss": 1.5})
        file.add(70_000, {"loss": -0.25, "part": 2.0})
    data = (tmp_path / "events").read_bytes()
    assert data.startswith(FIRST_BYTES_OF_EVENT_FILES)
    version, *events = records(data)
    assert version[3] == [b"brain.Event:2"]
    points = []
    for event in events:
        assert struct.unpack("<d", event[1][0])[0] > 1.7e9
        for value in message(event[5][0])[1]:
            fields = message(value)
            points.append((event[2][0], fields[1][0].decode(), struct.unpack("<f", fields[2][0])[0]))
    assert points == [(0, "loss", 1.5), (70_000, "loss", -0.25), (70_000, "part", 2.0)]
