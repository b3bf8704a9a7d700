"""Matching the class boundaries of two maps within disks, in both directions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.geometry import diagonal_px
from boundary_bench.metrics.functional.label_codes import Codes, label_codes, no_class, void_where_true_void
from boundary_bench.metrics.functional.overlap import require_same_size
from boundary_bench.metrics.functional.statistics import divide
from boundary_bench.metrics.kernels.boundary import BITS, boundary_bits, disk_offsets, match_bits
from boundary_bench.metrics.kernels.counting import present_labels
from boundary_bench.metrics.structures.labels import Labels

Variant = Literal["gscnn", "strict"]
BAND_ROWS = 64


def match_classes(
    prediction: Codes, truth: Codes, classes: NDArray[np.int64], tolerances: NDArray[np.int64], variant: Variant
) -> tuple[NDArray[np.int64], ...]:
    """Boundary pixels and matches of at most `BITS` classes in both directions; all other labels are background.

    Returns:
        The first four attributes of `BoundaryMatches`, for these classes.
    """
    pad = int(tolerances[-1])
    word = np.uint32 if len(classes) <= 32 else np.uint64
    bit_of = np.zeros(no_class(truth) + 1, word)
    bit_of[classes] = np.left_shift(word(1), np.arange(len(classes), dtype=word))
    both = _Sides(prediction, truth, bit_of, tolerances, skipped=no_class(truth) if variant == "strict" else -1)
    band = max(BAND_ROWS, 4 * pad)
    for top in range(0, prediction.shape[0], band):
        both.match_rows(top, min(top + band, prediction.shape[0]))
    (predicted, true), (predicted_matched, true_matched) = both.totals, np.cumsum(both.matched, axis=1)
    found = slice(0, len(classes))
    return predicted[found], true[found], predicted_matched[:, found], true_matched[:, found]


class _Sides:
    """Two maps whose boundaries are matched in both directions, a band of rows after the other.

    A band and what lies within reach of it fit into the processor's cache; planes as large as the image do not.
    """

    def __init__(
        self,
        prediction: Codes,
        truth: Codes,
        bit_of: NDArray[Any],
        tolerances: NDArray[np.int64],
        *,
        skipped: int,
    ) -> None:
        self.maps, self.bit_of, self.skipped = (prediction, truth), bit_of, skipped
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
            positions[: boundary_bits(labels, (start, stop), self.bit_of, self.skipped, window, positions)]
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


@dataclass(frozen=True)
class BoundaryMatches:
    """Boundary pixels of one image by class, and how many of them are matched at each tolerance.

    Attributes:
        predicted, true: int64 (K,), boundary pixels.
        predicted_matched, true_matched: int64 (T, K), those with a boundary pixel of the class in the other map within
            the tolerance.
        present: bool (K,), classes with a pixel in either map, void of the truth left out.
    """

    predicted: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted_matched: NDArray[np.int64]
    true_matched: NDArray[np.int64]
    present: NDArray[np.bool_]

    @classmethod
    def none(cls, classes: int, tolerances: int, present: NDArray[np.bool_]) -> BoundaryMatches:
        """No boundary pixel of any class, to be filled in."""
        single, matched = (classes,), (tolerances, classes)
        counts = [np.zeros(shape, np.int64) for shape in (single, single, matched, matched)]
        return cls(counts[0], counts[1], counts[2], counts[3], present)


def tolerance_in_px(ratio: float, size: tuple[int, int]) -> int:
    """A tolerance given as a ratio of the image diagonal, rounded up to whole pixels."""
    return math.ceil(ratio * diagonal_px(size))


def match_boundaries(
    *,
    prediction: Labels,
    truth: Labels,
    classes: int,
    tolerances_px: Sequence[int],
    variant: Variant = "gscnn",
) -> BoundaryMatches:
    """Match the class boundaries of two maps within disks.

    Boundaries follow `boundary_bench.metrics.functional.geometry.class_boundaries`. A boundary pixel is matched at
    tolerance t where a boundary pixel of the same class of the other map lies at dy² + dx² <= t².

    Args:
        prediction, truth: uint8 or int32 (H, W).
        classes: number of classes K.
        tolerances_px: T radii in whole pixels, >= 0, rising.
        variant: `gscnn`: pixels that are void in the truth become background in both maps first, so that a region's
            edge along void is a boundary. `strict`: boundary pixels whose 2 x 2 window holds void in that map are not
            counted.

    Raises:
        ValueError: maps of two sizes, or tolerances that are negative or not rising.
    """
    require_same_size(prediction, truth)
    tolerances = _checked_tolerances(tolerances_px)
    true_codes = label_codes(truth, classes=classes)
    predicted_codes = void_where_true_void(label_codes(prediction, classes=classes), true_codes)
    present = (present_labels(true_codes) | present_labels(predicted_codes))[:classes]
    matches = BoundaryMatches.none(classes, len(tolerances), present)
    occurring = np.flatnonzero(present)
    for first in range(0, len(occurring), BITS):
        group = occurring[first : first + BITS]
        found = match_classes(predicted_codes, true_codes, group, tolerances, variant)
        places = (matches.predicted, matches.true, matches.predicted_matched, matches.true_matched)
        for place, counts in zip(places, found, strict=True):
            place[..., group] = counts
    return matches


def f_score(
    predicted: NDArray[Any], true: NDArray[Any], predicted_matched: NDArray[Any], true_matched: NDArray[Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """F, precision and recall of counts of any one broadcastable shape.

    With no boundary in one map only, the side without one is 1, the other 0, and F is 0. With none in either, all three
    are 1.
    """
    precision = _share(predicted_matched, predicted, empty=1.0)
    recall = _share(true_matched, true, empty=1.0)
    f = divide(2 * precision * recall, precision + recall)
    return np.where(precision + recall == 0, 0.0, f), precision, recall


def _checked_tolerances(tolerances_px: Sequence[int]) -> NDArray[np.int64]:
    tolerances = np.asarray(tolerances_px)
    whole = tolerances.size > 0 and bool(np.all(tolerances == np.floor(tolerances)))
    if not whole or tolerances.min() < 0 or np.any(np.diff(tolerances) <= 0):
        raise ValueError(f"tolerances_px are {list(tolerances_px)}; allowed: whole pixels >= 0, rising")
    return tolerances.astype(np.int64)


def _share(part: NDArray[Any], whole: NDArray[Any], *, empty: float) -> NDArray[np.float64]:
    part, whole = np.broadcast_arrays(np.asarray(part, np.float64), np.asarray(whole, np.float64))
    share: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, empty), where=whole != 0)
    return share
