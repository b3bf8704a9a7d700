"""Label maps in `.npy` and `.npz` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.raster.array_file import array_header, flat_size, is_flat, is_whole, place, read_array
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.metrics.structures.labels import Labels
from boundary_bench.refiners.files.npy import Header

LABEL_ARRAY = "an array of label ids: (H, W), whole numbers"
AS_PROBABILITIES = "class probabilities? then give --format probabilities, in an experiment format: probabilities"
HIGHEST = 2**31 - 1


def read_label_array(path: str | Path, key: str | None = None) -> Labels:
    """The ids of an array.

    Args:
        path: `.npy` or `.npz` file. Pickled objects are not opened.
        key: name of the array in an `.npz` file; None: the only one, or the only one that can be a label map.

    Returns:
        (H, W): uint8 for uint8 and bool, int32 for other integers; also from (1, H, W) and (H, W, 1).

    Raises:
        InputError: no readable file, no such array, several that could be meant, another shape, floating point, ids
            that 32 bits do not hold, or above the limit of pixels.
    """
    name, _ = array_header(path, key, LABEL_ARRAY, can_be_labels)
    where = place(path, name)

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if problem := _problem(where, shape, dtype):
            raise InputError(problem)

    stored = read_array(Path(path), name, check)
    flat = stored.reshape(flat_size(stored.shape))
    if flat.dtype.kind == "f":
        raise InputError(_float_problem(where, flat))
    return _ids(where, flat)


def label_array_size(path: str | Path, key: str | None = None) -> tuple[int, int]:
    """(H, W) of a label map by the array's header; errors as of `read_label_array`."""
    name, (shape, dtype) = array_header(path, key, LABEL_ARRAY, can_be_labels)
    if problem := _problem(place(path, name), shape, dtype):
        raise InputError(problem)
    return flat_size(shape)


def can_be_labels(header: Header) -> bool:
    """Whether an array of this shape and dtype can be a label map."""
    shape, dtype = header
    return dtype.kind in "iub" and is_flat(shape)


def holds_labels(path: str | Path, key: str | None = None) -> bool:
    """Whether a file holds an array that can be a label map; True where it cannot be read."""
    try:
        return can_be_labels(array_header(path, key, LABEL_ARRAY, can_be_labels)[1])
    except InputError:
        return True


def _problem(where: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Problem | None:
    if not is_flat(shape):
        hint = AS_PROBABILITIES if len(shape) == 3 and dtype.kind in "fu" else ""
        hint = "save each label map in a file of its own" if len(shape) == 3 and dtype.kind == "i" else hint
        return Problem(where, f"{dtype} of shape {shape}", LABEL_ARRAY, hint)
    if dtype.kind not in "iubf":
        return Problem(where, f"dtype {dtype}", LABEL_ARRAY)
    return too_large(where, flat_size(shape))


def _float_problem(where: str, stored: NDArray[Any]) -> Problem:
    if is_whole(stored):
        hint = f"save integers: array.astype(numpy.int{'32' if stored.max() <= HIGHEST else '64'})"
    else:
        hint = f"values between whole numbers: {AS_PROBABILITIES}"
    return Problem(where, f"dtype {stored.dtype}", LABEL_ARRAY, hint)


def _ids(where: str, stored: NDArray[Any]) -> Labels:
    if stored.dtype in (np.uint8, np.bool_):
        return cast(Labels, stored.astype(np.uint8, copy=False))
    if stored.dtype.itemsize >= 4:
        low, high = int(stored.min()), int(stored.max())
        if low < -HIGHEST or high > HIGHEST:
            raise InputError(Problem(where, f"ids {low} to {high}", f"ids of at most {HIGHEST}"))
    return cast(Labels, stored.astype(np.int32, copy=False))
