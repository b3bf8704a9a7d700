"""Label maps and images as files.

A label map is a PNG whose values are ids: grey of 1, 2, 4, 8 or 16 bits, or palette, whose indices are the
ids. A picture of a label map in colours is not one, and is refused. Truncated and damaged files are refused
before decoding.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.refiners.files.atomic_write import replace_file
from boundary_bench.refiners.files.png import (
    GREY,
    PALETTE,
    SIGNATURE,
    BrokenPngError,
    Header,
    as_grey,
    check_chunks,
    read_header,
)

IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".ppm", ".tif", ".tiff"})
LABEL_SUFFIXES = frozenset({".png"})
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "PPM", "TIFF")
MAX_PIXELS = 200_000_000
"""Pictures above this are refused by their header: a few bytes must not ask for gigabytes of memory."""

LABEL_PNG = "a PNG of label ids: grey (1 to 16 bits) or palette, one channel"
IMAGE = "a complete image file (PNG, JPEG, WebP)"


def read_label_image(path: str | Path) -> Labels:
    """The ids of a label PNG.

    Returns:
        (H, W): uint8 for files of at most 8 bits, int32 for 16 bits. For palette files, the indices.

    Raises:
        InputError: no readable file, not PNG, truncated or damaged, RGB(A) or with alpha, or above
            `MAX_PIXELS`.
    """
    data = _read(path, LABEL_PNG)
    try:
        header, grey = as_grey(data)
    except BrokenPngError as error:
        raise _refused(path, str(error), LABEL_PNG) from None
    _require_pixels(path, header.size)
    if header.colour_type not in (GREY, PALETTE):
        raise _refused(path, f"a {header.kind} picture", LABEL_PNG, _colour_hint(data))
    decoded = _decode(grey, cv2.IMREAD_UNCHANGED)
    if decoded is None or decoded.ndim != 2 or decoded.shape != header.size:
        raise _refused(path, "a PNG file whose picture data cannot be decoded", LABEL_PNG)
    return _ids(decoded, header)


read_labels = read_label_image


def label_image_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of a PNG by its header alone.

    Raises:
        InputError: no readable file, or its beginning is not that of a PNG.
    """
    try:
        with open(path, "rb") as file:
            return read_header(file.read(33)).size
    except (OSError, BrokenPngError) as error:
        raise _refused(path, _reason(error), LABEL_PNG) from None


def write_label_image(path: str | Path, labels: Labels) -> None:
    """Write ids as a grey PNG, 8 bits for uint8 and 16 bits for int32; never leaves half a file.

    Args:
        path: the file; missing folders are made.
        labels: uint8 or int32 (H, W), values 0..65535.

    Raises:
        ValueError: another dtype or shape, or ids outside 0..65535.
        OSError: the folder cannot be written to.
    """
    if labels.ndim != 2 or labels.size == 0 or labels.dtype not in (np.uint8, np.int32):
        raise ValueError(f"labels are {labels.dtype} {labels.shape}; allowed: uint8 or int32 (H, W)")
    if labels.dtype == np.int32 and (labels.min() < 0 or labels.max() > 65535):
        raise ValueError(f"labels lie in [{labels.min()}, {labels.max()}]; a PNG holds 0..65535")
    stored = labels if labels.dtype == np.uint8 else labels.astype(np.uint16)
    _, encoded = cv2.imencode(".png", np.ascontiguousarray(stored))
    replace_file(path, encoded.tobytes())


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """An image of any common format as RGB.

    Grey images get three equal channels, 16 bits become 8, alpha is dropped. An orientation tag is not
    applied: label maps lie on the pixels as stored.

    Returns:
        uint8 (H, W, 3).

    Raises:
        InputError: no readable file, truncated or damaged, of an unknown format, or above `MAX_PIXELS`.
    """
    data = _read(path, IMAGE)
    if reason := _incomplete(data):
        raise _refused(path, reason, IMAGE)
    _require_pixels(path, image_size(path))
    decoded = _decode(data, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if decoded is None:
        raise _refused(path, "a file that cannot be decoded", IMAGE)
    rgb: NDArray[np.uint8] = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB, dst=decoded)
    return rgb


def image_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of an image by its header alone.

    Raises:
        InputError: no readable file, or of an unknown format.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path, formats=FORMATS) as image:
            return image.height, image.width
    except UnidentifiedImageError:
        raise _refused(path, "a file of unknown format, or with a damaged header", IMAGE) from None
    except Image.DecompressionBombError as error:
        raise _refused(path, str(error), f"at most {MAX_PIXELS // 10**6} million pixels") from None
    except Exception as error:  # Damaged headers make the decoders raise nearly anything.
        raise _refused(path, _reason(error), IMAGE) from None


def _ids(decoded: NDArray[np.uint8] | NDArray[np.uint16], header: Header) -> Labels:
    if header.bit_depth == 16:
        return decoded.astype(np.int32)
    small = decoded.astype(np.uint8, copy=False)
    if header.bit_depth < 8:
        # Decoders stretch few-bit grey to 0..255 by a whole factor (255, 85, 17).
        small = small // np.uint8(255 // (2**header.bit_depth - 1))
    return small


def _colour_hint(data: bytes) -> str:
    decoded = _decode(data, cv2.IMREAD_COLOR)
    if decoded is not None and (decoded == decoded[..., :1]).all():
        return "its three channels are equal: save one of them as a grey PNG"
    return "this is a colour-coded picture of labels, not label ids: save the ids themselves"


def _decode(data: bytes, flags: int) -> NDArray[np.uint8] | None:
    try:
        decoded: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return decoded


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


def _read(path: str | Path, allowed: str) -> bytes:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise _refused(path, _reason(error), allowed) from None
    if not data:
        raise _refused(path, "an empty file", allowed)
    return data


def _require_pixels(path: str | Path, size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise _refused(path, f"{size[0]}x{size[1]} px", f"at most {MAX_PIXELS // 10**6} million pixels")


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def _refused(path: str | Path, found: str, allowed: str, hint: str = "") -> InputError:
    return InputError(Problem(str(path), found, allowed, hint))
