"""Images in TIFF files as RGB; bands beyond red, green and blue are dropped, and change no colour."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.depth import narrowed
from boundary_bench.bench.formats.refusal import reason, refused
from boundary_bench.bench.formats.tiff import (
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
    """The picture as it is stored, not turned: uint8 (H, W, 3).

    Raises:
        InputError: truncated or damaged, several pictures, or numbers or bands that are no RGB.
    """
    try:
        header = read_tiff_header(BytesIO(data))
    except BrokenTiffError as error:
        raise refused(path, str(error), TIFF_IMAGE) from None
    if header.pages > 1:
        raise refused(path, f"{header.pages} pictures in one file", TIFF_IMAGE, "save each in a file of its own")
    if header.kind != UNSIGNED or header.bits[0] > 16:
        hint = "what range is black to white? scale to 0..255 and save as 8 bits"
        raise refused(path, header.text, TIFF_IMAGE, hint if header.kind != SIGNED else AS_RGB)
    found = _deep(data, header) if header.bits[0] > 8 else _shallow(path, data)
    if found is None or found.shape != (*header.size, 3):
        raise refused(path, f"{header.text} that cannot be decoded as RGB", TIFF_IMAGE, AS_RGB)
    return found


def _shallow(path: str | Path, data: bytes) -> NDArray[np.uint8]:
    """By Pillow: OpenCV multiplies colours by alpha."""
    from PIL import Image

    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
            _forget_orientation(image)
            colours = image if image.mode in ("RGB", "RGBA") else image.convert("RGB")
            return np.ascontiguousarray(np.asarray(colours)[..., :3])
    except Exception as error:  # Damaged files make the decoders raise nearly anything.
        raise refused(path, f"a TIFF file that cannot be decoded ({reason(error)})", TIFF_IMAGE, AS_RGB) from None


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


def _forget_orientation(image: Any) -> None:
    """So that decoding doesn't turn the picture, as it does in some versions of Pillow only."""
    from boundary_bench.bench.formats.orientation import TAG

    exif = image.getexif()
    if TAG in exif:
        del exif[TAG]
    if TAG in image.tag_v2:
        del image.tag_v2[TAG]
