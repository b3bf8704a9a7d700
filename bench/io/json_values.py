"""Values at many places of a JSON text: compiled loops that make arrays of them.

Where a value is not of the one plain form that a loop knows, the loop ends there, and a parser has to read it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from boundary_bench.bench.io.json_spans import BACKSLASH, CLOSE_LIST, COMMA, OPEN_LIST, QUOTE, after_space

MINUS, POINT = ord("-"), ord(".")


@njit(cache=True, nogil=True)
def whole_numbers(data: Any, spans: Any, out: Any) -> int:
    """Whole numbers at many places, one each or a list of several.

    Args:
        data: uint8 (N,), JSON text.
        spans: int64 (E, 2), where each value begins and ends.
        out: int64 (E, M), written.

    Returns:
        The first that is no whole number of at most 18 digits (M = 1), or no list of M of them; E where all are.
    """
    many = out.shape[1] > 1
    for e in range(len(spans)):
        i, last = spans[e, 0], spans[e, 1]
        if many and data[i] != OPEN_LIST:
            return e
        i += many
        for m in range(out.shape[1]):
            i = after_space(data, i)
            negative = data[i] == MINUS
            first = i + negative
            i, value = first, np.int64(0)
            while i < last and 48 <= data[i] <= 57 and i - first < 19:
                value = 10 * value + (np.int64(data[i]) - 48)
                i += 1
            out[e, m] = -value if negative else value
            if not 0 < i - first <= 18 or (data[first] == 48 and i - first > 1):
                return e
            i = after_space(data, i) if many else i
            if many and data[i] != (CLOSE_LIST if m == out.shape[1] - 1 else COMMA):
                return e
            i += many
        if i != last:
            return e
    return len(spans)


@njit(cache=True, nogil=True)
def decimals(data: Any, spans: Any, out: Any) -> int:
    """Lists of numbers at many places, those that floating point holds or divides exactly.

    Args:
        data: uint8 (N,), JSON text.
        spans: int64 (E, 2), where each list begins and ends.
        out: float64 (E, M), written, the numbers rounded to the nearest.

    Returns:
        The first that is no list of M numbers of at most 15 digits without an exponent; E where all are.
    """
    for e in range(len(spans)):
        i, last = spans[e, 0], spans[e, 1]
        if data[i] != OPEN_LIST:
            return e
        for m in range(out.shape[1]):
            i = after_space(data, i + 1)
            negative = data[i] == MINUS
            i += negative
            # Up to 2**53 and 10**22 both are exact, so that one division rounds once.
            value, digits, power, point = np.int64(0), 0, 1.0, False
            while i < last and (48 <= data[i] <= 57 or (data[i] == POINT and not point)):
                if data[i] == POINT:
                    point = True
                else:
                    value, digits = 10 * value + (np.int64(data[i]) - 48), digits + 1
                    power *= 10.0 if point else 1.0
                    if digits > 15:
                        return e
                i += 1
            out[e, m] = (-value if negative else value) / power
            i = after_space(data, i)
            if digits == 0 or data[i] != (CLOSE_LIST if m == out.shape[1] - 1 else COMMA):
                return e
        if i + 1 != last:
            return e
    return len(spans)


@njit(cache=True, nogil=True)
def gathered(data: Any, spans: Any, out: Any) -> None:
    """Values of many places as one list.

    Args:
        data: uint8 (N,), JSON text.
        spans: int64 (E, 2), where each value begins and ends.
        out: uint8, written: a bracket, the values with a comma after each but the last, a bracket.
    """
    out[0] = OPEN_LIST
    place = 1
    for e in range(len(spans)):
        for i in range(spans[e, 0], spans[e, 1]):
            out[place] = data[i]
            place += 1
        out[place] = COMMA
        place += 1
    out[max(place - 1, 1)] = CLOSE_LIST


@njit(cache=True, nogil=True)
def texts(data: Any, spans: Any, out: Any, ends: Any) -> int:
    """Contents of many texts after one another, of whose escapes only that of the backslash may occur.

    Args:
        data: uint8 (N,), JSON text.
        spans: int64 (E, 2), where each text begins and ends, its quotes included.
        out: uint8, written, as long as the spans together.
        ends: int64 (E,), written: where each content ends.

    Returns:
        The first that is no such text; E where all are.
    """
    place = 0
    for e in range(len(spans)):
        i, last = spans[e, 0] + 1, spans[e, 1] - 1
        if data[i - 1] != QUOTE or data[last] != QUOTE or last < i:
            return e
        while i < last:
            if data[i] == BACKSLASH:
                i += 1
                if data[i] != BACKSLASH:
                    return e
            out[place] = data[i]
            place += 1
            i += 1
        ends[e] = place
    return len(spans)
