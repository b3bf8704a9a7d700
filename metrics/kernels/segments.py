"""Segment ids of panoptic maps as small codes, and their joint histograms; blocks of one segment are one step."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BLOCK = 32
"""Pixels that are looked at together."""


def encode(ids: NDArray[np.int32], segments: NDArray[np.int32]) -> NDArray[np.uint16]:
    """Ids as places among `segments`, counted from 1.

    Args:
        ids: (H, W), each 0 or among the segments.
        segments: (S,), positive, each once, at most 65533.

    Returns:
        uint16 (H, W): 0 where the id is 0, else 1..S.
    """
    order = np.argsort(segments)
    known = np.concatenate([[0], segments[order]]).astype(np.int32)
    codes = np.concatenate([[0], order + 1]).astype(np.uint16)
    out = np.empty(ids.shape, np.uint16)
    _encode(np.ascontiguousarray(ids).reshape(-1), known, codes, out.reshape(-1))
    return out


def joint_counts(rows: NDArray[np.uint16], columns: NDArray[np.uint16], shape: tuple[int, int]) -> NDArray[np.int64]:
    """How often code i of `rows` meets code j of `columns`, both contiguous (H, W) and below `shape`: int64 `shape`."""
    counts = np.zeros(shape, np.int64)
    _count(rows.reshape(-1), columns.reshape(-1), counts)
    return counts


@njit(cache=True, nogil=True)
def _encode(ids: Any, known: Any, codes: Any, out: Any) -> None:
    current, code = known[0], codes[0]
    for start in range(0, len(ids), BLOCK):
        stop = min(start + BLOCK, len(ids))
        differing = np.int32(0)
        for i in range(start, stop):
            differing |= ids[i] ^ current
        if differing == 0:
            out[start:stop] = code
            continue
        for i in range(start, stop):
            if ids[i] != current:
                current = ids[i]
                code = codes[np.searchsorted(known, current)]
            out[i] = code


@njit(cache=True, nogil=True)
def _count(rows: Any, columns: Any, counts: Any) -> None:
    for start in range(0, len(rows), BLOCK):
        stop = min(start + BLOCK, len(rows))
        row, column = rows[start], columns[start]
        differing = np.uint16(0)
        for i in range(start, stop):
            differing |= (rows[i] ^ row) | (columns[i] ^ column)
        if differing == 0:
            counts[row, column] += stop - start
        else:
            for i in range(start, stop):
                counts[rows[i], columns[i]] += 1
