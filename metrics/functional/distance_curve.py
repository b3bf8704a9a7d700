"""Histograms over the distance to a boundary."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.functional.geometry import distance_bins
from boundary_bench.metrics.functional.label_codes import Codes, label_codes, no_class
from boundary_bench.metrics.kernels.counting import differing_counts, joint_counts
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap

SHARE_WIDTHS_PX = (1, 2, 3, 4, 5)
"""Widths of the boundary-pixel shares, those of SegFix Table 12."""


def distance_curve(errors: NDArray[np.float64], pixels: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Totals over classes, ending with the bin of everything further away, whose distance is infinite.

    Args:
        errors, pixels: (..., K, D + 1), wrong pixels and all of them at 1..D px; column 0 is 'further than D'.
    """
    distance = np.append(np.arange(1, errors.shape[-1], dtype=np.float64), np.inf)
    totals = (np.roll(counts.sum(axis=-2), -1, axis=-1) for counts in (errors, pixels))
    return dict(zip(("distance_px", "errors", "pixels"), (distance, *totals), strict=True))


@remembered
def true_bins(
    truth: SemanticMap | BinaryMask, *, classes: int, max_px: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Distance to the nearest pixel of another true label, and the pixels of each class there.

    Of label maps, void is another label. Of a mask it is background for the distance: its edges with what else is
    background are no boundary of the object.

    Args:
        truth: a label map, or a mask as one of 0 and 1.
        classes: number of classes K.
        max_px: D, 1 to 126.

    Returns:
        uint8 (H, W), rounded up, 0 beyond D; int64 (K, D + 1), column 0 the pixels beyond D.
    """
    codes = label_codes(truth.labels, classes=classes)
    sides = truth.mask.astype(np.uint8) if isinstance(truth, BinaryMask) else codes
    bins, shape = distance_bins(sides, max_px=max_px), (classes, max_px + 1)
    if codes.dtype == np.uint8:
        return bins, joint_counts(codes, bins, shape)[: shape[0], : shape[1]]
    return bins, _histogram(codes, bins, codes != no_class(codes), shape)


def differing(counted: Codes, others: Codes, bins: NDArray[np.uint8], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Pixels whose class in `counted` is another one, or none, in `others`, by class and bin: int64 `shape`."""
    if counted.dtype == np.uint8:
        return differing_counts(bins, counted, others, shape)[: shape[0], : shape[1]]
    return _histogram(counted, bins, (counted != others) & (counted != no_class(counted)), shape)


def _histogram(
    codes: Codes, bins: NDArray[np.uint8], counted: NDArray[np.bool_], shape: tuple[int, ...]
) -> NDArray[np.int64]:
    places = codes[counted].astype(np.int64) * shape[1] + bins[counted]
    return np.bincount(places, minlength=math.prod(shape)).reshape(shape)
