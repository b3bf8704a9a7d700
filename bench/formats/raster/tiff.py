"""The structure of TIFF files: what their directory says, and whether the pixels that it speaks of are there.

Decoders leave rows that a file lacks at 0, or read whatever follows, so that completeness is established here.
Source: TIFF 6.0 (Adobe, 1992), sections 2 to 8 and 15; BigTIFF's directory, as libtiff writes it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import IO, Any, Final

from boundary_bench.bench.formats.raster.decoders import quiet_decoders

SIGNATURES: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = 0, 1, 2, 3
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
UNCOMPRESSED: Final = 1
DEFLATED: Final = (8, 32946)
JPEG: Final = (6, 7)
HIGHEST_RATIO: Final = 1032
"""Deflate packs no more bytes than these into one."""
MOST_SAMPLES: Final = 1000
"""Bands that a picture may have; a damaged directory may state billions."""
MOST_PAGES: Final = 10_000
NOT_A_PAGE: Final = 1 | 4
"""Bits of the kind of a directory that is a smaller copy, or a mask, of another."""


class BrokenTiffError(ValueError):
    """Bytes that are no complete TIFF file; the message says what was found instead."""


@dataclass(frozen=True, slots=True)
class TiffHeader:
    """The first directory of a file.

    Attributes:
        size: (H, W) in pixels, as stored.
        bits: of each sample.
        kind: `UNSIGNED`, `SIGNED`, `FLOAT` or another number.
        photometric: what values mean, e.g. `RGB`.
        separate: whether each sample has a plane of its own.
        compression: `UNCOMPRESSED` or another number.
        orientation: 1 to 8, as in EXIF.
        pages: pictures in the file, without smaller copies.
    """

    size: tuple[int, int]
    bits: tuple[int, ...]
    kind: int
    photometric: int
    separate: bool
    compression: int
    orientation: int
    pages: int

    @property
    def text(self) -> str:
        """For messages, e.g. `a TIFF picture of 3 x 16 bits`."""
        each = f"{len(self.bits)} x {self.bits[0]}" if len(self.bits) > 1 else str(self.bits[0])
        number = {UNSIGNED: "", SIGNED: ", signed", FLOAT: ", floating point"}.get(self.kind, ", of unknown numbers")
        return f"a TIFF picture of {each} bits{number}"


def read_tiff_header(file: IO[bytes]) -> TiffHeader:
    """The directory of a TIFF file, whose pixels are all there.

    Args:
        file: opened for reading, at any position.

    Raises:
        BrokenTiffError: no TIFF file, one cut short, or one whose directory is damaged.
    """
    try:
        with quiet_decoders():
            first, pages = _directories(file)
            header = _header(first, pages)
            _require_pixels(first, header, file.seek(0, 2))
    except BrokenTiffError:
        raise
    except Exception as error:  # Damaged directories make the parser raise nearly anything.
        raise BrokenTiffError("a TIFF file with a damaged or truncated directory") from error
    return header


def _directories(file: IO[bytes]) -> tuple[Any, int]:
    """The first directory, and how many pages there are."""
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    file.seek(0)
    start = file.read(8)
    if start[2:3] == b"+" or start[3:4] == b"+":
        start += file.read(8)
    directory = ImageFileDirectory_v2(start)
    seen: set[int] = set()
    first, pages = None, 0
    while directory.next and len(seen) < MOST_PAGES:
        if directory.next in seen:
            raise BrokenTiffError("a TIFF file whose directories run in a circle")
        seen.add(directory.next)
        file.seek(directory.next)
        directory.load(file)
        pages += not _first_of(directory, 254, 0) & NOT_A_PAGE
        if first is None:
            first = dict(directory)
    if first is None:
        raise BrokenTiffError("a TIFF file without a picture")
    return first, pages


def _header(tags: dict[int, Any], pages: int) -> TiffHeader:
    size = int(tags[257]), int(tags[256])
    samples = int(tags.get(277, 1))
    if samples > MOST_SAMPLES:
        raise BrokenTiffError(f"a TIFF directory with {samples} samples")
    bits = tuple(map(int, _listed(tags.get(258, 1))))
    bits = bits * samples if len(bits) == 1 else bits
    kinds = {*map(int, _listed(tags.get(339, UNSIGNED)))}
    if min(size) < 1 or samples != len(bits) or not bits or len({*bits}) > 1 or len(kinds) > 1:
        found = f"size {size[0]}x{size[1]}, {samples} samples of {', '.join(map(str, bits)) or 'no'} bits"
        raise BrokenTiffError(f"a TIFF directory with {found}")
    return TiffHeader(
        size,
        bits,
        kinds.pop(),
        int(tags[262]),
        int(tags.get(284, 1)) == 2,
        int(tags.get(259, UNCOMPRESSED)),
        int(tags.get(274, 1)),
        pages,
    )


def _require_pixels(tags: dict[int, Any], header: TiffHeader, length: int) -> None:
    """Raise BrokenTiffError unless there is a part of the file for every part of the picture."""
    offsets, counts = ([*map(int, _listed(tags.get(a, tags.get(b, ()))))] for a, b in ((273, 324), (279, 325)))
    rows, row_bytes = _part_size(tags, header)
    across = ceil(header.size[1] / int(tags[322])) if 322 in tags else 1
    planes = len(header.bits) if header.separate else 1
    expected = ceil(header.size[0] / rows) * across * planes
    # Compared before anything is made that has an entry for each: a header may state any height.
    if len(offsets) != expected or len(counts) != expected:
        raise BrokenTiffError(f"a TIFF file with {len(offsets)} of the {expected} parts of its picture")
    # The last strips of each plane are shorter, tiles are whole.
    left = rows if 322 in tags else header.size[0] - (ceil(header.size[0] / rows) - 1) * rows
    of_plane = expected // planes
    needed = [row_bytes * (left if (number + 1) % of_plane == 0 else rows) for number in range(expected)]
    for number, (offset, count, size) in enumerate(zip(offsets, counts, needed, strict=True)):
        if offset + count > length:
            raise BrokenTiffError(f"a TIFF file truncated after {length} bytes")
        if count == 0 or (header.compression == UNCOMPRESSED and count < size):
            raise BrokenTiffError(f"a TIFF file whose part {number} of the picture has {count} bytes")
    if header.compression in DEFLATED and sum(needed) > HIGHEST_RATIO * sum(counts):
        found = f"{header.size[0]}x{header.size[1]} px"
        raise BrokenTiffError(f"a TIFF header with {found}, more than {sum(counts)} bytes of picture data can hold")


def _part_size(tags: dict[int, Any], header: TiffHeader) -> tuple[int, int]:
    """Rows of a strip or tile, and bytes of each of them, unpacked."""
    row_bits = header.bits[0] * (1 if header.separate else len(header.bits))
    if 322 in tags:
        rows, width = int(tags[323]), int(tags[322])
    else:
        rows, width = min(int(tags.get(278, header.size[0])), header.size[0]), header.size[1]
    if rows < 1 or width < 1:
        raise BrokenTiffError(f"a TIFF directory with parts of {rows}x{width}")
    return rows, ceil(width * row_bits / 8)


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _first_of(directory: Any, tag: int, default: int) -> int:
    return int(_listed(directory.get(tag, default))[0])
