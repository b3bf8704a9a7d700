"""How many true objects there are of each class and size: what numbers by class and by size are worth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement

ANY_SIZE = "any size"
"""Name of the counts of all sizes, which no range of areas has: names of ranges are part of those of values."""


def object_counts(measurements: Sequence[Measurement], classes: int, ranges: Iterable[str]) -> dict[str, NDArray[Any]]:
    """True objects that can be found, of all images: `ANY_SIZE` and each range of areas, int64 (K,).

    Args:
        measurements: of `boundary_bench.metrics.functional.matching.match_image`.
        classes: number of classes K.
        ranges: names of the ranges of areas, in their order.
    """
    counts = {name: np.zeros(classes, np.int64) for name in (ANY_SIZE, *ranges)}
    for measured in measurements:
        for name, flags in zip(counts, measured["counted"], strict=True):
            counts[name] += np.bincount(measured["true_category"][flags], minlength=classes)
    return counts
