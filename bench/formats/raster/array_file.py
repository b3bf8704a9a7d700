"""Arrays in `.npy` and `.npz` files: which of a file is meant, and its values. Pickled objects are not opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import did_you_mean
from boundary_bench.bench.formats.raster.refusal import reason, refused
from boundary_bench.refiners.files.npy import MAGIC, Check, Header, npy_header, read_npy
from boundary_bench.refiners.files.npz import npz_headers, read_npz

ARRAY_SUFFIXES: Final = frozenset({".npy", ".npz"})
OPTION: Final = "--key NAME, in an experiment key: NAME"


def is_npy(path: str | Path) -> bool:
    """Whether a file begins as a single array does, whatever its name ends in."""
    try:
        with open(path, "rb") as file:
            return file.read(len(MAGIC)) == MAGIC
    except OSError:
        return False


def read_array(path: Path, key: str, check: Check) -> NDArray[Any]:
    """One array of a file.

    Args:
        path: the file.
        key: name of the array; of no account in a `.npy` file, which has but one.
        check: called with shape and dtype before the values are read; raises InputError where they are wrong.

    Raises:
        InputError: no readable file, or no such array in it.
    """
    allowed = f"an .npz file with the array {key!r}"
    try:
        names, array = ((), read_npy(path, check)) if is_npy(path) else read_npz(path, key, check)
    except OSError as error:
        raise refused(path, reason(error), allowed) from None
    except ValueError as error:
        raise refused(path, f"a file that {error}", allowed) from None
    if array is None:
        hint = did_you_mean(key, names) or f"name the array: {OPTION}"
        raise refused(path, f"arrays {', '.join(names) or 'none'}", allowed, hint)
    return array


def array_header(
    path: str | Path, key: str | None, allowed: str, fits: Callable[[Header], bool], *, usual: str = ""
) -> tuple[str, Header]:
    """Name of the array of a file that is meant, with its shape and dtype, before any value is read.

    Args:
        path: the file.
        key: name of the array; None: the usual one, else the only one, or the only one that fits.
        allowed: what such a file holds, for messages.
        fits: whether an array of this shape and dtype can be the one.
        usual: name of the array that is taken where there is no key.

    Returns:
        The name, "" in a `.npy` file, and shape and dtype.

    Raises:
        InputError: no readable file, no such array, or several that could be meant.
    """
    try:
        headers: dict[str, Header | None] = {"": npy_header(path)} if is_npy(path) else dict(npz_headers(path))
    except OSError as error:
        raise refused(path, reason(error), allowed) from None
    except ValueError as error:
        raise refused(path, f"a file that {error}", allowed) from None
    name = (
        ""
        if "" in headers and len(headers) == 1
        else _chosen(path, key or (usual if usual in headers else None), allowed, headers, fits)
    )
    header = headers[name]
    if header is None:
        raise refused(path, f"a file that {_damage(path, name)}", allowed)
    return name, header


def _damage(path: str | Path, name: str) -> str:
    """Why a member of an archive is no array of numbers."""
    try:
        read_npz(path, name, lambda *_: None)
    except ValueError as error:
        return str(error)
    return "changes while it is read"


def _chosen(
    path: str | Path,
    key: str | None,
    allowed: str,
    headers: dict[str, Header | None],
    fits: Callable[[Header], bool],
) -> str:
    if key is not None and key in headers:
        return key
    listed = ", ".join(headers) or "none"
    if key is not None:
        hint = did_you_mean(key, headers) or f"name the array: {OPTION}"
        raise refused(path, f"arrays {listed}", f"an .npz file with the array {key!r}", hint)
    fitting = [name for name, header in headers.items() if header is not None and fits(header)]
    for names in (list(headers), fitting):
        if len(names) == 1:
            return names[0]
    raise refused(path, f"arrays {listed}", allowed, f"name the one that is meant: {OPTION}" if headers else "")


def place(path: str | Path, name: str) -> str:
    """What messages call an array: `path[name]`, or the path alone where the file has but one."""
    return f"{path}[{name}]" if name else str(path)


def is_whole(array: NDArray[Any]) -> bool:
    """Whether all values of an array of floats are whole numbers."""
    return bool(np.isfinite(array).all() and (array == np.rint(array)).all())


def is_flat(shape: tuple[int, ...]) -> bool:
    """Whether this is (H, W), (1, H, W) or (H, W, 1), with pixels in it."""
    return 0 not in shape and (len(shape) == 2 or (len(shape) == 3 and 1 in (shape[0], shape[2])))


def flat_size(shape: tuple[int, ...]) -> tuple[int, int]:
    """(H, W) of such an array."""
    if len(shape) == 2:
        return shape[0], shape[1]
    return (shape[1], shape[2]) if shape[0] == 1 else (shape[0], shape[1])
