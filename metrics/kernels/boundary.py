"""Class boundaries as one bit per class, and their matching within disks, for all classes and tolerances at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

BITS = 64
"""Classes that one pass handles."""
_MODULUS = 67
_BIT_NUMBER = np.zeros(_MODULUS, np.uint8)
_BIT_NUMBER[[pow(2, bit, _MODULUS) for bit in range(BITS)]] = np.arange(BITS)
"""Which bit a power of two is: the residues of 2**0 .. 2**63 by 67 all differ."""


def disk_offsets(tolerances_px: NDArray[np.int64], row_length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Flat offsets of the largest disk, nearest first, and the index of the first tolerance that reaches each.

    tolerances_px is sorted. A disk of radius r holds the offsets with dy² + dx² <= r².
    """
    radius = int(tolerances_px[-1])
    dy, dx = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    squared = (dy * dy + dx * dx).ravel()
    order = np.argsort(squared, kind="stable")
    order = order[squared[order] <= radius * radius]
    first = np.searchsorted(tolerances_px**2, squared[order], side="left")
    return (dy.ravel() * row_length + dx.ravel())[order], first


@njit(cache=True, nogil=True)
def boundary_bits(labels: Any, rows: Any, bit_of: Any, skipped: int, bits: Any, positions: Any) -> int:
    """Set the bits of every class on whose boundary a pixel lies; return how many pixels have any.

    A pixel lies on the boundary of the classes found among it and its right, lower and lower-right neighbours where
    these differ (the last row looks right only, the last column down only, the corner nowhere). `bit_of` maps labels
    to bits; labels with bit 0 are background.

    Args:
        labels: uint8 or uint16 (H, W).
        rows: (first, last) of the rows to look at, last exclusive.
        bit_of: uint32 or uint64, one for each number of the labels' type.
        skipped: windows that touch this label are skipped; -1 for none.
        bits: as `bit_of`, (>= last - first, W + 2p), zeros, where p is the padding; written from its first row on.
        positions: int64 (>= rows * W,); the flat positions in `bits` of the pixels set are written to its front.
    """
    height, width = labels.shape
    pad = (bits.shape[1] - width) // 2
    first, last = rows
    differing = np.zeros((width + 7) // 8 * 8, np.uint8)
    words = differing.view(np.uint64)
    found = 0
    for y in range(first, last):
        row, below = labels[y], labels[min(y + 1, height - 1)]
        _differences(row, below, differing)
        for word in range(len(words)):
            if words[word] == 0:
                continue
            for x in range(8 * word, min(8 * word + 8, width)):
                if differing[x] == 0:
                    continue
                right = min(x + 1, width - 1)
                if row[x] == skipped or row[right] == skipped or below[x] == skipped or below[right] == skipped:
                    continue
                union = bit_of[row[x]] | bit_of[row[right]] | bit_of[below[x]] | bit_of[below[right]]
                if union != 0:
                    bits[y - first, x + pad] = union
                    positions[found] = (y - first) * bits.shape[1] + x + pad
                    found += 1
    return found


@njit(cache=True, nogil=True)
def _differences(row: Any, below: Any, differing: Any) -> None:
    """Not 0 where a pixel's 2 x 2 window holds two labels."""
    last = len(row) - 1
    east, corner = row[1:], below[1:]
    for x in range(last):
        differing[x] = (row[x] != east[x]) | (row[x] != below[x]) | (row[x] != corner[x])
    differing[last] = row[last] != below[last]


@njit(cache=True, nogil=True)
def match_bits(bits: Any, positions: Any, others: Any, offsets: Any, first: Any, totals: Any, matched: Any) -> None:
    """Count, for each class, boundary pixels and those that meet the other map's boundary, by tolerance.

    Args:
        bits: uint32 or uint64, flat and padded.
        positions: int64 (n,), where `bits` is not 0.
        others: as `bits`, the other map's bits in the same padding.
        offsets: int64 (m,), flat offsets, nearest first.
        first: int64 (m,), index of the smallest tolerance that reaches the offset.
        totals: int64 (BITS,), added to.
        matched: int64 (T, BITS), added to: pixels that tolerance t is the first to match.
    """
    one, modulus = bits.dtype.type(1), bits.dtype.type(_MODULUS)
    for position in positions:
        wanted = bits[position]
        rest = wanted
        while rest != 0:
            low = rest & (~rest + one)
            totals[_BIT_NUMBER[low % modulus]] += 1
            rest ^= low
        for i in range(len(offsets)):
            hits = wanted & others[position + offsets[i]]
            if hits != 0:
                wanted ^= hits
                while hits != 0:
                    low = hits & (~hits + one)
                    matched[first[i], _BIT_NUMBER[low % modulus]] += 1
                    hits ^= low
                if wanted == 0:
                    break
