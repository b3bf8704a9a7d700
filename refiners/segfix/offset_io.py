"""Offset maps as files, one for each image: the authors' `.mat` (key `mat`), our `.npz` (key `offsets`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.files.atomic_write import replacing
from boundary_bench.refiners.files.matlab import read_variable
from boundary_bench.refiners.files.npz import read_npz
from boundary_bench.refiners.segfix.offsets import Offsets

KEYS = {".npz": "offsets", ".mat": "mat"}
"""Suffix -> name of the array in the file: (H, W, 2), (dy, dx), whole pixels."""
LONGEST_PX = 32767
MAX_PIXELS = 200_000_000


def read_offsets(path: str | os.PathLike[str], size: tuple[int, int] | None = None) -> Offsets:
    """Read an offset map.

    Args:
        path: `.mat` or `.npz`; both are read without unpickling anything.
        size: (H, W) of the image, if it is to be checked.

    Returns:
        int8 (H, W, 2), or int16 where a component is above 127 px; order (dy, dx).

    Raises:
        ValueError: another suffix, an unreadable file, no array of that name in it, another shape or size,
            values that are not finite whole numbers of at most 32767 px. The message starts with the path.
    """
    file = Path(path)
    try:
        return _as_offsets(_load(file, size), size)
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def write_offsets(
    path: str | os.PathLike[str],
    offsets: Offsets,
    metadata: Mapping[str, int | float | str] | None = None,
) -> None:
    """Write an offset map, compressed; the file appears only when it is complete.

    Args:
        path: `.npz`, or `.mat` for the authors' tools.
        offsets: (H, W, 2), (dy, dx).
        metadata: what made them, such as directions, targets, width_px; kept as further arrays of the `.npz`.
            A `.mat` has no place for it.

    Raises:
        ValueError: another suffix, shape or values, or metadata that would replace the offsets.
    """
    file = Path(path)
    key = _key(file)
    extra: dict[str, Any] = dict(metadata or {})
    if key in extra:
        raise ValueError(f"metadata has the key {key!r}; allowed: any other")
    checked = _as_offsets(np.asarray(offsets), None)
    with replacing(file) as stream:
        if file.suffix == ".npz":
            np.savez_compressed(stream, **{key: checked, **extra})
        else:
            from scipy.io import savemat

            # The authors' own files hold int32. The stubs know of paths only.
            savemat(stream, {key: checked.astype(np.int32)}, do_compression=True)  # type: ignore[arg-type]


def _key(file: Path) -> str:
    if file.suffix not in KEYS:
        raise ValueError(f"suffix is {file.suffix!r}; allowed: {' or '.join(KEYS)}")
    return KEYS[file.suffix]


def _load(file: Path, size: tuple[int, int] | None) -> NDArray[Any]:
    key = _key(file)

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        _require_form(shape, dtype, size)

    try:
        names, array = read_npz(file, key, check) if file.suffix == ".npz" else read_variable(file, key)
    except OSError as error:
        raise ValueError(f"cannot be read ({error})") from error
    if key not in names:
        raise ValueError(f"holds {', '.join(sorted(names)) or 'nothing'}; allowed: an array named {key!r}")
    if not isinstance(array, np.ndarray):
        raise ValueError("offsets are no array of real numbers; allowed: whole numbers, (H, W, 2)")
    return array


def _require_form(shape: tuple[int, ...], dtype: np.dtype[Any], size: tuple[int, int] | None) -> None:
    if len(shape) != 3 or shape[-1] != 2 or 0 in shape:
        hint = "; its axes are in another order" if len(shape) == 3 and shape[0] == 2 else ""
        raise ValueError(f"offsets have shape {shape}; allowed: (H, W, 2), (dy, dx){hint}")
    if size is not None and shape[:2] != tuple(size):
        raise ValueError(f"offsets have size {shape[:2]}; allowed: {tuple(size)}, as the image")
    if prod(shape) > 2 * MAX_PIXELS:
        raise ValueError(f"offsets have size {shape[:2]}; allowed: at most {MAX_PIXELS // 10**6} million pixels")
    if dtype.kind not in "iuf":
        raise ValueError(f"offsets are {dtype}; allowed: whole numbers")


def _as_offsets(array: NDArray[Any], size: tuple[int, int] | None) -> Offsets:
    _require_form(array.shape, array.dtype, size)
    if array.dtype.kind == "f":
        _require_whole(array)
    low, high = array.min(), array.max()
    if low < -LONGEST_PX or high > LONGEST_PX:
        raise ValueError(f"offsets lie in [{low}, {high}]; allowed: at most {LONGEST_PX} px either way")
    narrow = low >= -127 and high <= 127
    return array.astype(np.int8, order="C") if narrow else array.astype(np.int16, order="C")


def _require_whole(array: NDArray[Any]) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        raise ValueError(f"{np.count_nonzero(~finite)} offsets are NaN or infinite; allowed: whole numbers")
    if (array != np.rint(array)).any():
        example = array[array != np.rint(array)][0]
        raise ValueError(f"offsets hold {example:g}; allowed: whole numbers of pixels")
