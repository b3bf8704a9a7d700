"""Histograms over the distance to a boundary."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

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
