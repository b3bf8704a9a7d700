"""Images in TIFF files as RGB; bands beyond red, green and blue are dropped, and change no colour."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.raster.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.raster.depth import narrowed
from boundary_bench.bench.formats.raster.orientation import TAG, UPRIGHT, turned, upright_size
from boundary_bench.bench.formats.raster.refusal import reason, refused
from boundary_bench.bench.formats.raster.tiff import (
    BLACK_IS_ZERO,
    RGB,
    SIGNED,
    UNSIGNED,
    BrokenTiffError,
    TiffHeader,
    read_tiff_header,
)

TIFF_IMAGE: Final = "a TIFF of one picture, grey or RGB, 8 or 16 bits without sign"
AS_RGB: Final = "save red, green and blue as 8-bit RGB, e.g. as PNG"


def read_tiff_rgb(path: str | Path, data: bytes) -> NDArray[np.uint8]:
    """The picture, upright: uint8 (H, W, 3).

    Raises:
        InputError: truncated or damaged, several pictures, or numbers or bands that are no RGB.
    """
    header = tiff_header(path, BytesIO(data))
    if header.pages > 1:
        raise refused(path, f"{header.pages} pictures in one file", TIFF_IMAGE, "save each in a file of its own")
    if header.kind != UNSIGNED or header.bits[0] > 16:
        hint = "what range is black to white? scale to 0..255 and save as 8 bits"
        raise refused(path, header.text, TIFF_IMAGE, hint if header.kind != SIGNED else AS_RGB)
    found = _deep(data, header) if header.bits[0] > 8 else _shallow(data)
    if found is None or found.shape != (*upright_size(header.size, header.orientation), 3):
        raise refused(path, f"{header.text} that cannot be decoded as RGB", TIFF_IMAGE, AS_RGB)
    return found


def tiff_header(path: str | Path, file: IO[bytes] | None = None) -> TiffHeader:
    """The header of a TIFF file, opened already or not.

    Raises:
        InputError: truncated or damaged, or it cannot be read.
    """
    try:
        with file or open(path, "rb") as opened:
            return read_tiff_header(opened)
    except (OSError, BrokenTiffError) as error:
        raise refused(path, reason(error), TIFF_IMAGE) from None


def _shallow(data: bytes) -> NDArray[np.uint8] | None:
    """By Pillow: OpenCV multiplies colours by alpha. None for what it cannot decode."""
    from PIL import Image

    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
            image.load()
            # Some versions have turned it by now, and deleted the tag; others have not.
            left = image.getexif().get(TAG, UPRIGHT)
            colours = image if image.mode in ("RGB", "RGBA") else image.convert("RGB")
            return turned(np.ascontiguousarray(np.asarray(colours)[..., :3]), left)
    except Exception:  # Damaged files make the decoders raise nearly anything.
        return None


def _deep(data: bytes, header: TiffHeader) -> NDArray[np.uint8] | None:
    """By OpenCV, as Pillow keeps 8 of the 16 bits of colours; None for layouts that OpenCV mistakes."""
    channels = len(header.bits)
    grey = header.photometric == BLACK_IS_ZERO and channels == 1
    colour = header.photometric == RGB and channels in (3, 4) and not header.separate
    if header.bits[0] != 16 or header.orientation != 1 or not (grey or colour):
        return None
    stored: NDArray[Any] | None = decoded(data, cv2.IMREAD_UNCHANGED)
    shape = header.size if grey else (*header.size, channels)
    if stored is None or stored.dtype != np.uint16 or stored.shape != shape:
        return None
    if grey:
        return np.repeat(narrowed(stored)[..., None], 3, axis=2)
    return narrowed(np.ascontiguousarray(stored[..., 2::-1]))
