"""Label maps that were saved as pictures in the colours of their classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, cast

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.metrics.structures.labels import Labels, label_dtype, void_of

BLACK: Final = (0, 0, 0)
SHOWN_COLOURS: Final = 4
UNKNOWN, AMBIGUOUS, EMPTY = 65535, 65534, 65533
"""Entries of the table for colours of no class, of several, and of void."""


def decode_colours(
    rgb: NDArray[np.uint8],
    colours: NDArray[np.uint8],
    *,
    where: str = "picture",
    void: Sequence[tuple[int, int, int]] = (BLACK,),
) -> Labels:
    """The classes whose colours the pixels have.

    Args:
        rgb: uint8 (H, W, 3).
        colours: uint8 (K, 3) RGB, one per class.
        where: what messages call the picture.
        void: colours that mean void where they are no colour of a class.

    Returns:
        Training ids and void, (H, W) of `label_dtype(K)`.

    Raises:
        InputError: a colour of no class or of several, with the first pixel of it.
    """
    codes = _table(colours.tobytes(), tuple(void))[packed(rgb)]
    if codes.max() >= AMBIGUOUS:
        raise InputError(_problems(where, rgb, codes, colours, void))
    labels: Any = codes.astype(label_dtype(len(colours)))
    labels[codes == EMPTY] = void_of(labels)
    return cast(Labels, labels)


def packed(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Each colour of (..., 3) as one number, 65536 R + 256 G + B."""
    found = rgb[..., 0].astype(np.int32)
    for channel in (1, 2):
        found <<= 8
        found |= rgb[..., channel]
    return found


@lru_cache(maxsize=4)
def _table(colours: bytes, void: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint16]:
    """Class, or `EMPTY`, `UNKNOWN`, `AMBIGUOUS`, of each of the 2**24 colours."""
    table = np.full(1 << 24, UNKNOWN, np.uint16)
    table[packed(np.array(void, np.uint8).reshape(-1, 3))] = EMPTY
    numbers = packed(np.frombuffer(colours, np.uint8).reshape(-1, 3))
    table[numbers] = np.arange(len(numbers))
    found, count = np.unique(numbers, return_counts=True)
    table[found[count > 1]] = AMBIGUOUS
    return table


def _problems(
    where: str,
    rgb: NDArray[np.uint8],
    codes: NDArray[np.uint16],
    colours: NDArray[np.uint8],
    void: Sequence[tuple[int, int, int]],
) -> Iterator[Problem]:
    unknown, ambiguous = codes == UNKNOWN, codes == AMBIGUOUS
    if unknown.any():
        listed = [_text(each) for each in colours[: 2 * SHOWN_COLOURS]]
        more = ", ..." if len(colours) > len(listed) else ""
        allowed = f"colours of classes {', '.join(listed)}{more}; of void {', '.join(map(_text, void)) or 'none'}"
        yield Problem(where, _found(rgb, unknown), allowed, _hint(rgb[unknown], colours))
    if ambiguous.any():
        row, column = np.argwhere(ambiguous)[0]
        same = [number for number, each in enumerate(colours) if (each == rgb[row, column]).all()]
        found = f"{_found(rgb, ambiguous)}; it is that of classes {' and '.join(map(str, same))}"
        yield Problem(where, found, "colours of one class each", "save label ids instead of colours")


def _found(rgb: NDArray[np.uint8], wrong: NDArray[np.bool_]) -> str:
    """The first of the colours that are wrong, where it is, and how many there are."""
    row, column = np.argwhere(wrong)[0]
    same = int(np.count_nonzero((rgb == rgb[row, column]).all(axis=2)))
    text = f"colour {_text(rgb[row, column])} at row {row}, column {column} (from 0), {same} px"
    others = len(np.unique(packed(rgb[wrong]))) - 1
    more = "another colour" if others == 1 else f"{others} other colours"
    return text + (f"; and {more}, {np.count_nonzero(wrong) - same} px" if others else "")


def _hint(unknown: NDArray[np.uint8], colours: NDArray[np.uint8]) -> str:
    kinds = np.unique(unknown.reshape(-1, 3), axis=0)
    if np.isin(packed(kinds[:, ::-1]), packed(colours)).all():
        return "red and blue are swapped: OpenCV writes BGR; save label ids, or convert to RGB before"
    if len(kinds) > len(colours):
        return "so many colours: a photograph, an overlay, or smoothed by resizing or JPEG? save label ids"
    return "colours of another data set? save label ids"


def _text(colour: Any) -> str:
    return f"({', '.join(str(int(each)) for each in colour)})"
