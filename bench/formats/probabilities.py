"""Class probabilities in `.npz` files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.refiners.files.npz import Check, read_npz

SUM_TOLERANCE = 1e-2
"""How far from 1 the probabilities of a pixel may sum, in floating point."""
VALUES = "float16, float32 or float64 in 0..1, or uint8 (255 times the probability)"


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

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if problem := _shape_problem(shape, classes, size) or _dtype_problem(dtype):
            raise InputError(Problem(f"{path}[{key}]", *problem))

    stored = read_array(Path(path), key, check)
    if problem := _range_problem(stored):
        raise InputError(Problem(f"{path}[{key}]", *problem))
    probabilities = stored.astype(np.float32)
    total = probabilities.sum(axis=0)
    if problem := _sum_problem(stored, total):
        raise InputError(Problem(f"{path}[{key}]", *problem))
    probabilities /= total
    return probabilities


def read_array(path: Path, key: str, check: Check) -> NDArray[Any]:
    """One array of an `.npz` file. Pickled objects are not opened.

    Args:
        path: the file.
        key: name of the array.
        check: called with shape and dtype before the values are read; raises InputError where they are wrong.

    Raises:
        InputError: no readable file, or no such array in it.
    """
    allowed = f"an .npz file with the array {key!r}"
    try:
        names, array = read_npz(path, key, check)
    except OSError as error:
        raise InputError(Problem(str(path), (error.strerror or str(error)).lower(), allowed)) from None
    except ValueError as error:
        raise InputError(Problem(str(path), f"a file that {error}", allowed)) from None
    if array is None:
        hint = did_you_mean(key, names) or "name the array by `key`"
        raise InputError(Problem(str(path), f"arrays {', '.join(names) or 'none'}", allowed, hint))
    return array


def _shape_problem(shape: tuple[int, ...], classes: int, size: tuple[int, int]) -> tuple[str, str, str] | None:
    allowed = f"({classes}, h, w) with the aspect of {size[0]}x{size[1]}"
    found = f"shape {shape}"
    if len(shape) == 4 and shape[0] == 1:
        return found, allowed, "save without the batch axis"
    if len(shape) != 3 or 0 in shape:
        return found, allowed, ""
    if shape[0] != classes:
        last = "the classes come first, not last" if shape[2] == classes else ""
        extra = "is there one more class for background or void?" if shape[0] == classes + 1 else ""
        return found, allowed, last or extra
    height, width = shape[1:]
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


def _dtype_problem(dtype: np.dtype[Any]) -> tuple[str, str, str] | None:
    return None if dtype in (np.uint8, np.float16, np.float32, np.float64) else (f"dtype {dtype}", VALUES, "")


def _range_problem(stored: NDArray[Any]) -> tuple[str, str, str] | None:
    if stored.dtype == np.uint8:
        return None
    low, high = float(stored.min()), float(stored.max())
    if not np.isfinite(low + high):
        bad = int(np.count_nonzero(~np.isfinite(stored)))
        return f"{bad} values that are not finite", VALUES, ""
    if low < 0 or high > 1 + SUM_TOLERANCE:
        hint = "these look like logits: apply softmax" if low < 0 else ""
        hint = hint or ("were they multiplied by 255? then save uint8" if high > 2 else "")
        return f"values in [{low:g}, {high:g}]", VALUES, hint
    return None


def _sum_problem(stored: NDArray[Any], total: NDArray[np.float32]) -> tuple[str, str, str] | None:
    one, slack = (255.0, float(stored.shape[0])) if stored.dtype == np.uint8 else (1.0, SUM_TOLERANCE)
    low, high = float(total.min()), float(total.max())
    if one - slack <= low and high <= one + slack and low > 0:
        return None
    hint = "is it a one-hot map of 0 and 1?" if one == 255 and high == 1 else "are these scores of a sigmoid?"
    return f"sums over classes in [{low:g}, {high:g}]", f"{one:g} up to rounding ({slack:g})", hint
