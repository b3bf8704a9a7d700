"""Thinning of masks to lines, 64 pixels at once: one word holds 64 pixels of a row, bit i the i-th from the left.

The conditions are those of Lam, Lee and Suen's survey of thinning (PAMI 1992, page 879), after Guo and Hall
(CACM 1989, algorithm A1): a pixel goes where it joins one run of neighbours only, has two or three neighbours when they
are taken in pairs, and lies on the side that the pass takes from. Both passes see the map as it was when they began.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

WORD = 64
Words = NDArray[np.uint64]
"""A packed mask, (H, ceil(W / 64)), see `pack`."""


def pack(mask: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Words of a bool (H, W): uint64 (H, ceil(W / 64)), unused bits 0."""
    height, width = mask.shape
    words = -(-width // WORD)
    packed = np.zeros((height, words * 8), np.uint8)
    packed[:, : -(-width // 8)] = np.packbits(mask, axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack(words: NDArray[np.uint64], width: int) -> NDArray[np.bool_]:
    """The bool (H, W) of `pack`."""
    bits = np.unpackbits(words.astype("<u8", copy=False).view(np.uint8), axis=1, bitorder="little", count=width)
    return bits.view(np.bool_)


@njit(cache=True, nogil=True)
def thin_words(words: Any) -> None:
    """Thin a packed map in place until nothing changes. Outside the map lies background."""
    height = len(words)
    changed = np.zeros(height + 2, np.int64)
    above, here = np.zeros_like(words[0]), np.empty_like(words[0])
    step, last = 1, 1
    while step <= last + 2:
        above[:] = 0
        for y in range(height):
            here[:] = words[y]
            # A row whose surroundings are as they were two passes ago has nothing to lose in this pass.
            if step <= 2 or max(changed[y], changed[y + 1], changed[y + 2]) >= step - 2:
                below = words[y + 1] if y + 1 < height else np.zeros_like(above)
                if _thin_row(above, here, below, words[y], step % 2 == 1):
                    changed[y + 1], last = step, step
            above[:] = here
        step += 1


@njit(cache=True, nogil=True)
def _thin_row(above: Any, here: Any, below: Any, out: Any, first: bool) -> bool:
    """Write what is left of one row; say whether anything went."""
    gone = False
    count = len(here)
    for i in range(count):
        pixel = here[i]
        if pixel == 0:
            continue
        left, right = max(i - 1, 0), min(i + 1, count - 1)
        inner = np.uint64(0) - np.uint64(i > 0), np.uint64(0) - np.uint64(i + 1 < count)
        e, w = _east(pixel, here[right] & inner[1]), _west(pixel, here[left] & inner[0])
        ne, nw = _east(above[i], above[right] & inner[1]), _west(above[i], above[left] & inner[0])
        se, sw = _east(below[i], below[right] & inner[1]), _west(below[i], below[left] & inner[0])
        n, s = above[i], below[i]
        side = (ne | n | ~se) & e if first else (sw | s | ~nw) & w
        left_over = pixel & (side | ~(_one_run(e, ne, n, nw, w, sw, s, se) & _few(e, ne, n, nw, w, sw, s, se)))
        out[i] = left_over
        gone |= left_over != pixel
    return gone


@njit(cache=True, nogil=True, inline="always")
def _east(word: Any, after: Any) -> Any:
    """The right neighbours of a word's pixels."""
    return (word >> np.uint64(1)) | (after << np.uint64(63))


@njit(cache=True, nogil=True, inline="always")
def _west(word: Any, before: Any) -> Any:
    """The left neighbours of a word's pixels."""
    return (word << np.uint64(1)) | (before >> np.uint64(63))


@njit(cache=True, nogil=True, inline="always")
def _one_run(e: Any, ne: Any, n: Any, nw: Any, w: Any, sw: Any, s: Any, se: Any) -> Any:
    """Pixels with exactly one start of a run of neighbours around them."""
    a, b, c, d = ~e & (ne | n), ~n & (nw | w), ~w & (sw | s), ~s & (se | e)
    two = (a & b) | (c & d) | ((a | b) & (c | d))
    return (a | b | c | d) & ~two


@njit(cache=True, nogil=True, inline="always")
def _few(e: Any, ne: Any, n: Any, nw: Any, w: Any, sw: Any, s: Any, se: Any) -> Any:
    """Pixels of which the smaller number of occupied pairs of neighbours is 2 or 3."""
    a, b, c, d = e | ne, n | nw, w | sw, s | se
    f, g, h, k = ne | n, nw | w, sw | s, se | e
    two = ((a & b) | (c & d) | ((a | b) & (c | d))) & ((f & g) | (h & k) | ((f | g) & (h | k)))
    return two & ~(a & b & c & d & f & g & h & k)
