"""The structure of PNG files: chunks, their checksums, the header.

Decoders differ in how much of a truncated file they let pass, so completeness is established here first;
label maps are then decoded from the chunks that carry the values, whatever palette or colour profile a file
has besides.
Source: PNG specification (W3C, third edition), sections 5 and 11.2.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
COLOUR_TYPES = {GREY: "grey", RGB: "RGB", PALETTE: "palette", GREY_ALPHA: "grey with alpha", RGBA: "RGBA"}
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
HIGHEST_RATIO = 1032
"""Deflate packs no more bytes than these into one: 258 into two bits."""


class BrokenPngError(ValueError):
    """Bytes that are no complete PNG file; the message says what was found instead."""


@dataclass(frozen=True, slots=True)
class Header:
    """Header fields of the IHDR chunk."""

    width: int
    height: int
    bit_depth: int
    colour_type: int
    interlace: int

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.height, self.width

    @property
    def kind(self) -> str:
        """For messages, e.g. `8-bit palette`."""
        return f"{self.bit_depth}-bit {COLOUR_TYPES.get(self.colour_type, f'colour type {self.colour_type}')}"

    @property
    def pixel_bits(self) -> int:
        """Bits that a pixel has at least."""
        return self.bit_depth * CHANNELS.get(self.colour_type, 1)


def read_header(data: bytes) -> Header:
    """The header of a PNG file, of which the first 33 bytes are enough.

    Raises:
        BrokenPngError: no PNG file, or one that ends or is damaged before the header does.
    """
    if not data:
        raise BrokenPngError("an empty file")
    if not data.startswith(SIGNATURE[: len(data)]):
        raise BrokenPngError(f"a file that is not PNG (it begins with {data[:8]!r})")
    if len(data) < 33:
        raise BrokenPngError(f"a PNG file truncated after {len(data)} bytes")
    if data[8:16] != b"\x00\x00\x00\x0dIHDR" or zlib.crc32(data[12:29]) != int.from_bytes(data[29:33]):
        raise BrokenPngError("a PNG file with a damaged header")
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    if width == 0 or height == 0:
        raise BrokenPngError(f"a PNG header with size {height}x{width}")
    return Header(width, height, depth, colour, interlace)


def check_chunks(data: bytes) -> Header:
    """Walk through a whole PNG file; returns its header.

    Raises:
        BrokenPngError: no PNG file, one cut short, or one with a damaged chunk.
    """
    return _picture(data)[0]


def as_grey(data: bytes) -> tuple[Header, bytes]:
    """The same picture as a grey PNG whose values are the palette indices (or grey levels) of the original.

    Only header and picture data stay: palette, transparency, gamma or animation chunks would make decoders
    change the values. Checks the file as `check_chunks` does.

    Returns:
        The header of the original and the new file.

    Raises:
        BrokenPngError: no PNG file, one cut short, or one with a damaged chunk.
    """
    header, kept = _picture(data)
    ihdr = b"IHDR" + data[16:25] + bytes([GREY]) + data[26:29]
    return header, b"".join([SIGNATURE, _framed(ihdr), *map(bytes, kept), _framed(b"IEND")])


def chunk_body(data: bytes, kind: bytes) -> bytes | None:
    """Contents of the first chunk of a kind, e.g. `b"eXIf"`; None where there is none.

    Raises:
        BrokenPngError: a file cut short, or one with a damaged chunk.
    """
    return next((bytes(chunk[8:-4]) for found, chunk in _chunks(data) if found == kind), None)


def _picture(data: bytes) -> tuple[Header, list[memoryview]]:
    """The header, and the chunks with picture data, of which there are as many as the header needs at least."""
    header = read_header(data)
    kept = [chunk for kind, chunk in _chunks(data) if kind == b"IDAT"]
    if not kept:
        raise BrokenPngError("a PNG file without picture data")
    packed = sum(map(len, kept))
    if header.width * header.height * header.pixel_bits > 8 * HIGHEST_RATIO * packed:
        size = f"{header.height}x{header.width} px"
        raise BrokenPngError(f"a PNG header with {size}, more than {packed} bytes of picture data can hold")
    return header, kept


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    view = memoryview(data)
    position, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if position + 12 > len(data):
            raise BrokenPngError(f"a PNG file truncated after {len(data)} bytes")
        end = position + 12 + int.from_bytes(view[position : position + 4])
        kind = bytes(view[position + 4 : position + 8])
        if end > len(data):
            raise BrokenPngError(f"a PNG file truncated after {len(data)} bytes")
        if zlib.crc32(view[position + 4 : end - 4]) != int.from_bytes(view[end - 4 : end]):
            raise BrokenPngError(f"a PNG file whose chunk at byte {position} is damaged (wrong checksum)")
        yield kind, view[position:end]
        position = end


def _framed(body: bytes) -> bytes:
    return (len(body) - 4).to_bytes(4) + body + zlib.crc32(body).to_bytes(4)
