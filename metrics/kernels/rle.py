"""Run-length codes of masks as COCO defines them: runs of 0 and 1 in turn, starting with 0, down the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def decode_string(text: Any, counts: Any) -> int:
    """Run lengths of a compressed code, five bits a character, every length from the third on as a difference.

    Args:
        text: uint8 (n,).
        counts: int64 (>= n,), written.

    Returns:
        How many lengths were written; -1 where the text ends within a number or a number is over 2**35.
    """
    found, position = 0, 0
    while position < len(text):
        value, shift, more = np.int64(0), 0, True
        while more:
            if position >= len(text) or shift > 30:
                return -1
            character = np.int64(text[position]) - 48
            if character < 0 or character > 63:
                return -1
            value |= (character & 0x1F) << shift
            more = (character & 0x20) != 0
            position += 1
            shift += 5
            if not more and (character & 0x10) != 0:
                value |= np.int64(-1) << shift
        if found > 2:
            value += counts[found - 2]
        counts[found] = value
        found += 1
    return found


@njit(cache=True, nogil=True)
def decode_strings(text: Any, ends: Any, counts: Any, starts: Any) -> int:
    """Run lengths of many codes that lie after one another in `text`, each up to its end in `ends`.

    `counts` int64 (>= n,) and `starts` int64 (len(ends) + 1,) are written. Returns the first code that is broken; the
    number of codes where none is.
    """
    position = 0
    for i in range(len(ends)):
        found = decode_string(text[position : ends[i]], counts[starts[i] :])
        if found < 0:
            return i
        starts[i + 1] = starts[i] + found
        position = ends[i]
    return len(ends)


@njit(cache=True, nogil=True)
def first_overrun(counts: Any, starts: Any, total: int) -> int:
    """The first mask with a run that is negative or longer than `total`, or whose runs do not add up to it; or N."""
    for mask in range(len(starts) - 1):
        pixels = np.int64(0)
        for i in range(starts[mask], starts[mask + 1]):
            run = np.int64(counts[i])
            if run < 0 or run > total:
                return mask
            pixels += run
        if pixels != total:
            return mask
    return len(starts) - 1


@njit(cache=True, nogil=True)
def encode_string(counts: Any, text: Any) -> int:
    """The inverse of `decode_string`; `text` uint8 (>= 7 * len(counts),) is written, its used length returned."""
    written = 0
    for i in range(len(counts)):
        value = np.int64(counts[i])
        if i > 2:
            value -= np.int64(counts[i - 2])
        more = True
        while more:
            character = value & 0x1F
            value >>= 5
            more = value != -1 if (character & 0x10) != 0 else value != 0
            text[written] = (character | (0x20 if more else 0)) + 48
            written += 1
    return written


@njit(cache=True, nogil=True)
def measure(counts: Any, starts: Any, height: int, areas: Any, boxes: Any) -> None:
    """Area of each mask, and its box (top, left, bottom, right), ends exclusive; zeros for an empty mask."""
    for mask in range(len(starts) - 1):
        position, top, left, bottom, right = 0, height, -1, 0, 0
        for i in range(starts[mask], starts[mask + 1]):
            run = np.int64(counts[i])
            if (i - starts[mask]) % 2 == 1 and run > 0:
                first, last = position, position + run - 1
                areas[mask] += run
                if left < 0:
                    left = first // height
                right = last // height + 1
                if first // height == last // height:
                    top, bottom = min(top, first % height), max(bottom, last % height + 1)
                else:
                    top, bottom = 0, height
            position += run
        if left >= 0:
            boxes[mask, 0], boxes[mask, 1], boxes[mask, 2], boxes[mask, 3] = top, left, bottom, right


@njit(cache=True, nogil=True)
def paint(counts: Any, height: int, top: int, left: int, value: Any, out: Any) -> None:
    """Write `value` into `out` (h, w), a window at (top, left) that holds the whole mask, wherever the mask is 1."""
    position = 0
    for i in range(len(counts)):
        run = np.int64(counts[i])
        if i % 2 == 1:
            first = position
            while first < position + run:
                column = first // height
                last = min(position + run, (column + 1) * height)
                for y in range(first - column * height - top, last - column * height - top):
                    out[y, column - left] = value
                first = last
        position += run


@njit(cache=True, nogil=True)
def encode_window(window: Any, height: int, width: int, top: int, left: int, counts: Any) -> int:
    """Run lengths of a mask that is 0 outside the window (h, w) at (top, left); returns how many were written.

    `counts` holds at least 2 * h * w + 2 numbers.
    """
    found, current, run = 0, False, np.int64(left) * height
    for x in range(window.shape[1]):
        for y in range(window.shape[0]):
            gap = top if y == 0 else 0
            if gap > 0 and current:
                counts[found], found, current, run = run, found + 1, False, 0
            run += gap
            if window[y, x] != current:
                counts[found], found, current, run = run, found + 1, not current, 0
            run += 1
        rest = height - top - window.shape[0]
        if rest > 0 and current:
            counts[found], found, current, run = run, found + 1, False, 0
        run += rest
    tail = np.int64(width - left - window.shape[1]) * height
    if tail > 0 and current:
        counts[found], found, current, run = run, found + 1, False, 0
    counts[found] = run + tail
    return found + 1
