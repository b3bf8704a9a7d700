"""Labels that occur, and joint histograms: blocks and words of one label are counted at once, equal ones skipped."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 8
"""Words that are looked at together."""
SMALL = 1 << 15
"""Pixels up to which a table for all labels would take longer to make than to count them."""
_ONES = np.uint64(0x0101010101010101)
_LOW = np.uint64(0xFF)


def present_labels(labels: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.bool_]:
    """Which labels occur: bool, one for each number of the type."""
    if labels.dtype == np.uint16:
        return np.bincount(labels.reshape(-1), minlength=1 << 16) > 0
    if labels.size <= SMALL:
        return np.bincount(labels.reshape(-1), minlength=256) > 0
    found = np.zeros(256, np.bool_)
    flat = _flat(cast(NDArray[np.uint8], labels))
    words = len(flat) // 8 * 8
    _find_words(flat[:words].view(np.uint64), found)
    found[flat[words:]] = True
    return found


def joint_counts(rows: NDArray[np.uint8], columns: NDArray[np.uint8], limits: tuple[int, int]) -> NDArray[np.int64]:
    """How often label i of `rows` meets label j of `columns`.

    Args:
        rows, columns: uint8 of one shape.
        limits: (R, C), at most 255; labels from there on are counted together.

    Returns:
        int64 (R + 1, C + 1), the last row and column those of all labels from the limits on.
    """
    if rows.size <= SMALL:
        return _joint_counts_of_few(rows, columns, limits)
    counts = np.zeros((256, 256), np.int64)
    flat_rows, flat_columns = _flat(rows), _flat(columns)
    words = len(flat_rows) // 8 * 8
    _count_words(flat_rows[:words].view(np.uint64), flat_columns[:words].view(np.uint64), counts)
    _count_pixels(flat_rows[words:], flat_columns[words:], counts)
    return _together(counts, limits)


def differing_counts(
    keys: NDArray[np.uint8], truth: NDArray[np.uint8], prediction: NDArray[np.uint8], limits: tuple[int, int]
) -> NDArray[np.int64]:
    """As `joint_counts(truth, keys, limits)`, but only of pixels whose prediction is not the truth."""
    if truth.size <= SMALL:
        wrong = truth != prediction
        return _joint_counts_of_few(truth[wrong], keys[wrong], limits)
    counts = np.zeros((256, 256), np.int64)
    flat = [_flat(array) for array in (keys, truth, prediction)]
    words = len(flat[0]) // 8 * 8
    _count_differing(*flat, flat[1][:words].view(np.uint64), flat[2][:words].view(np.uint64), counts)
    return _together(counts, limits)


def _joint_counts_of_few(
    rows: NDArray[np.uint8], columns: NDArray[np.uint8], limits: tuple[int, int]
) -> NDArray[np.int64]:
    """Of few pixels, which cost less than a table for all labels."""
    last_row, last_column = limits
    places = np.minimum(rows, last_row).astype(np.int64) * (last_column + 1) + np.minimum(columns, last_column)
    counts = np.bincount(places.reshape(-1), minlength=(last_row + 1) * (last_column + 1))
    return counts.reshape(last_row + 1, last_column + 1)


def _together(counts: NDArray[np.int64], limits: tuple[int, int]) -> NDArray[np.int64]:
    rows, columns = (np.arange(limit + 1) for limit in limits)
    return np.add.reduceat(np.add.reduceat(counts, rows, axis=0), columns, axis=1)


def _flat(array: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(array).reshape(-1)


@njit(cache=True, nogil=True)
def _find_words(words: Any, found: Any) -> None:
    before = ~words[0] if len(words) else np.uint64(0)
    for word in words:
        if word != before:
            before = word
            for shift in range(0, 64, 8):
                found[(word >> np.uint64(shift)) & _LOW] = True


@njit(cache=True, nogil=True)
def _count_words(rows: Any, columns: Any, counts: Any) -> None:
    blocks = len(rows) // BLOCK
    for start in range(0, blocks * BLOCK, BLOCK):
        row, column = rows[start], columns[start]
        differing = (row ^ ((row & _LOW) * _ONES)) | (column ^ ((column & _LOW) * _ONES))
        for i in range(start + 1, start + BLOCK):
            differing |= (rows[i] ^ row) | (columns[i] ^ column)
        if differing == 0:
            counts[row & _LOW, column & _LOW] += 8 * BLOCK
        else:
            for i in range(start, start + BLOCK):
                _count_word(rows[i], columns[i], counts)
    for i in range(blocks * BLOCK, len(rows)):
        _count_word(rows[i], columns[i], counts)


@njit(cache=True, nogil=True)
def _count_word(row: Any, column: Any, counts: Any) -> None:
    if row == (row & _LOW) * _ONES and column == (column & _LOW) * _ONES:
        counts[row & _LOW, column & _LOW] += 8
    else:
        for _ in range(8):
            counts[row & _LOW, column & _LOW] += 1
            row >>= np.uint64(8)
            column >>= np.uint64(8)


@njit(cache=True, nogil=True)
def _count_pixels(rows: Any, columns: Any, counts: Any) -> None:
    for i in range(len(rows)):
        counts[rows[i], columns[i]] += 1


@njit(cache=True, nogil=True)
def _count_differing(
    keys: Any, truth: Any, prediction: Any, truth_words: Any, prediction_words: Any, counts: Any
) -> None:
    for word in range(len(truth_words)):
        if truth_words[word] != prediction_words[word]:
            for i in range(8 * word, 8 * word + 8):
                counts[truth[i], keys[i]] += truth[i] != prediction[i]
    for i in range(8 * len(truth_words), len(truth)):
        counts[truth[i], keys[i]] += truth[i] != prediction[i]
