"""TIFF files written by the book, without any library: kinds that Pillow and OpenCV do not write."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = 8
KINDS = {"u": 1, "i": 2, "f": 3}


def tiff(
    values: NDArray[Any],
    *,
    order: str = "<",
    rows: int | None = None,
    tile: int = 0,
    deflate: bool = False,
    photometric: int = 1,
    orientation: int = 1,
    extra_samples: Sequence[int] = (),
    copies: Sequence[tuple[NDArray[Any], int]] = (),
    leave_out: int = 0,
    short: int = 0,
) -> bytes:
    """A file of one picture (H, W) or (H, W, bands), whose directories come first.

    Args:
        rows: of a strip; None for a single strip.
        tile: side of tiles; 0 for strips.
        copies: further pictures, each with its kind of directory (1: a smaller copy).
        leave_out: number of the last strips that are not there.
        short: bytes that the first strip lacks.
    """
    options: Any = {"order": order, "tile": tile, "deflate": deflate, "photometric": photometric}
    options |= {"orientation": orientation, "extra_samples": extra_samples}
    data = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", HEADER)
    pages = [(values, 0), *copies]
    for number, (picture, kind) in enumerate(pages):
        last = number == len(pages) - 1
        parts = list(_parts(picture, rows, tile, order, deflate))[: -leave_out or None]
        parts[0] = parts[0][: len(parts[0]) - short]
        data += _page(len(data), picture, kind, parts, last, rows or picture.shape[0], **options)
    return data


def _parts(picture: NDArray[Any], rows: int | None, tile: int, order: str, deflate: bool) -> Iterator[bytes]:
    stored = picture.astype(picture.dtype.newbyteorder(order))
    height, width = picture.shape[:2]
    if tile:
        pads = [(0, -height % tile), (0, -width % tile)] + [(0, 0)] * (picture.ndim - 2)
        full = np.pad(stored, pads)
        blocks = [full[y : y + tile, x : x + tile] for y in range(0, height, tile) for x in range(0, width, tile)]
    else:
        step = rows or height
        blocks = [stored[y : y + step] for y in range(0, height, step)]
    for block in blocks:
        yield zlib.compress(block.tobytes()) if deflate else block.tobytes()


def _page(
    start: int,
    picture: NDArray[Any],
    kind: int,
    parts: list[bytes],
    last: bool,
    rows: int,
    *,
    order: str,
    tile: int,
    deflate: bool,
    photometric: int,
    orientation: int,
    extra_samples: Sequence[int],
) -> bytes:
    """A directory, the values that are too long for it, and the pixels."""
    height, width = picture.shape[:2]
    bands = 1 if picture.ndim == 2 else picture.shape[2]
    tags: dict[int, list[int]] = {
        254: [kind],
        256: [width],
        257: [height],
        258: [8 * picture.dtype.itemsize] * bands,
        259: [8 if deflate else 1],
        262: [photometric],
        274: [orientation],
        277: [bands],
        339: [KINDS[picture.dtype.kind]] * bands,
    }
    if extra_samples:
        tags[338] = list(extra_samples)
    tags |= {322: [tile], 323: [tile]} if tile else {278: [rows]}
    offsets, counts = (324, 325) if tile else (273, 279)
    tags[counts] = [len(part) for part in parts]
    tags[offsets] = [0] * len(parts)
    length = 2 + 12 * len(tags) + 4
    long = sum(4 * len(each) for each in tags.values() if len(each) > 1)
    first = start + length + long
    tags[offsets] = [first + sum(map(len, parts[:number])) for number in range(len(parts))]
    behind, entries = b"", b""
    for tag in sorted(tags):
        each = tags[tag]
        packed = struct.pack(f"{order}{len(each)}I", *each)
        if len(each) > 1:
            packed, behind = struct.pack(f"{order}I", start + length + len(behind)), behind + packed
        entries += struct.pack(f"{order}HHI", tag, 4, len(each)) + packed
    pixels = b"".join(parts)
    end = 0 if last else first + len(pixels)
    return struct.pack(f"{order}H", len(tags)) + entries + struct.pack(f"{order}I", end) + behind + pixels
