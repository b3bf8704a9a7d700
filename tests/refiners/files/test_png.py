"""The header of a PNG file, without anything that decodes it; whole files are tested with the readers of label maps."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from boundary_bench.refiners.files.png import BrokenPngError, as_grey, check_chunks, read_header
from tests.bench.label_files import chunk, png

WHOLE = png(np.arange(12).reshape(3, 4), bits=8)
REST = WHOLE[24:29]
"""Of the header, behind width and height."""


def with_header(body: bytes) -> bytes:
    return WHOLE[:8] + chunk(b"IHDR", body) + WHOLE[33:]


def test_the_header_is_read_from_its_33_bytes() -> None:
    for data in (WHOLE[:33], WHOLE):
        header = read_header(data)
        assert (header.size, header.kind, header.pixel_bits) == ((3, 4), "8-bit grey", 8)


@pytest.mark.parametrize("read", [read_header, check_chunks, as_grey])
@pytest.mark.parametrize(
    ("data", "found"),
    [
        (with_header(struct.pack(">II", 4, 0) + REST), "a PNG header with size 0x4"),
        (with_header(struct.pack(">II", 0, 3) + REST), "a PNG header with size 3x0"),
        (with_header(struct.pack(">II", 0, 0) + REST), "a PNG header with size 0x0"),
        (with_header(struct.pack(">II", 4, 3) + REST[:-1]), "a PNG file with a damaged header"),
        (with_header(b""), "a PNG file with a damaged header"),
        (WHOLE[:8] + struct.pack(">I", 12) + WHOLE[12:], "a PNG file with a damaged header"),
        (WHOLE[:8] + chunk(b"IHDX", WHOLE[16:29]) + WHOLE[33:], "a PNG file with a damaged header"),
        (WHOLE[:32], "a PNG file truncated after 32 bytes"),
        (WHOLE[:20], "a PNG file truncated after 20 bytes"),
    ],
    ids=[
        "height 0",
        "width 0",
        "both 0",
        "a byte short",
        "an empty chunk",
        "a wrong length",
        "another chunk",
        "no checksum",
        "no size",
    ],
)
def test_headers_that_no_picture_has_are_refused(read: object, data: bytes, found: str) -> None:
    assert callable(read)
    with pytest.raises(BrokenPngError, match=f"^{found}$"):
        read(data)
