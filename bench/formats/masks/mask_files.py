"""Levels of a mask in any kind of file: pictures, and NumPy's arrays."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.masks.mask_picture import read_mask_picture
from boundary_bench.bench.formats.raster.array_file import ARRAY_SUFFIXES, array_header, place, read_array
from boundary_bench.bench.formats.raster.image import IMAGE_SUFFIXES, image_size
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.metrics.structures.binary_mask import Soft
from boundary_bench.refiners.files.npy import Header

MASK_SUFFIXES: Final = IMAGE_SUFFIXES | ARRAY_SUFFIXES
MASK_ARRAY: Final = "a mask (H, W): bool, 0 and 1, 0 to 255, or probabilities in 0..1"
LOGITS: Final = "logits? save their sigmoid"


def read_mask_levels(path: str | Path, key: str | None = None) -> Soft:
    """What a mask file holds.

    Args:
        path: PNG, JPEG, WebP, BMP, TIFF of one grey channel, or a `.npy` or `.npz` file with an array (H, W), (1, H, W)
            or (H, W, 1).
        key: name of the array in `.npz` files; None: the only one, or the only one that can be a mask.

    Returns:
        uint8 (H, W) as stored, 0..255, where 1 may mean the object or nearly nothing: what it does the whole set of
        files says; or float32 (H, W) in 0..1 of 16 bits and of floating point. Files of one bit and arrays of bool
        give 0 and 255.

    Raises:
        InputError: no readable file, or none that holds a mask; see `read_mask_picture`.
    """
    return _array(path, key) if is_array(path) else read_mask_picture(path)


def mask_size(path: str | Path, key: str | None = None) -> tuple[int, int]:
    """(H, W) of a mask by its header alone; errors as of `read_mask_levels`."""
    if not is_array(path):
        return image_size(path)
    name, (shape, _) = array_header(path, key, MASK_ARRAY, _can_be_mask)
    _require_flat(place(path, name), shape)
    return _size(shape)


def is_array(path: str | Path) -> bool:
    """Whether a file is one of NumPy's arrays, by its name."""
    return Path(path).suffix.lower() in ARRAY_SUFFIXES


def _array(path: str | Path, key: str | None) -> Soft:
    name, _ = array_header(path, key, MASK_ARRAY, _can_be_mask)
    where = place(path, name)

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        _require_flat(where, shape)
        if dtype.kind not in "biuf":
            raise InputError(Problem(where, f"dtype {dtype}", MASK_ARRAY))
        if problem := too_large(where, _size(shape)):
            raise InputError(problem)

    stored = read_array(Path(path), name, check)
    return _levels(where, stored.reshape(_size(stored.shape)))


def _levels(where: str, stored: NDArray[Any]) -> Soft:
    if stored.dtype == np.bool_:
        return np.where(stored, np.uint8(255), np.uint8(0))
    low, high = float(stored.min()), float(stored.max())
    if stored.dtype.kind == "f" and 0 <= low <= high <= 1:
        return stored.astype(np.float32)
    whole = stored.dtype.kind != "f" or bool(np.isfinite(stored).all() and (stored == np.rint(stored)).all())
    if not whole or not 0 <= low <= high <= 255:
        found = f"{stored.dtype} from {low:g} to {high:g}"
        raise InputError(Problem(where, found, MASK_ARRAY, LOGITS if stored.dtype.kind == "f" else ""))
    return stored.astype(np.uint8)


def _can_be_mask(header: Header) -> bool:
    shape, dtype = header
    return dtype.kind in "biuf" and _is_flat(shape)


def _require_flat(where: str, shape: tuple[int, ...]) -> None:
    if not _is_flat(shape):
        hint = "one mask a file" if len(shape) == 3 else ""
        raise InputError(Problem(where, f"an array of shape {shape}", MASK_ARRAY, hint))


def _is_flat(shape: tuple[int, ...]) -> bool:
    """Whether this is (H, W), (1, H, W) or (H, W, 1), with pixels in it."""
    return 0 not in shape and (len(shape) == 2 or (len(shape) == 3 and 1 in (shape[0], shape[2])))


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    if len(shape) == 2:
        return shape[0], shape[1]
    return (shape[1], shape[2]) if shape[0] == 1 else (shape[0], shape[1])
