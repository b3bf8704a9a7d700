"""Detections of a whole set in the order of their scores, and the means over classes that are made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement, Summary, divide
from boundary_bench.metrics.kernels.matching import precision as kernels
from boundary_bench.metrics.kernels.matching.detections import TRUE

RECALLS = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True)
class Curves:
    """Of one weighting of the images; NaN for classes without objects.

    Attributes:
        precision: float64 (A, T, R, K), at the recalls of `RECALLS`.
        recall: float64 (A, T, K), of all detections.
        recall_at: float64 (M, T, K), of the first ones of each image and class, objects of all areas.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    recall_at: NDArray[np.float64]


class Detections:
    """What `boundary_bench.metrics.functional.matching.match_image` found in N images, sorted once for any number of
    weightings.

    Attributes:
        images: N.

    Args:
        measurements: one for each image. Detections of equal scores stay in the order of the images.
        classes: number of classes K.
        limits: how many detections of an image and class count for each of `Curves.recall_at`.

    Raises:
        ValueError: no measurements.
    """

    def __init__(self, measurements: Sequence[Measurement], *, classes: int, limits: Sequence[int]) -> None:
        if not measurements:
            raise ValueError("nothing to summarise: there are no measurements")
        self.images = len(measurements)
        self._classes = classes
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
        self._true_image = images_of(measurements, "true_category")
        self._true_category = joined(measurements, "true_category")
        self._objects: dict[str, Tally] = {}
        self._measurements = measurements
        areas, thresholds, _ = outcome.shape
        self._precision = np.empty((areas, thresholds, len(RECALLS), classes))

    def curves(self, weights: NDArray[np.float64]) -> Curves:
        """Under weights (N,). The arrays are used again by the next call."""
        truths = self.objects("counted", weights)
        areas, thresholds, _, _ = self._precision.shape
        recall = np.empty((areas, thresholds, self._classes))
        kernels.interpolate(*self._entries, *self._events, weights, truths, RECALLS, self._precision, recall)
        found = np.empty((len(self._found), thresholds, self._classes))
        for m, tally in enumerate(self._found):
            found[m] = tally.under(weights)
        found[:, :, truths[0] == 0] = np.nan
        return Curves(self._precision, recall, found / np.where(truths[0] == 0, 1.0, truths[0]))

    def objects(self, key: str, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Weighted true objects of each class for which a flag is set: float64 (..., K) under weights (..., N), or
        (..., A, K) of flags (A, G).
        """
        if key not in self._objects:
            flags = joined(self._measurements, key)
            self._objects[key] = Tally.of(flags, self._true_category, self._true_image, self._classes)
        return self._objects[key].under(weights)


@dataclass(frozen=True)
class Tally:
    """Entries of images that are counted in cells, under any weights.

    Attributes:
        image, cell: int32 (C,), the cell by its flat place.
        shape: of the cells.
    """

    image: NDArray[np.int32]
    cell: NDArray[np.int32]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, flags: NDArray[np.bool_], kind: NDArray[np.int64], image: NDArray[np.int64], kinds: int) -> Tally:
        """Entries by their kind wherever a flag (..., C) is set: cells (..., kinds)."""
        shape = (*flags.shape[:-1], kinds)
        row, entry = np.divmod(np.flatnonzero(flags), max(flags.shape[-1], 1))
        return cls(image[entry].astype(np.int32), (row * kinds + kind[entry]).astype(np.int32), shape)

    def under(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64 (..., *shape) under weights (..., N)."""
        rows = np.atleast_2d(weights)
        counts = np.empty((len(rows), int(np.prod(self.shape))))
        kernels.tally(self.image, self.cell, rows, counts)
        return counts.reshape(*weights.shape[:-1], *self.shape)


Tables = Mapping[str, NDArray[np.float64]]
"""Metric name -> float64 (..., K'), NaN for undefined classes; the value is the mean over all that are defined."""


def summarise_tables(
    count: int,
    weights: NDArray[np.float64] | None,
    tables: Callable[[NDArray[np.float64]], tuple[Tables, Tables]],
    mean: Callable[[NDArray[np.float64]], float],
) -> Summary:
    """Means over classes, and what they are means over, for every weighting.

    Args:
        count: number of images N.
        weights: float64 (N,) or (R, N); None weighs every image 1.
        tables: from weights (N,) to the tables behind the values, and those (..., K) behind the numbers by class.
        mean: of the defined entries of a table; sums of floats depend in their last bits on the order of the terms.

    Raises:
        ValueError: weights that are not one per image.
    """
    rows = as_rows(count, weights)
    values: dict[str, list[float]] = {}
    per_class: dict[str, list[NDArray[np.float64]]] = {}
    defined: dict[str, NDArray[np.bool_]] = {}
    for row in rows:
        means, by_class = tables(row)
        for name, table in means.items():
            known = defined_classes(table)
            values.setdefault(name, []).append(mean(table) if known.any() else np.nan)
            defined[name] = defined.get(name, False) | known
        for name, table in by_class.items():
            per_class.setdefault(name, []).append(_class_means(table))
    shape = () if weights is None else weights.shape[:-1]
    return Summary(
        values={name: np.array(found).reshape(shape) for name, found in values.items()},
        per_class={name: np.array(found).reshape(*shape, -1) for name, found in per_class.items()},
        scored={name: int(known.sum()) for name, known in defined.items()},
        undefined={name: int((~known).sum()) for name, known in defined.items()},
    )


def add_share(
    summary: Summary,
    name: str,
    detections: Detections,
    keys: tuple[str, str],
    weights: NDArray[np.float64] | None,
) -> None:
    """Add the share of true objects with one flag among those with another, over all classes and by class."""
    rows = as_rows(detections.images, weights)
    part, whole = (detections.objects(key, rows) for key in keys)
    shape = () if weights is None else weights.shape[:-1]
    summary.values[name] = divide(part.sum(axis=-1), whole.sum(axis=-1)).reshape(shape)
    summary.per_class[name] = divide(part, whole).reshape(*shape, -1)
    summary.scored[name] = int((whole > 0).any(axis=0).sum())
    summary.undefined[name] = whole.shape[-1] - summary.scored[name]


def as_rows(count: int, weights: NDArray[np.float64] | None) -> NDArray[np.float64]:
    """Weights as float64 (R, N); one row of ones for None.

    Raises:
        ValueError: weights that are not one per image.
    """
    rows = np.ones((1, count)) if weights is None else np.asarray(weights, dtype=np.float64)
    if rows.shape[-1] != count:
        raise ValueError(f"{rows.shape[-1]} weights for {count} measurements")
    return rows.reshape(-1, count)


def mean_of_known(table: NDArray[np.float64]) -> float:
    """One mean over the defined classes of a table, in the order of its axes."""
    known = defined_classes(table)
    return float((table if known.all() else table[..., known]).ravel().mean())


def defined_classes(table: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Classes (K,) that are not NaN in a table (..., K)."""
    known: NDArray[np.bool_] = ~np.isnan(table[(0,) * (table.ndim - 1)])
    return known


def _class_means(table: NDArray[np.float64]) -> NDArray[np.float64]:
    rows = np.ascontiguousarray(table.reshape(-1, table.shape[-1]).T)
    return np.asarray(rows.mean(axis=1))


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
