"""The structure of BMP files, and the indices in those of at most 256 colours.

Source: Microsoft's description of bitmap storage, BITMAPFILEHEADER and BITMAPINFOHEADER.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

SIGNATURE: Final = b"BM"
HEADER_BYTES: Final = 54
INDEXED: Final = (1, 4, 8)


class BrokenBmpError(ValueError):
    """Bytes that are no complete BMP file; the message says what was found instead."""


@dataclass(frozen=True, slots=True)
class BmpHeader:
    """Header of a file.

    Attributes:
        size: (H, W) in pixels.
        bits: of a pixel; 1, 4 or 8 are indices of the palette.
        start: byte at which pixels begin.
        palette: byte at which the palette begins.
        colours: entries of the palette.
        packed: whether pixels are run-length encoded, or laid out in another way than plainly.
        upwards: whether the lowest row comes first.
    """

    size: tuple[int, int]
    bits: int
    start: int
    palette: int
    colours: int
    packed: bool
    upwards: bool

    @property
    def row_bytes(self) -> int:
        """Bytes of a row, which are filled up to a multiple of four."""
        return (self.size[1] * self.bits + 31) // 32 * 4


def read_bmp_header(data: bytes) -> BmpHeader:
    """The header, of which the first 54 bytes are enough.

    Raises:
        BrokenBmpError: no BMP file, one that ends in its header, or one whose header is damaged.
    """
    if not data.startswith(SIGNATURE):
        raise BrokenBmpError(f"a file that is not BMP (it begins with {data[:8]!r})")
    if len(data) < HEADER_BYTES:
        raise BrokenBmpError(f"a BMP file truncated after {len(data)} bytes")
    start, length, width, height, _, bits, packing = struct.unpack_from("<IIiiHHI", data, 10)
    colours = struct.unpack_from("<I", data, 46)[0]
    if length < 40 or width < 1 or height == 0 or bits not in (1, 4, 8, 16, 24, 32) or start < 14 + length:
        raise BrokenBmpError(f"a BMP header with size {abs(height)}x{width}, {bits} bits")
    colours = (colours or 1 << bits) if bits in INDEXED else 0
    return BmpHeader((abs(height), width), bits, start, 14 + length, min(colours, 256), packing != 0, height > 0)


def require_whole(data: bytes, header: BmpHeader) -> None:
    """Raise BrokenBmpError where a file that isn't packed lacks pixels."""
    needed = header.start + header.size[0] * header.row_bytes
    if not header.packed and len(data) < needed:
        raise BrokenBmpError(f"a BMP file truncated after {len(data)} of {needed} bytes")


def bmp_indices(data: bytes, header: BmpHeader) -> NDArray[np.uint8]:
    """The palette's indices, uint8 (H, W), of a file of 1, 4 or 8 bits that isn't packed.

    Raises:
        BrokenBmpError: the file lacks pixels.
    """
    require_whole(data, header)
    height, width = header.size
    count = height * header.row_bytes
    rows = np.frombuffer(data, np.uint8, count, header.start).reshape(height, header.row_bytes)
    if header.bits == 1:
        rows = np.unpackbits(rows, axis=1)
    elif header.bits == 4:
        rows = np.stack([rows >> 4, rows & 15], axis=2).reshape(height, -1)
    upright = rows[::-1] if header.upwards else rows
    return np.ascontiguousarray(upright[:, :width])


def bmp_palette(data: bytes, header: BmpHeader) -> NDArray[np.uint8]:
    """Colours of the indices, uint8 (256, 3) RGB; those that the file doesn't give are black."""
    found = np.zeros((256, 3), np.uint8)
    stored = np.frombuffer(data[header.palette : min(header.palette + 4 * header.colours, header.start)], np.uint8)
    entries = stored[: len(stored) // 4 * 4].reshape(-1, 4)[:, 2::-1]
    found[: len(entries)] = entries
    return found
