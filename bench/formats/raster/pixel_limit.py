"""How many pixels a picture or an array may have: one limit for all readers, by the memory of the machine.

A few bytes of a header must not ask for more memory than there is.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Final

from boundary_bench.bench.errors import InputError, Problem

VARIABLE: Final = "BENCH_MAX_PIXELS"
"""Environment variable that sets the limit, so that worker processes inherit it; `--max-pixels` sets it."""
BYTES_PER_PIXEL: Final = 40
"""Memory for an image, its labels, and the copies of both that decoders, refiners and metrics work on."""
MOST_DECODED: Final = 2**30
"""OpenCV decodes no more, whatever memory there is."""
TILE: Final = 4096


def most_pixels() -> int:
    """Number of pixels that a picture may have: `$BENCH_MAX_PIXELS`, else what fits into memory.

    Raises:
        InputError: the variable is no whole number of 1 or more.
    """
    own = os.environ.get(VARIABLE, "").strip()
    if not own:
        return _fitting()
    if not own.isdecimal() or int(own) < 1:
        raise InputError(Problem(VARIABLE, repr(own), "a whole number of pixels, 1 or more"))
    return min(int(own), MOST_DECODED)


def require_pixels(where: str, size: tuple[int, int]) -> None:
    """Raise InputError where a picture or an array of (H, W) is above `most_pixels`."""
    if problem := too_large(where, size):
        raise InputError(problem)


def too_large(where: str, size: tuple[int, int]) -> Problem | None:
    """Problem with a picture or an array of (H, W) above `most_pixels`; None where it may be read."""
    most, pixels = most_pixels(), size[0] * size[1]
    if pixels <= most:
        return None
    cut = f"cut image, truth and prediction into the same tiles, e.g. of {TILE}x{TILE} px, each a file of its own"
    # Where raising the limit cannot help, it isn't offered.
    hint = f"{cut}; or give --max-pixels {pixels} where memory is enough" if pixels <= MOST_DECODED else cut
    return Problem(where, f"{size[0]}x{size[1]} px", f"at most {in_words(most)}", hint)


def in_words(pixels: int) -> str:
    """`200 million pixels`, or all digits where there are fewer than ten million."""
    return f"{pixels // 10**6} million pixels" if pixels >= 10**7 else f"{pixels} pixels"


@cache
def _fitting() -> int:
    import psutil

    return min(int(psutil.virtual_memory().total) // BYTES_PER_PIXEL, MOST_DECODED)
