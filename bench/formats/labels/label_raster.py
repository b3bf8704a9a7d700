"""Label maps in TIFF and BMP files: the stored numbers, or none of them.

Grey values are ids, and of palette files the indices. Nothing that a program may have turned, stretched or inverted on
its way to the file is read.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.raster.bmp import (
    INDEXED,
    BmpHeader,
    BrokenBmpError,
    bmp_indices,
    bmp_palette,
    read_bmp_header,
)
from boundary_bench.bench.formats.raster.decoders import quiet_decoders
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, reason, refused
from boundary_bench.bench.formats.raster.tiff import (
    BLACK_IS_ZERO,
    FLOAT,
    JPEG,
    PALETTE,
    SIGNED,
    UNSIGNED,
    WHITE_IS_ZERO,
    BrokenTiffError,
    TiffHeader,
    read_tiff_header,
)
from boundary_bench.metrics.structures.labels import Labels

LABEL_TIFF = "a TIFF of label ids: one channel of 1 to 32 bits, whole numbers"
LABEL_BMP = "a BMP of label ids: grey or palette of at most 8 bits"
DEPTHS = (1, 2, 4, 8, 16, 32)


def read_label_tiff(path: str | Path) -> Labels:
    """The ids of a label TIFF: uint8 (H, W) of at most 8 bits without sign, else int32.

    Raises:
        InputError: no readable file, truncated or damaged, floating point, colours, several pictures in one file,
            compressed with loss, turned or inverted, ids above 2**31 - 1, or above the limit of pixels.
    """
    data = file_bytes(path, LABEL_TIFF)
    header = _tiff_header(path, data)
    require_pixels(str(path), header.size)
    if found := _unfit(header):
        raise refused(path, found[0], LABEL_TIFF, found[1])
    stored = _tiff_values(data)
    if stored is None or stored.shape != header.size:
        hint = "save it as PNG, or with another compression"
        raise refused(path, f"{header.text} that cannot be decoded", LABEL_TIFF, hint)
    return _tiff_ids(path, stored, header)


def label_tiff_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of a TIFF by its directory; errors as of `read_label_tiff`."""
    try:
        with open(path, "rb") as file:
            return read_tiff_header(file).size
    except (OSError, BrokenTiffError) as error:
        raise refused(path, reason(error), LABEL_TIFF) from None


def read_label_bmp(path: str | Path) -> Labels:
    """The indices of a BMP, uint8 (H, W).

    Raises:
        InputError: no readable file, truncated or damaged, run-length encoded, colours, a palette of grey levels that
            are not the indices, or above the limit of pixels.
    """
    data = file_bytes(path, LABEL_BMP)
    try:
        header = read_bmp_header(data)
        require_pixels(str(path), header.size)
        if header.bits not in INDEXED or header.packed:
            kind = "a run-length encoded BMP" if header.packed else f"a {header.bits}-bit BMP of colours"
            raise refused(path, kind, LABEL_BMP, "save the ids themselves as PNG")
        indices = bmp_indices(data, header)
    except BrokenBmpError as error:
        raise refused(path, str(error), LABEL_BMP) from None
    if problem := _other_greys(data, header, indices):
        raise refused(path, problem, LABEL_BMP, "grey levels or indices? save the ids as PNG")
    return indices


def label_bmp_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of a BMP by its header; errors as of `read_label_bmp`."""
    try:
        with open(path, "rb") as file:
            return read_bmp_header(file.read(64)).size
    except (OSError, BrokenBmpError) as error:
        raise refused(path, reason(error), LABEL_BMP) from None


def _tiff_header(path: str | Path, data: bytes) -> TiffHeader:
    try:
        return read_tiff_header(BytesIO(data))
    except BrokenTiffError as error:
        raise refused(path, str(error), LABEL_TIFF) from None


def _unfit(header: TiffHeader) -> tuple[str, str] | None:
    """Why a file is no label map, and what to do; None where it may be one."""
    whole = "save whole numbers: array.astype(numpy.int32)"
    found = [
        (header.pages > 1, f"{header.pages} pictures in one file", "save each label map in a file of its own"),
        (header.kind == FLOAT, f"{header.text}: ids are whole numbers", whole),
        (header.compression in JPEG, "a TIFF compressed as JPEG, which changes ids", "save it with deflate or LZW"),
        (len(header.bits) > 1, header.text, "this is a picture in colours, or of bands: save the ids in one channel"),
        (
            header.photometric == WHITE_IS_ZERO,
            "a TIFF whose 0 is white, which programs read as inverted or not",
            "save ids as 8-bit grey whose 0 is black",
        ),
        (header.photometric not in (WHITE_IS_ZERO, BLACK_IS_ZERO, PALETTE), f"{header.text} in colours", ""),
        (header.orientation != 1, f"a TIFF with orientation tag {header.orientation}", "save it upright, untagged"),
        (
            header.bits[0] not in DEPTHS or header.kind not in (UNSIGNED, SIGNED),
            header.text,
            "save ids in 8, 16 or 32 bits, or with numpy.save",
        ),
    ]
    return next(((text, hint) for wrong, text, hint in found if wrong), None)


def _tiff_values(data: bytes) -> NDArray[Any] | None:
    from PIL import Image

    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
            return np.asarray(image)
    except Exception:  # Damaged files make the decoders raise nearly anything.
        return None


def _tiff_ids(path: str | Path, stored: NDArray[Any], header: TiffHeader) -> Labels:
    bits, signed = header.bits[0], header.kind == SIGNED
    if bits == 8 and signed:
        return stored.view(np.int8).astype(np.int32)
    if bits <= 8:
        small = stored.astype(np.uint8)
        # Pillow stretches grey of 2 and 4 bits to 0..255 by a whole factor.
        stretched = bits in (2, 4) and header.photometric == BLACK_IS_ZERO
        return small // np.uint8(255 // (2**bits - 1)) if stretched else small
    ids = stored.astype(np.int32)
    if bits == 32 and not signed and ids.min() < 0:
        raise refused(path, "ids above 2147483647", LABEL_TIFF, "are they -1 without sign? save signed integers")
    return cast(Labels, ids)


def _other_greys(data: bytes, header: BmpHeader, indices: NDArray[np.uint8]) -> str:
    """Sign that a palette's greys, not its indices, may be the ids; "" where both are the same, or it has colours."""
    used = np.flatnonzero(np.bincount(indices.ravel(), minlength=256))
    colours = bmp_palette(data, header)[used]
    greys = colours[:, 0].astype(int)
    plain = (greys == used).all() or (greys == used * (255 // (2**header.bits - 1))).all()
    if plain or (colours != colours[:, :1]).any():
        return ""
    return f"a palette in which index {used[0]} is grey {greys[0]}, ..., index {used[-1]} is grey {greys[-1]}"
