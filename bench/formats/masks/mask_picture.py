"""Grey levels of a mask that is stored as a picture, whatever kind of picture that is."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.raster.bmp import SIGNATURE as BMP
from boundary_bench.bench.formats.raster.bmp import BrokenBmpError, read_bmp_header, require_whole
from boundary_bench.bench.formats.raster.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.raster.image import read_image
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, reason, refused
from boundary_bench.bench.formats.raster.tiff import FLOAT, JPEG, BrokenTiffError, read_tiff_header
from boundary_bench.bench.formats.raster.tiff import SIGNATURES as TIFF
from boundary_bench.metrics.structures.binary_mask import Soft
from boundary_bench.refiners.files.png import PALETTE, SIGNATURE, BrokenPngError, as_grey, check_chunks, chunk_body

PICTURE: Final = "a mask: one grey level a pixel, 0 background and 255 object"
ONE_CHANNEL: Final = "save the mask as one grey channel, 0 background and 255 object"
LOSSY_COLOUR: Final = 48
"""JPEG gives grey pictures channels that differ by a few levels; colours differ by more."""


def read_mask_picture(path: str | Path) -> Soft:
    """Levels of a mask, uint8 (H, W) in 255ths, or float32 in 0..1 where the file holds 16 bits or floating point.

    Raises:
        InputError: no readable file, truncated or damaged, in colours, with transparency, of several objects that are
            told apart by a palette, or above the limit of pixels.
    """
    data = file_bytes(path, PICTURE)
    if data.startswith(SIGNATURE):
        return _png(path, data)
    if data.startswith(TIFF):
        return _tiff(path, data)
    if data.startswith(BMP):
        return _bmp(path, data)
    rgb = read_image(path)
    if int(np.ptp(rgb, axis=2).max()) > LOSSY_COLOUR:
        raise refused(path, "a picture in colours", PICTURE, ONE_CHANNEL)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def _png(path: str | Path, data: bytes) -> Soft:
    try:
        header = check_chunks(data)
        require_pixels(str(path), header.size)
        stored = decoded(as_grey(data)[1] if header.colour_type == PALETTE else data, cv2.IMREAD_UNCHANGED)
    except BrokenPngError as error:
        raise refused(path, str(error), PICTURE) from None
    if stored is None or stored.shape[:2] != header.size:
        raise refused(path, "a PNG file whose picture data cannot be decoded", PICTURE)
    if header.colour_type == PALETTE:
        # Decoders stretch indices of few bits to 0..255 by a whole factor.
        indices = stored // np.uint8(255 // (2**header.bit_depth - 1)) if header.bit_depth < 8 else stored
        palette = np.frombuffer(chunk_body(data, b"PLTE") or b"", np.uint8)
        return _of_palette(path, indices, palette.reshape(-1, 3))
    return _levels(_one_channel(path, stored))


def _tiff(path: str | Path, data: bytes) -> Soft:
    from PIL import Image

    try:
        header = read_tiff_header(BytesIO(data))
    except BrokenTiffError as error:
        raise refused(path, str(error), PICTURE) from None
    require_pixels(str(path), header.size)
    if header.pages > 1:
        raise refused(path, f"{header.pages} pictures in one file", PICTURE, "save each mask in a file of its own")
    if header.orientation != 1 or header.compression in JPEG:
        return np.asarray(read_image(path)[..., 0])
    try:
        with quiet_decoders(), Image.open(BytesIO(data), formats=("TIFF",)) as image:
            # White may be 0: Pillow turns such pictures over, and stretches those of few bits.
            shown = image.convert("L") if image.mode in ("1", "P") else image
            stored = np.asarray(shown)
    except Exception as error:  # Damaged files make the decoders raise nearly anything.
        raise refused(path, f"{header.text} that cannot be decoded ({reason(error)})", PICTURE) from None
    stored = stored[..., ::-1] if stored.ndim == 3 and stored.shape[2] == 3 else stored
    flat = _one_channel(path, stored)
    if header.kind == FLOAT or flat.dtype.kind == "i":
        return _real(path, flat.astype(np.float64), 1.0 if header.kind == FLOAT else 65535.0)
    return _levels(flat)


def _bmp(path: str | Path, data: bytes) -> Soft:
    try:
        header = read_bmp_header(data)
        require_pixels(str(path), header.size)
        require_whole(data, header)
    except BrokenBmpError as error:
        raise refused(path, str(error), PICTURE) from None
    stored = decoded(data, cv2.IMREAD_COLOR)
    if stored is None or stored.shape[:2] != header.size:
        raise refused(path, "a BMP file that cannot be decoded", PICTURE)
    return _levels(_one_channel(path, stored))


def _one_channel(path: str | Path, stored: NDArray[Any]) -> NDArray[Any]:
    """(H, W) of equal colour channels without transparency."""
    if stored.ndim == 2:
        return stored
    colours, alpha = (stored[..., :-1], stored[..., -1]) if stored.shape[2] in (2, 4) else (stored, None)
    if alpha is not None and (alpha != np.iinfo(alpha.dtype).max).any():
        hint = "is the mask its alpha channel? then save that as a grey picture"
        raise refused(path, "a picture with transparency", PICTURE, hint)
    if (colours != colours[..., :1]).any():
        raise refused(path, "a picture in colours", PICTURE, ONE_CHANNEL)
    return np.ascontiguousarray(colours[..., 0])


def _levels(stored: NDArray[Any]) -> Soft:
    if stored.dtype == np.uint16:
        return (stored / np.float32(65535)).astype(np.float32)
    if stored.dtype == np.bool_:
        return np.where(stored, np.uint8(255), np.uint8(0))
    return stored.astype(np.uint8, copy=False)


def _real(path: str | Path, stored: NDArray[np.float64], whole: float) -> Soft:
    if not (np.isfinite(stored).all() and stored.min() >= 0 and stored.max() <= whole):
        found = f"values {stored.min():g} to {stored.max():g}"
        raise refused(path, found, f"{PICTURE}, or 0 to {whole:g}")
    return (stored / whole).astype(np.float32)


def _of_palette(path: str | Path, indices: NDArray[Any], palette: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Of a grey palette the levels that its indices stand for; else the object is the one index above 0."""
    used = np.flatnonzero(np.bincount(indices.ravel(), minlength=1))
    if used[-1] < len(palette) and (palette[used] == palette[used, :1]).all():
        return np.asarray(palette[indices, 0], np.uint8)
    others = used[used > 0]
    if len(others) > 1:
        found = f"a palette with the indices {', '.join(map(str, others[:5].tolist()))}"
        hint = "one object a file; label maps of several are scored with --classes"
        raise refused(path, found, "a mask: one index besides 0", hint)
    return np.where(indices > 0, np.uint8(255), np.uint8(0))
