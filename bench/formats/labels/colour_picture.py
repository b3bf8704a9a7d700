"""Pictures in colours as they are stored, for label maps that were saved in the colours of their classes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.labels.label_files import kind_of
from boundary_bench.bench.formats.raster.bmp import INDEXED, BrokenBmpError, read_bmp_header, require_whole
from boundary_bench.bench.formats.raster.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, refused
from boundary_bench.bench.formats.raster.tiff import JPEG, UNSIGNED, BrokenTiffError, read_tiff_header
from boundary_bench.refiners.files.png import RGB, RGBA, BrokenPngError, check_chunks, read_header

COLOUR_PICTURE: Final = "an 8-bit picture in colours: PNG, TIFF or BMP"
BROKEN: Final = (BrokenPngError, BrokenTiffError, BrokenBmpError)


def is_colour_picture(path: str | Path) -> bool:
    """Whether a file is a picture of 8 bits in red, green and blue by its header; False where it cannot be read.

    Raises:
        InputError: no readable file, or one of a kind that is no label map.
    """
    kind = kind_of(path)
    try:
        with open(path, "rb") as file:
            if kind == "png":
                header = read_header(file.read(33))
                return header.colour_type in (RGB, RGBA) and header.bit_depth == 8
            if kind == "tiff":
                tiff = read_tiff_header(file)
                return len(tiff.bits) in (3, 4) and tiff.bits[0] == 8 and tiff.kind == UNSIGNED and tiff.pages == 1
            return kind == "bmp" and read_bmp_header(file.read(64)).bits not in INDEXED
    except (OSError, *BROKEN):
        return False


def read_colour_picture(path: str | Path) -> NDArray[np.uint8]:
    """Colours as stored, of grey and palette files those that they are shown in: uint8 (H, W, 3) RGB.

    Raises:
        InputError: no readable file, truncated or damaged, an array, more than 8 bits, compressed with loss, partly
            transparent, or above the limit of pixels.
    """
    kind = kind_of(path)
    if kind == "array":
        raise refused(path, "an array", COLOUR_PICTURE, "leave --label-space out for arrays of ids")
    data = file_bytes(path, COLOUR_PICTURE)
    try:
        size = _checked(path, kind, data)
    except BROKEN as error:
        raise refused(path, str(error), COLOUR_PICTURE) from None
    picture = _png(data) if kind == "png" else _by_pillow(data, kind)
    if picture is None or picture.shape[:2] != size:
        raise refused(path, "a picture that cannot be decoded", COLOUR_PICTURE)
    if picture.shape[2] == 4 and (picture[..., 3] != picture[0, 0, 3]).any():
        raise refused(path, "a picture that is partly transparent", COLOUR_PICTURE, "save label ids, or without alpha")
    return np.ascontiguousarray(picture[..., :3])


def _checked(path: str | Path, kind: str, data: bytes) -> tuple[int, int]:
    """(H, W) of a file that is whole."""
    deep = lossy = False
    if kind == "png":
        header = check_chunks(data)
        size, deep = header.size, header.bit_depth > 8
    elif kind == "tiff":
        tiff = read_tiff_header(BytesIO(data))
        size, deep, lossy = tiff.size, max(tiff.bits) > 8 or tiff.orientation != 1, tiff.compression in JPEG
    else:
        bmp = read_bmp_header(data)
        require_whole(data, bmp)
        size, lossy = bmp.size, False
    if deep or lossy:
        found = "a picture compressed as JPEG" if lossy else "a picture of more than 8 bits, or turned"
        raise refused(path, found, COLOUR_PICTURE, "save label ids")
    require_pixels(str(path), size)
    return size


def _png(data: bytes) -> NDArray[Any] | None:
    """(H, W, 3 or 4) RGB."""
    if check_chunks(data).colour_type == RGBA:
        bgra = decoded(data, cv2.IMREAD_UNCHANGED)
        return None if bgra is None else cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA)
    bgr = decoded(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    return None if bgr is None else cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def _by_pillow(data: bytes, kind: str) -> NDArray[Any] | None:
    from PIL import Image

    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=(kind.upper(),)) as image:
            return np.asarray(image if image.mode in ("RGB", "RGBA") else image.convert("RGB"))
    except Exception:  # Damaged files make the decoders raise nearly anything.
        return None
