"""Where the values of a JSON text lie, found without parsing them: compiled loops over its bytes.

What is between the values is checked; the values themselves are for whoever parses them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

QUOTE, BACKSLASH, COMMA, COLON, MINUS, POINT = (ord(each) for each in '"\\,:-.')
OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT = ord("["), ord("]"), ord("{"), ord("}")


@njit(cache=True, nogil=True)
def after_space(data: Any, i: int) -> int:
    """The first place from i on that is no white space; the end where there is none."""
    while i < len(data) and (data[i] == 32 or 9 <= data[i] <= 10 or data[i] == 13):
        i += 1
    return i


@njit(cache=True, nogil=True)
def after_text(data: Any, i: int) -> int:
    """The place after the text that begins at i; beyond the end where it does not end."""
    i += 1
    while i < len(data) and data[i] != QUOTE:
        i += 2 if data[i] == BACKSLASH else 1
    return i + 1


@njit(cache=True, nogil=True)
def after_value(data: Any, i: int) -> int:
    """The place after the value that begins at i; beyond the end where it does not end, i where there is none."""
    depth = 0
    while i < len(data):
        c = data[i]
        if c == QUOTE:
            i = after_text(data, i)
        elif depth == 0 and (c in (COMMA, CLOSE_LIST, CLOSE_OBJECT) or after_space(data, i) > i):
            return i
        else:
            depth += c in (OPEN_LIST, OPEN_OBJECT)
            depth -= c in (CLOSE_LIST, CLOSE_OBJECT)
            i += 1
            if depth or c not in (CLOSE_LIST, CLOSE_OBJECT):
                continue
        if depth == 0:
            return i
    return len(data) + (depth > 0)


@njit(cache=True, nogil=True)
def entries(data: Any, i: int) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Entries of the list that begins at i.

    Args:
        data: uint8 (N,), JSON text.
        i: place of the opening bracket.

    Returns:
        Where each entry begins and ends, int64 (E,), and the place after the list; 0 where it is none.
    """
    starts, stops, count = np.empty(1024, np.int64), np.empty(1024, np.int64), 0
    i = after_space(data, i + 1)
    if i < len(data) and data[i] == CLOSE_LIST:
        return starts[:0], stops[:0], i + 1
    while i < len(data):
        end = after_value(data, i)
        if end == i or end > len(data):
            break
        if count == len(starts):
            starts, stops = np.append(starts, np.empty_like(starts)), np.append(stops, np.empty_like(stops))
        starts[count], stops[count] = i, end
        count += 1
        i = after_space(data, end)
        if i < len(data) and data[i] == CLOSE_LIST:
            return starts[:count], stops[:count], i + 1
        if i == len(data) or data[i] != COMMA:
            break
        i = after_space(data, i + 1)
    return starts[:0], stops[:0], 0


@njit(cache=True, nogil=True)
def fields(data: Any, starts: Any, stops: Any, keys: Any, ends: Any, found: Any) -> int:
    """Values of some members of many objects.

    Args:
        data: uint8 (N,), JSON text.
        starts, stops: int64 (E,), where each object begins and ends.
        keys: uint8 (M,), names of the members, after one another.
        ends: int64 (F,), where each name ends.
        found: int64 (E, F, 2), written: where each value begins and ends, 0 where there is none. Of members of one name
            the last counts.

    Returns:
        The first that is no object, or has a name with an escape; E where none is.
    """
    found[:] = 0
    for e in range(len(starts)):
        if data[starts[e]] != OPEN_OBJECT:
            return e
        i = after_space(data, starts[e] + 1)
        while data[i] == QUOTE:
            key, key_end = i + 1, after_text(data, i) - 1
            colon = after_space(data, key_end + 1)
            first = after_space(data, colon + 1)
            last = after_value(data, first)
            if last <= first or last >= stops[e] or data[colon] != COLON:
                return e
            field = _among(data, key, key_end, keys, ends)
            if field == -2:
                return e
            if field >= 0:
                found[e, field, 0], found[e, field, 1] = first, last
            i = after_space(data, last)
            if data[i] == COMMA:
                i = after_space(data, i + 1)
        if i != stops[e] - 1:
            return e
    return len(starts)


@njit(cache=True, nogil=True)
def _among(data: Any, first: int, last: int, keys: Any, ends: Any) -> int:
    """Which of the names the text is; -1 where it is none, -2 where it has an escape."""
    for i in range(first, last):
        if data[i] == BACKSLASH:
            return -2
    begin = 0
    for field in range(len(ends)):
        if ends[field] - begin == last - first:
            same = True
            for i in range(last - first):
                same &= data[first + i] == keys[begin + i]
            if same:
                return field
        begin = ends[field]
    return -1
