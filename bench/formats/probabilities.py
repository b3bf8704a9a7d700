"""Class probabilities in `.npy` and `.npz` files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.class_scores import (
    SCORES,
    VALUES,
    Finding,
    Scores,
    probabilities_of,
    second_of_two,
)
from boundary_bench.bench.formats.raster.array_file import array_header, place, read_array
from boundary_bench.bench.formats.raster.pixel_limit import too_large
from boundary_bench.refiners.files.npy import Header

Layout = Literal["chw", "hwk"]
"""`chw`: classes first, (K, h, w); `hwk`: classes last, (h, w, K)."""
LAYOUTS: Final = ("chw", "hwk")
USUAL_KEY: Final = "prob"
"""Taken where a file has it and no key was given."""
DTYPES: Final = ("uint8", "float16", "float32", "float64")


@dataclass(frozen=True, slots=True)
class ScoreForm:
    """How files hold the scores of classes.

    Attributes:
        key: name of the array in `.npz` files; None: `prob` where there is one, else the only array that fits.
        layout: order of the axes.
        scores: what the values are.

    Raises:
        InputError: another layout or kind of scores.
    """

    key: str | None = None
    layout: Layout = "chw"
    scores: Scores = "probabilities"

    def __post_init__(self) -> None:
        for name, value, allowed in (("layout", self.layout, LAYOUTS), ("scores", self.scores, SCORES)):
            if value not in allowed:
                raise InputError(Problem(name, repr(value), " or ".join(allowed)))


USUAL: Final = ScoreForm()


def read_probabilities(
    path: str | Path, *, classes: int, size: tuple[int, int], form: ScoreForm = USUAL
) -> NDArray[np.float32]:
    """Class probabilities, normalised so that those of each pixel sum to 1.

    Args:
        path: `.npy` file, or `.npz` file, uncompressed or compressed. Pickled objects are not opened.
        classes: K.
        size: (H, W) of the label map; (h, w) is that or coarser, with the same field of view.
        form: how the file holds them: (K, h, w) by default, either float16, float32 or float64 in 0..1, or uint8 = 255
            times the probability, which leaves sums that rounding has moved by up to K. For two classes also (1, h, w)
            or (h, w), the probability of the second.

    Returns:
        float32 (K, h, w).

    Raises:
        InputError: no readable file, no such array or several that could be meant, another dtype, number of classes or
            shape, values that are not finite or outside the range, or sums that are not 1.
    """

    def finding(header: Header) -> Finding | None:
        return _shape_problem(header[0], classes, size, form.layout) or _dtype_problem(header[1])

    allowed = "an array of class probabilities"
    name, _ = array_header(path, form.key, allowed, lambda header: finding(header) is None, usual=USUAL_KEY)
    where = place(path, name)

    def check(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
        if problem := finding((shape, dtype)):
            raise InputError(Problem(where, *problem))
        if too := too_large(where, size):
            raise InputError(too)

    stored = _classes_first(read_array(Path(path), name, check), classes, form.layout)
    alone = stored.ndim == 2
    found, problem = (second_of_two if alone else probabilities_of)(stored, form.scores)
    if problem is not None:
        raise InputError(Problem(where, *problem))
    return cast(NDArray[np.float32], found)


def same_view(grid: tuple[int, int], size: tuple[int, int]) -> bool:
    """Whether a grid (h, w) can be (H, W) divided by one stride >= 1 and rounded in either direction."""
    (h, w), (height, width) = grid, size
    # h is H / stride, rounded, for strides between H / (h + 1) and H / (h - 1): these must overlap with
    # those of w.
    overlap = (h - 1) * width < (w + 1) * height and (w - 1) * height < (h + 1) * width
    return h <= height and w <= width and overlap


def _classes_first(stored: NDArray[Any], classes: int, layout: Layout) -> NDArray[Any]:
    """(K, h, w), or (h, w) where there is one channel for two classes."""
    if stored.ndim == 3 and layout == "hwk":
        stored = stored.transpose(2, 0, 1)
    return stored[0] if stored.ndim == 3 and _one_for_two(stored.shape, classes) else stored


def _one_for_two(shape: tuple[int, ...], classes: int) -> bool:
    """Whether this is one channel for two classes: (1, h, w) or (h, w)."""
    return classes == 2 and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1))


def _shape_problem(shape: tuple[int, ...], classes: int, size: tuple[int, int], layout: Layout) -> Finding | None:
    axes = f"({classes}, h, w)" if layout == "chw" else f"(h, w, {classes})"
    allowed = f"{axes} with the aspect of {size[0]}x{size[1]}"
    found = f"shape {shape}"
    if len(shape) == 4 and shape[0] == 1:
        return found, allowed, "save without the batch axis: array[0]"
    first = (shape[2], *shape[:2]) if layout == "hwk" and len(shape) == 3 else shape
    if 0 in shape or (len(shape) != 3 and not _one_for_two(shape, classes)):
        return found, allowed, "label maps? then leave --format out" if len(shape) == 2 else ""
    if first[0] != classes and not _one_for_two(first, classes):
        return found, allowed, _classes_hint(shape, classes, layout)
    height, width = first[-2:]
    if not same_view((height, width), size):
        swapped = same_view((width, height), size)
        return found, allowed, "height and width are swapped" if swapped else "is it a crop, or padded?"
    return None


def _classes_hint(shape: tuple[int, ...], classes: int, layout: Layout) -> str:
    if layout == "chw" and shape[2] == classes:
        option = "--layout hwk, in an experiment layout: hwk"
        return f"the classes come first, not last: array.transpose(2, 0, 1), or give {option}"
    if layout == "hwk" and shape[0] == classes:
        return "the classes come first here: leave --layout out"
    given = shape[0] if layout == "chw" else shape[2]
    return "is there one more class for background or void?" if given == classes + 1 else ""


def _dtype_problem(dtype: np.dtype[Any]) -> Finding | None:
    return None if dtype.name in DTYPES else (f"dtype {dtype}", VALUES, "")
