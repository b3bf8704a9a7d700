"""Masks in `.npy` and `.npz` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.array_file import array_header, flat_size, is_flat, is_whole, place, read_array
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.refiners.files.npy import Header

MASK_ARRAY: Final = "an array of one mask: (H, W), booleans, whole numbers from 0 on, or floating point in 0..1"
ROUNDING: Final = 1e-5
"""By so much floating point may leave 0..1, as sums and resampling make it; it is set to 0 or 1."""
HIGHEST: Final = 65535


def read_mask_array(
    path: str | Path, key: str | None = None
) -> NDArray[np.bool_] | NDArray[np.uint8] | NDArray[np.int32] | NDArray[np.float32]:
    """The numbers of an array.

    Args:
        path: `.npy` or `.npz` file. Pickled objects are not opened.
        key: name of the array in an `.npz` file; None: the only one, or the only one that can be a mask.

    Returns:
        (H, W), also from (1, H, W) and (H, W, 1): bool and uint8 as stored, other integers as int32, floating point as
        float32 in 0..1.

    Raises:
        InputError: no readable file, no such array, several that could be meant, another shape or dtype, negative
            numbers, integers above 65535, floating point that is not in 0..1, or above the limit of pixels.
    """
    name, _ = array_header(path, key, MASK_ARRAY, _can_be_mask)
    where = place(path, name)

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if problem := _problem(where, shape, dtype):
            raise InputError(problem)

    stored = read_array(Path(path), name, check)
    flat = stored.reshape(flat_size(stored.shape))
    if flat.dtype in (np.bool_, np.uint8):
        return flat
    return unit(where, flat) if flat.dtype.kind == "f" else _whole(where, flat)


def mask_array_size(path: str | Path, key: str | None = None) -> tuple[int, int]:
    """(H, W) of a mask by the array's header; errors as of `read_mask_array`."""
    name, (shape, dtype) = array_header(path, key, MASK_ARRAY, _can_be_mask)
    if problem := _problem(place(path, name), shape, dtype):
        raise InputError(problem)
    return flat_size(shape)


def unit(where: str, stored: NDArray[Any]) -> NDArray[np.float32]:
    """Floating point in 0..1 as float32.

    Raises:
        InputError: values that are not finite, or beyond 0..1 by more than rounding.
    """
    allowed = "floating point in 0..1"
    if not np.isfinite(stored).all():
        raise InputError(Problem(where, "values that are not finite", allowed))
    low, high = float(stored.min()), float(stored.max())
    if low < -ROUNDING or high > 1 + ROUNDING:
        if low >= 0 and high <= 255 and is_whole(stored):
            hint = "save array.astype(numpy.uint8), or array / 255"
        else:
            hint = "logits? save 1 / (1 + numpy.exp(-array))"
        raise InputError(Problem(where, f"{stored.dtype} from {low:.4g} to {high:.4g}", allowed, hint))
    return np.asarray(np.clip(stored, 0, 1), np.float32)


def _whole(where: str, stored: NDArray[Any]) -> NDArray[np.int32]:
    low, high = int(stored.min()), int(stored.max())
    if low < 0 or high > HIGHEST:
        raise InputError(Problem(where, f"{stored.dtype} from {low} to {high}", f"whole numbers in 0..{HIGHEST}"))
    return stored.astype(np.int32)


def _can_be_mask(header: Header) -> bool:
    shape, dtype = header
    return dtype.kind in "iubf" and is_flat(shape)


def _problem(where: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Problem | None:
    if not is_flat(shape):
        hint = ""
        if len(shape) == 3 and 2 in (shape[0], shape[2]):
            hint = f"two classes? save that of the object: array[{'1' if shape[0] == 2 else '..., 1'}]"
        elif len(shape) >= 3:
            hint = "save each mask in a file of its own"
        return Problem(where, f"{dtype} of shape {shape}", MASK_ARRAY, hint)
    if dtype.kind not in "iubf":
        return Problem(where, f"dtype {dtype}", MASK_ARRAY)
    return too_large(where, flat_size(shape))
