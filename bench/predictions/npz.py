"""Class probabilities in `.npz` files."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import InputError, Problem
from bench.suggest import did_you_mean

SUM_TOLERANCE = 1e-2
"""How far from 1 the probabilities of a pixel may sum, in floating point."""


def read_probabilities(path: str | Path, *, key: str, classes: int, size: tuple[int, int]) -> NDArray[np.float32]:
    """Class probabilities, normalised so that those of each pixel sum to 1.

    Args:
        path: `.npz` file, uncompressed or compressed. Pickled objects are not opened.
        key: name of the array in it: (K, h, w), either float16, float32 or float64 in 0..1, or uint8 = 255
            times the probability, which leaves sums that rounding has moved by up to K.
        classes: K.
        size: (H, W) of the label map; (h, w) is that or coarser, with the same field of view.

    Returns:
        float32 (K, h, w).

    Raises:
        InputError: no readable file, another key, dtype, number of classes or shape, values that are not
            finite or outside the range, or sums that are not 1.
    """
    stored = read_array(Path(path), key)
    if problem := _shape_problem(stored, classes, size) or _value_problem(stored):
        raise InputError(Problem(f"{path}[{key}]", *problem))
    probabilities = stored.astype(np.float32)
    total = probabilities.sum(axis=0)
    if problem := _sum_problem(stored, total):
        raise InputError(Problem(f"{path}[{key}]", *problem))
    probabilities /= total
    return probabilities


def read_array(path: Path, key: str) -> NDArray[Any]:
    """One array of an `.npz` file. Pickled objects are not opened.

    Raises:
        InputError: no readable file, or no such array in it.
    """
    allowed = f"an .npz file with the array {key!r}"
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise InputError(Problem(str(path), "a single array (.npy)", allowed))
        with loaded as archive:
            if key not in archive:
                found = f"arrays {', '.join(archive.files) or 'none'}"
                hint = did_you_mean(key, archive.files) or "name the array by `key`"
                raise InputError(Problem(str(path), found, allowed, hint))
            array: NDArray[Any] = archive[key]
            if not isinstance(array, np.ndarray):
                raise ValueError("a member that is no array")  # NumPy hands out its bytes.
            return array
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, MemoryError) as error:
        raise InputError(Problem(str(path), f"a file that cannot be read ({error})", allowed)) from None


def _shape_problem(stored: NDArray[Any], classes: int, size: tuple[int, int]) -> tuple[str, str, str] | None:
    allowed = f"({classes}, h, w) with the aspect of {size[0]}x{size[1]}"
    found = f"shape {stored.shape}"
    if stored.ndim == 4 and stored.shape[0] == 1:
        return found, allowed, "save without the batch axis"
    if stored.ndim != 3 or stored.size == 0:
        return found, allowed, ""
    if stored.shape[0] != classes:
        last = "the classes come first, not last" if stored.shape[2] == classes else ""
        extra = "is there one more class for background or void?" if stored.shape[0] == classes + 1 else ""
        return found, allowed, last or extra
    height, width = stored.shape[1:]
    if not same_view((height, width), size):
        swapped = same_view((width, height), size)
        return found, allowed, "height and width are swapped" if swapped else "is it a crop, or padded?"
    return None


def same_view(grid: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a grid (h, w) can be (H, W) divided by one stride >= 1 and rounded in either direction."""
    (h, w), (height, width) = grid, size
    # h is H / stride, rounded, for strides between H / (h + 1) and H / (h - 1): these must overlap with
    # those of w.
    overlap = (h - 1) * width < (w + 1) * height and (w - 1) * height < (h + 1) * width
    return h <= height and w <= width and overlap


def _value_problem(stored: NDArray[Any]) -> tuple[str, str, str] | None:
    allowed = "float16, float32 or float64 in 0..1, or uint8 (255 times the probability)"
    if stored.dtype == np.uint8:
        return None
    if stored.dtype not in (np.float16, np.float32, np.float64):
        return f"dtype {stored.dtype}", allowed, ""
    low, high = float(stored.min()), float(stored.max())
    if not np.isfinite(low + high):
        bad = int(np.count_nonzero(~np.isfinite(stored)))
        return f"{bad} values that are not finite", allowed, ""
    if low < 0 or high > 1 + SUM_TOLERANCE:
        hint = "these look like logits: apply softmax" if low < 0 else ""
        hint = hint or ("were they multiplied by 255? then save uint8" if high > 2 else "")
        return f"values in [{low:g}, {high:g}]", allowed, hint
    return None


def _sum_problem(stored: NDArray[Any], total: NDArray[np.float32]) -> tuple[str, str, str] | None:
    one, slack = (255.0, float(stored.shape[0])) if stored.dtype == np.uint8 else (1.0, SUM_TOLERANCE)
    low, high = float(total.min()), float(total.max())
    if one - slack <= low and high <= one + slack and low > 0:
        return None
    hint = "is it a one-hot map of 0 and 1?" if one == 255 and high == 1 else "are these scores of a sigmoid?"
    return f"sums over classes in [{low:g}, {high:g}]", f"{one:g} up to rounding ({slack:g})", hint
