"""Colours of classes: made up ones that differ, and those that files give."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.errors import InputError, Problem


def palette(count: int) -> NDArray[np.uint8]:
    """Colours that all differ, as Pascal VOC gives them to its ids: uint8 (count, 3) RGB, the first black.

    The bits of an id, three at a time, become the highest, next highest and so on bits of red, green and blue. Source:
    the development kit of the PASCAL VOC challenge.
    """
    ids = np.arange(count)
    colours = np.zeros((count, 3), np.int64)
    for level in range(8):
        for channel in range(3):
            colours[:, channel] |= ((ids >> (3 * level + channel)) & 1) << (7 - level)
    return colours.astype(np.uint8)


def colour_of(value: Any, where: str) -> tuple[int, int, int]:
    """A colour as files give it: `#ff0000`, three numbers of 0..255, or a text of three numbers.

    Raises:
        InputError: anything else.
    """
    if isinstance(value, str) and (code := re.fullmatch(r"#?([0-9a-fA-F]{6})", value.strip())) and not value.isdigit():
        red, green, blue = bytes.fromhex(code[1])
        return red, green, blue
    parts = re.findall(r"\d+", value) if isinstance(value, str) else value
    if isinstance(parts, list | tuple) and len(parts) == 3 and all(str(p).isdigit() and int(p) < 256 for p in parts):
        red, green, blue = map(int, parts)
        return red, green, blue
    raise InputError(Problem(where, f"the colour {value!r}", "three numbers of 0..255 or #rrggbb"))
