"""Maps of edge probabilities as files: a grey PNG for a class, or an `.npz` for all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.array_file import read_array
from boundary_bench.bench.formats.raster.pixel_limit import require_pixels, too_large
from boundary_bench.refiners.files.png import GREY, BrokenPngError, check_chunks

KEY = "edges"
"""Of the array in `.npz` files."""
EDGE_PNG = "an 8-bit grey PNG, 0 to 255 for probabilities 0 to 1"
EDGE_ARRAY = "float16, float32 or float64 in 0..1, or uint8 (255 times the probability)"

Probabilities = NDArray[np.float32] | NDArray[np.uint8]


def read_edge_png(path: str | Path) -> NDArray[np.uint8]:
    """Probabilities of one class in 255ths: uint8 (H, W).

    Raises:
        InputError: no readable file, truncated or damaged, or no 8-bit grey.
    """
    try:
        data = Path(path).read_bytes()
        header = check_chunks(data)
    except OSError as error:
        raise InputError(Problem(str(path), (error.strerror or str(error)).lower(), EDGE_PNG)) from None
    except BrokenPngError as error:
        raise InputError(Problem(str(path), str(error), EDGE_PNG)) from None
    if header.colour_type != GREY or header.bit_depth != 8:
        raise InputError(Problem(str(path), f"a {header.kind} picture", EDGE_PNG))
    require_pixels(str(path), header.size)
    decoded = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    if decoded is None or decoded.shape != header.size:
        raise InputError(Problem(str(path), "a PNG file whose picture data cannot be decoded", EDGE_PNG))
    grey: NDArray[np.uint8] = decoded
    return grey


def read_edge_array(path: str | Path, *, classes: int) -> Probabilities:
    """Probabilities of all classes, float32 (K, H, W), or uint8 where they are stored in 255ths.

    Args:
        path: `.npz` file with the array `edges`, (K, H, W). Pickled objects are not opened.
        classes: K.

    Raises:
        InputError: no readable file, another key, dtype, number of classes or shape, maps above the limit of pixels, or
            values outside 0..1.
    """
    where = f"{path}[{KEY}]"

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if problem := _shape_problem(where, shape, classes):
            raise InputError(problem)
        if dtype not in (np.uint8, np.float16, np.float32, np.float64):
            raise InputError(Problem(where, f"dtype {dtype}", EDGE_ARRAY))

    stored = read_array(Path(path), KEY, check)
    if stored.dtype == np.uint8:
        return stored
    low, high = float(stored.min()), float(stored.max())
    if not (low >= 0 and high <= 1):  # Written so that NaN fails too.
        hint = "these look like logits: apply the sigmoid" if low < 0 else ""
        raise InputError(Problem(where, f"values in [{low:g}, {high:g}]", EDGE_ARRAY, hint))
    return stored.astype(np.float32, copy=False)


def _shape_problem(where: str, shape: tuple[int, ...], classes: int) -> Problem | None:
    if len(shape) != 3 or 0 in shape or shape[0] != classes:
        hint = "the classes come first, not last" if len(shape) == 3 and shape[2] == classes else ""
        return Problem(where, f"shape {shape}", f"({classes}, H, W)", hint)
    return too_large(where, (shape[1], shape[2]))


def resized(maps: Probabilities, size: tuple[int, int]) -> NDArray[np.float32]:
    """Maps (K, h, w) resampled bilinearly (half-pixel centres) to (H, W), as float32 in 0..1."""
    full = as_floats(maps)
    return np.stack([cv2.resize(one, size[::-1], interpolation=cv2.INTER_LINEAR) for one in full]).astype(np.float32)


def as_floats(maps: Probabilities) -> NDArray[np.float32]:
    """Maps (K, H, W) as float32 in 0..1."""
    return maps.astype(np.float32) / np.float32(255) if maps.dtype == np.uint8 else maps.astype(np.float32, copy=False)


def inverted(maps: Probabilities) -> Probabilities:
    """Maps drawn dark on white as probabilities, of the same dtype: 1, or 255, less the value."""
    return np.asarray(np.uint8(255) - maps) if maps.dtype == np.uint8 else np.asarray(np.float32(1) - maps)
