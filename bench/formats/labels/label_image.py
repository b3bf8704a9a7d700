"""Label maps as PNGs, the usual form.

Their values are ids: grey of 1, 2, 4, 8 or 16 bits, or palette, whose indices are the ids. A picture of a label map in
colours is not one, and is refused. Truncated and damaged files are refused before decoding.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.formats.labels.id_hints import is_stretched
from boundary_bench.bench.formats.raster.decoders import decoded
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.bench.formats.raster.refusal import file_bytes, reason, refused
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.refiners.files.atomic_write import replace_file
from boundary_bench.refiners.files.png import (
    GREY,
    PALETTE,
    BrokenPngError,
    Header,
    as_grey,
    read_header,
)

LABEL_PNG = "a PNG of label ids: grey (1 to 16 bits) or palette, one channel"


def read_label_image(path: str | Path) -> Labels:
    """The ids of a label PNG.

    Returns:
        (H, W): uint8 for files of at most 8 bits, int32 for 16 bits. For palette files, the indices.

    Raises:
        InputError: no readable file, not PNG, truncated or damaged, RGB(A) or with alpha, or above the
            limit of pixels.
    """
    data = file_bytes(path, LABEL_PNG)
    try:
        header, grey = as_grey(data)
    except BrokenPngError as error:
        raise refused(path, str(error), LABEL_PNG) from None
    require_pixels(str(path), header.size)
    if header.colour_type not in (GREY, PALETTE):
        raise refused(path, f"a {header.kind} picture", LABEL_PNG, _colour_hint(data))
    values = decoded(grey, cv2.IMREAD_UNCHANGED)
    if values is None or values.ndim != 2 or values.shape != header.size:
        raise refused(path, "a PNG file whose picture data cannot be decoded", LABEL_PNG)
    return _ids(values, header)


def label_image_size(path: str | Path) -> tuple[int, int]:
    """(H, W) of a PNG by its header alone.

    Raises:
        InputError: no readable file, or its beginning is not that of a PNG.
    """
    try:
        with open(path, "rb") as file:
            return read_header(file.read(33)).size
    except (OSError, BrokenPngError) as error:
        raise refused(path, reason(error), LABEL_PNG) from None


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


def _ids(values: NDArray[Any], header: Header) -> Labels:
    if header.bit_depth == 16:
        return values.astype(np.int32)
    small: NDArray[np.uint8] = values.astype(np.uint8, copy=False)
    if header.bit_depth < 8:
        # Decoders stretch few-bit grey to 0..255 by a whole factor (255, 85, 17).
        small = small // np.uint8(255 // (2**header.bit_depth - 1))
    return small


def _colour_hint(data: bytes) -> str:
    bgr = decoded(data, cv2.IMREAD_COLOR)
    if bgr is None or (bgr != bgr[..., :1]).any():
        return "this is a colour-coded picture of labels, not label ids: save the ids themselves"
    return grey_hint(bgr[..., 0])


def grey_hint(channel: NDArray[np.uint8]) -> str:
    """What to do with a picture of three equal channels, one of which is given, (H, W)."""
    if is_stretched(np.unique(channel).astype(np.int64)):
        return "its three channels are equal, but hold ids stretched over 0..255: save the ids themselves"
    return "its three channels are equal: save one of them as a grey PNG"
