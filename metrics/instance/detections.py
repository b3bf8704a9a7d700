"""Detections of a whole set in the order of their scores, and what they come to under many weightings of the images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.kernels.matching import precision as kernels
from boundary_bench.metrics.kernels.matching.detections import TRUE
from boundary_bench.metrics.kernels.matching.precision import LANES

RECALLS = np.linspace(0.0, 1.0, 101)


class Detections:
    """What `boundary_bench.metrics.functional.matching.match_image` found in N images, sorted once for any number of
    weightings.

    Weights are float64 (N, LANES) here: so many weightings are gone through at a time.

    Attributes:
        images: N.
        classes: K.

    Args:
        measurements: one for each image. Detections of equal scores stay in the order of the images.
        classes: number of classes.
        limits: M numbers of detections of an image and class, for `found`.

    Raises:
        ValueError: no measurements.
    """

    def __init__(self, measurements: Sequence[Measurement], *, classes: int, limits: Sequence[int]) -> None:
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        self.images = len(measurements)
        self.classes = classes
        category, score = joined(measurements, "category"), joined(measurements, "score")
        # A stable sort, so that equal scores of a class stay in the order of the images.
        order = np.lexsort((-score, category))
        image, rank = images_of(measurements, "category")[order], joined(measurements, "rank")[order]
        category, score = category[order], score[order]
        outcome = np.take(joined(measurements, "outcome"), order, axis=-1)
        starts = np.searchsorted(category, np.arange(classes + 1))
        places, *self._entries = kernels.entries(outcome, image, _ends(category, score, image), starts)
        self._events = kernels.events(outcome, places, self._entries[1], self._entries[2])
        right = outcome[0] == TRUE
        self._found = [Tally.of(right & (rank < limit), category, image, classes) for limit in limits]
        self._measurements = measurements
        thresholds = outcome.shape[1]
        self._precision = np.empty((LANES, classes, thresholds, len(RECALLS)))
        self._recall = np.empty((LANES, thresholds, classes))

    def curves(
        self, area: int, weights: NDArray[np.float64], truths: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Precision at `RECALLS` and final recall of an area range.

        Args:
            area: which one.
            weights: float64 (N, LANES).
            truths: float64 (LANES, K), weighted objects in the range.

        Returns:
            float64 (LANES, K, T, R) and float64 (LANES, T, K), NaN for classes without objects. The next call uses the
            arrays again.
        """
        kernels.interpolate(
            area, tuple(self._entries), self._events, weights, truths, RECALLS, self._precision, self._recall
        )
        return self._precision, self._recall

    def found(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted true positives of any area among the first detections of each image and class, float64
        (LANES, M, T, K).
        """
        shape = (LANES, 0, *self._recall.shape[1:])
        return np.stack([tally.under(weights) for tally in self._found], axis=1) if self._found else np.empty(shape)

    def objects(self, key: str) -> Tally:
        """True objects for which a flag (..., G) is set, by class: cells (..., K)."""
        kind, image = joined(self._measurements, "true_category"), images_of(self._measurements, "true_category")
        return Tally.of(joined(self._measurements, key), kind, image, self.classes)


@dataclass(frozen=True)
class Tally:
    """Things in images that are counted in cells, under any weights.

    Attributes:
        image, cell: int32 (C,), the cell by its flat place.
        shape: of the cells.
    """

    image: NDArray[np.int32]
    cell: NDArray[np.int32]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, flags: NDArray[np.bool_], kind: NDArray[np.int64], image: NDArray[np.int64], kinds: int) -> Tally:
        """Things (C,) by their kind, once for every flag (..., C) that is set: cells (..., kinds)."""
        row, thing = np.divmod(np.flatnonzero(flags), max(flags.shape[-1], 1))
        cell = row * kinds + kind[thing]
        return cls(image[thing].astype(np.int32), cell.astype(np.int32), (*flags.shape[:-1], kinds))

    def under(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64 (LANES, *shape) under weights (N, LANES)."""
        counts = np.empty((int(np.prod(self.shape)), LANES))
        kernels.tally(self.image, self.cell, weights, counts)
        return np.ascontiguousarray(counts.T).reshape(LANES, *self.shape)


def joined(measurements: Sequence[Measurement], key: str) -> NDArray[Any]:
    """A statistic of all images along its last axis."""
    return np.concatenate([m[key] for m in measurements], axis=-1)


def images_of(measurements: Sequence[Measurement], key: str) -> NDArray[np.int64]:
    """The image that each entry of a joined statistic (D,) is from."""
    return np.repeat(np.arange(len(measurements)), [len(m[key]) for m in measurements])


def _ends(*columns: NDArray[Any]) -> NDArray[np.int64]:
    """The end of the stretch of equal rows that each row belongs to."""
    count = len(columns[0])
    changes = np.zeros(max(count - 1, 0), np.bool_)
    for column in columns:
        changes |= column[1:] != column[:-1]
    ends = np.append(np.flatnonzero(changes) + 1, count) if count else np.zeros(0, np.int64)
    return np.repeat(ends, np.diff(ends, prepend=0))
