"""Images as files: 8-bit RGB, upright, whatever they are stored as."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.raster.decoders import decoded, quiet_decoders
from boundary_bench.bench.formats.raster.depth import narrowed
from boundary_bench.bench.formats.raster.orientation import UPRIGHT, orientation_of, turned, upright_size
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, reason, refused
from boundary_bench.bench.formats.raster.tiff import SIGNATURES as TIFF
from boundary_bench.bench.formats.raster.tiff_image import read_tiff_rgb, tiff_header
from boundary_bench.refiners.files.png import SIGNATURE, BrokenPngError, check_chunks

IMAGE_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".ppm", ".tif", ".tiff"})
FORMATS: Final = ("PNG", "JPEG", "WEBP", "BMP", "PPM", "TIFF")
IMAGE: Final = "a complete image file (PNG, JPEG, WebP, TIFF)"


def read_image(path: str | Path, labels: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """An image of any common format as RGB.

    It is turned upright by its orientation tag, as tools for annotation show it. Grey images get three equal channels;
    alpha and a fourth band are dropped, and change no colour. Of 16-bit images, the 8 bits are kept that begin at the
    highest bit in use, see `boundary_bench.bench.formats.raster.depth`.

    Args:
        path: the file.
        labels: (H, W) of the labels that lie on it; None where there are none to compare with.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: no readable file, truncated or damaged, of an unknown format, of floating point, above the limit of
            pixels, or turned by its tag to another size than that of its labels.
    """
    data = file_bytes(path, IMAGE)
    if problem := _incomplete(data):
        raise refused(path, problem, IMAGE)
    stored_size, orientation = _header(path, data)
    require_pixels(str(path), stored_size)
    if orientation != UPRIGHT and labels is not None:
        _require_size(path, stored_size, orientation, labels)
    if data.startswith(TIFF):
        return read_tiff_rgb(path, data)
    stored = decoded(data, _flags(data))
    if stored is None or stored.shape[:2] != stored_size:
        raise refused(path, "a file that cannot be decoded", IMAGE)
    return turned(_rgb(stored), orientation)


def image_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of an image, upright, without decoding it.

    Raises:
        InputError: no readable file, or of an unknown format.
    """
    try:
        with open(path, "rb") as file:
            # The tag of a PNG may stand behind its pixels.
            start = file.read(8)
            data = start + file.read() if start == SIGNATURE else start
    except OSError as error:
        raise refused(path, reason(error), IMAGE) from None
    return upright_size(*_header(path, data))


def _header(path: str | Path, data: bytes) -> tuple[tuple[int, int], int]:
    """(H, W) as stored, and the orientation."""
    from PIL import Image, UnidentifiedImageError

    if data.startswith(TIFF):
        header = tiff_header(path)
        return header.size, header.orientation
    try:
        with quiet_decoders(), Image.open(path, formats=FORMATS) as image:
            return (image.height, image.width), orientation_of(image, data)
    except UnidentifiedImageError:
        raise refused(path, "a file of unknown format, or with a damaged header", IMAGE) from None
    except Exception as error:  # Damaged headers make the decoders raise nearly anything.
        raise refused(path, reason(error), IMAGE) from None


def _require_size(path: str | Path, stored: tuple[int, int], orientation: int, labels: tuple[int, int]) -> None:
    upright = upright_size(stored, orientation)
    if upright == labels:
        return
    found = f"{upright[0]}x{upright[1]} px once turned upright by its EXIF orientation tag {orientation}"
    hint = "the labels fit the image as stored: remove the tag, or turn the labels" if stored == labels else ""
    raise refused(path, found, f"{labels[0]}x{labels[1]} px, as its labels", hint)


def _flags(data: bytes) -> int:
    """How OpenCV shall decode: to 8-bit colours, but 16 bits as they are."""
    deep = check_chunks(data).bit_depth == 16 if data.startswith(SIGNATURE) else data[:2] in (b"P5", b"P6")
    return cv2.IMREAD_UNCHANGED if deep else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def _rgb(stored: NDArray[Any]) -> NDArray[np.uint8]:
    """(H, W), or (H, W, 3 or 4) in the order blue, green, red, of 8 or 16 bits, as RGB of 8 bits."""
    colours = stored if stored.ndim == 2 else np.ascontiguousarray(stored[..., :3])
    eight = narrowed(colours) if colours.dtype == np.uint16 else colours
    if eight.ndim == 2:
        rgb: NDArray[np.uint8] = cv2.cvtColor(eight, cv2.COLOR_GRAY2RGB)
    else:
        rgb = cv2.cvtColor(eight, cv2.COLOR_BGR2RGB, dst=eight)
    return rgb


def _incomplete(data: bytes) -> str:
    """Sign that an image file is incomplete, "" if there is none; decoders would fill it with grey."""
    if data.startswith(SIGNATURE):
        try:
            check_chunks(data)
        except BrokenPngError as error:
            return str(error)
    # Cameras append data of their own to a JPEG, so its end marker is looked for near the end.
    jpeg_cut = data.startswith(b"\xff\xd8") and b"\xff\xd9" not in data[-65536:]
    webp_cut = data.startswith(b"RIFF") and len(data) < 8 + int.from_bytes(data[4:8], "little")
    return f"a file truncated after {len(data)} bytes" if jpeg_cut or webp_cut else ""
