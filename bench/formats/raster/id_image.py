"""Pictures of ids: segment ids in RGB PNGs as COCO's panoptic form has them, and what ids a map holds.

An id is R + 256 G + 65536 B. Source: https://cocodataset.org/#format-data, panoptic segmentation.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels
from boundary_bench.refiners.files.atomic_write import replace_file
from boundary_bench.refiners.files.png import RGB, RGBA, BrokenPngError, check_chunks

ID_PNG = "an 8-bit RGB PNG of segment ids, R + 256 G + 65536 B"
HIGHEST = 2**24 - 1


def read_id_image(path: str | Path) -> NDArray[np.int32]:
    """Segment ids of an RGB PNG, int32 (H, W); alpha is ignored, as COCO's own tools do.

    Raises:
        InputError: no readable file, truncated or damaged, or no 8-bit RGB(A).
    """
    try:
        data = Path(path).read_bytes()
        header = check_chunks(data)
    except OSError as error:
        raise InputError(Problem(str(path), (error.strerror or str(error)).lower(), ID_PNG)) from None
    except BrokenPngError as error:
        raise InputError(Problem(str(path), str(error), ID_PNG)) from None
    if header.colour_type not in (RGB, RGBA) or header.bit_depth != 8:
        raise InputError(Problem(str(path), f"a {header.kind} picture", ID_PNG))
    require_pixels(str(path), header.size)
    decoded = _decoded(data)
    if decoded is None or decoded.shape != (*header.size, 3):
        raise InputError(Problem(str(path), "a PNG file whose picture data cannot be decoded", ID_PNG))
    # Four bytes a pixel are one number, lowest first.
    rgba = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGBA)
    ids: NDArray[np.int32] = (rgba.view("<u4")[..., 0] & HIGHEST).astype(np.int32)
    return ids


def write_id_image(path: str | Path, ids: NDArray[np.int32]) -> None:
    """Write segment ids, int32 (H, W) in 0..2**24 - 1, as an RGB PNG; never leaves half a file.

    Raises:
        ValueError: another shape or dtype, or ids outside the range.
        OSError: the folder cannot be written to.
    """
    if ids.ndim != 2 or ids.size == 0 or ids.dtype != np.int32 or ids.min() < 0 or ids.max() > HIGHEST:
        raise ValueError(f"ids are {ids.dtype} {ids.shape}; allowed: int32 (H, W), 0 to {HIGHEST}")
    rgba = np.ascontiguousarray(ids, "<u4")[..., None].view(np.uint8)
    _, encoded = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGR))
    replace_file(path, encoded.tobytes())


def counted(ids: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The ids of a map (H, W), ascending, and how many pixels each has; both int64 (S,)."""
    flat = ids.ravel()
    # Neighbours are mostly equal, so that runs are few and sorting them is quick.
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]), flat.size - 1)
    found, which = np.unique(flat[ends], return_inverse=True)
    pixels = np.bincount(which, weights=np.diff(ends, prepend=-1), minlength=len(found))
    return found.astype(np.int64), pixels.astype(np.int64)


def _decoded(data: bytes) -> NDArray[np.uint8] | None:
    try:
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        found: NDArray[np.uint8] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        return None
    return found
