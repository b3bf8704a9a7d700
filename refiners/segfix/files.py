"""Offset maps as files, one for each image: the authors' `.mat` (key `mat`), our `.npz` (key `offsets`)."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from refiners.segfix.offsets import Offsets

KEYS = {".npz": "offsets", ".mat": "mat"}
"""Suffix -> name of the array in the file: (H, W, 2), (dy, dx), whole pixels."""
LONGEST_PX = 32767


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
        return _as_offsets(_load(file), size)
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
    extra = dict(metadata or {})
    if key in extra:
        raise ValueError(f"metadata has the key {key!r}; allowed: any other")
    checked = _as_offsets(np.asarray(offsets), None)
    partial = file.with_name(f".{file.name}.{os.getpid()}.{threading.get_ident()}.partial")
    try:
        _save(partial, file.suffix, {key: checked, **extra})
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)


def _save(file: Path, suffix: str, arrays: dict[str, Any]) -> None:
    if suffix == ".npz":
        with file.open("wb") as stream:
            np.savez_compressed(stream, **arrays)
        return
    from scipy.io import savemat

    # The authors' own files hold int32.
    offsets = {KEYS[suffix]: arrays[KEYS[suffix]].astype(np.int32)}
    savemat(str(file), offsets, appendmat=False, do_compression=True)


def _key(file: Path) -> str:
    if file.suffix not in KEYS:
        raise ValueError(f"suffix is {file.suffix!r}; allowed: {' or '.join(KEYS)}")
    return KEYS[file.suffix]


def _load(file: Path) -> NDArray[Any]:
    key = _key(file)
    try:
        arrays = _load_npz(file) if file.suffix == ".npz" else _load_mat(file, key)
        found = sorted(name for name in arrays if not name.startswith("__"))
        array = np.asarray(arrays[key]) if key in found else None
    # Damaged files make the decoders raise nearly anything; all of it means the same to the user.
    except Exception as error:
        raise ValueError(f"cannot be read as {file.suffix} ({type(error).__name__}: {error})") from error
    if array is None:
        raise ValueError(f"holds {', '.join(found) or 'nothing'}; allowed: an array named {key!r}")
    return array


def _load_npz(file: Path) -> Mapping[str, NDArray[Any]]:
    archive = np.load(file, allow_pickle=False)
    if not isinstance(archive, np.lib.npyio.NpzFile):
        raise TypeError("not an archive of arrays")
    with archive:
        return dict(archive)


def _load_mat(file: Path, key: str) -> Mapping[str, NDArray[Any]]:
    from scipy.io import loadmat, whosmat

    names = {name: np.empty(0) for name, _, _ in whosmat(str(file), appendmat=False)}
    return {**names, **loadmat(str(file), appendmat=False, variable_names=[key])}


def _as_offsets(array: NDArray[Any], size: tuple[int, int] | None) -> Offsets:
    if array.ndim != 3 or array.shape[-1] != 2 or array.size == 0:
        hint = "; its axes are in another order" if array.ndim == 3 and array.shape[0] == 2 else ""
        raise ValueError(f"offsets have shape {array.shape}; allowed: (H, W, 2), (dy, dx){hint}")
    if size is not None and array.shape[:2] != tuple(size):
        raise ValueError(f"offsets have size {array.shape[:2]}; allowed: {tuple(size)}, as the image")
    if array.dtype.kind not in "iuf":
        raise ValueError(f"offsets are {array.dtype}; allowed: whole numbers")
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
