"""Matching the class boundaries of two maps within disks, in both directions."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from metrics.kernels.boundary import BITS, boundary_bits, disk_offsets, match_bits

Variant = Literal["gscnn", "strict"]
BAND_ROWS = 64


def match_range(
    prediction: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    first: int,
    last: int,
    tolerances: NDArray[np.int64],
    variant: Variant,
) -> tuple[NDArray[np.int64], ...]:
    """Boundary pixels and matches of the labels first..last-1 in both directions; all other labels are background.

    Returns:
        The first four attributes of `BoundaryMatches`.
    """
    pad = int(tolerances[-1])
    word = np.uint32 if last - first <= 32 else np.uint64
    bit_of = np.zeros(256, word)
    bit_of[first:last] = np.left_shift(word(1), np.arange(last - first, dtype=word))
    both = _Sides(prediction, truth, bit_of, tolerances, count_void=variant == "gscnn")
    band = max(BAND_ROWS, 4 * pad)
    for top in range(0, prediction.shape[0], band):
        both.match_rows(top, min(top + band, prediction.shape[0]))
    (predicted, true), (predicted_matched, true_matched) = both.totals, np.cumsum(both.matched, axis=1)
    found = slice(0, last - first)
    return predicted[found], true[found], predicted_matched[:, found], true_matched[:, found]


class _Sides:
    """Two maps whose boundaries are matched in both directions, a band of rows after the other.

    A band and what lies within reach of it fit into the processor's cache; planes as large as the image do not.
    """

    def __init__(
        self,
        prediction: NDArray[np.uint8],
        truth: NDArray[np.uint8],
        bit_of: NDArray[Any],
        tolerances: NDArray[np.int64],
        *,
        count_void: bool,
    ) -> None:
        self.maps, self.bit_of, self.count_void = (prediction, truth), bit_of, count_void
        self.pad = int(tolerances[-1])
        self.stride = prediction.shape[1] + 2 * self.pad
        self.offsets, self.reached_by = disk_offsets(tolerances, self.stride)
        rows = max(BAND_ROWS, 4 * self.pad) + 4 * self.pad
        self.planes = [np.zeros((rows, self.stride), bit_of.dtype) for _ in self.maps]
        self.positions = [np.empty(rows * prediction.shape[1], np.int64) for _ in self.maps]
        self.totals = np.zeros((2, BITS), np.int64)
        self.matched = np.zeros((2, len(tolerances), BITS), np.int64)

    def match_rows(self, top: int, bottom: int) -> None:
        """Count the boundary pixels of the rows top..bottom-1 and those that are matched."""
        pad, height = self.pad, self.maps[0].shape[0]
        start, stop = max(top - pad, 0), min(bottom + pad, height)
        # Rows of the plane above and below what is written stay zero, so that offsets may lead there.
        windows = [plane[pad:] for plane in self.planes]
        found = [
            positions[: boundary_bits(labels, (start, stop), self.bit_of, self.count_void, window, positions)]
            for labels, window, positions in zip(self.maps, windows, self.positions, strict=True)
        ]
        flat = [plane.reshape(-1) for plane in self.planes]
        own = ((top - start) * self.stride, (bottom - start) * self.stride)
        for side, other in ((0, 1), (1, 0)):
            among = slice(*np.searchsorted(found[side], own))
            inside = found[side][among] + pad * self.stride
            match_bits(
                flat[side], inside, flat[other], self.offsets, self.reached_by, self.totals[side], self.matched[side]
            )
        for plane, positions in zip(flat, found, strict=True):
            plane[positions + pad * self.stride] = 0
