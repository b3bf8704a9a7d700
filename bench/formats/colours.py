"""Label maps drawn in colours, as ids."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.metrics.structures.labels import Labels, label_dtype


def decode_colours(rgb: NDArray[np.uint8], colours: NDArray[np.uint8]) -> Labels:
    """The row of a table in which the colour of each pixel stands; colours must be equal, not near.

    Args:
        rgb: uint8 (H, W, 3).
        colours: uint8 (K, 3), all different.

    Returns:
        (H, W), 0..K-1, of `label_dtype(K)`.

    Raises:
        ValueError: a colour twice in the table.
        InputError: colours that are not in it: the most frequent, its first place, and how many pixels have any.
    """
    table, codes = _codes(colours), _codes(rgb)
    order = np.argsort(table)
    known = table[order]
    if (twice := known[:-1][known[1:] == known[:-1]]).size:
        raise ValueError(f"the colour {_colour(int(twice[0]))} stands for two classes")
    place = np.searchsorted(known, codes).clip(max=len(known) - 1)
    if (unknown := known[place] != codes).any():
        raise InputError(_problem(codes, unknown))
    labels: Labels = order[place].astype(label_dtype(len(known)))
    return labels


def _codes(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Each colour as one number: (..., 3) -> (...)."""
    wide = rgb.astype(np.int32)
    codes: NDArray[np.int32] = (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]
    return codes


def _colour(code: int) -> tuple[int, int, int]:
    return code >> 16, code >> 8 & 255, code & 255


def _problem(codes: NDArray[np.int32], unknown: NDArray[np.bool_]) -> Problem:
    values, counts = np.unique(codes[unknown], return_counts=True)
    most = int(values[counts.argmax()])
    row, column = np.argwhere(codes == most)[0].tolist()
    others = f", of {len(values)} such colours" if len(values) > 1 else ""
    found = f"the colour {_colour(most)} at row {row}, column {column}{others} in {int(unknown.sum())} px"
    return Problem("", found, "the colours of the classes", "resized or compressed with loss, colours are mixed")
