"""Means of precision and recall over classes, IoU thresholds and recalls, under many weightings of the images.

Sums of floats depend in their last bits on the order of the terms: here it is thresholds, then recalls, then the
classes that are defined, which gives pycocotools' bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.detection_settings import ABSENT
from boundary_bench.metrics.functional.statistics import Summary, as_rows, count_defined, divide
from boundary_bench.metrics.instance.detections import Detections, Tally
from boundary_bench.metrics.kernels.matching.precision import LANES, columns


@dataclass(frozen=True)
class Mean:
    """What a value is a mean of.

    Attributes:
        of: `precision`; `recall`, of all detections; or `first`, recall of the first detections of each image.
        area: range of areas; not of `first`.
        threshold: one IoU threshold by its place; ABSENT where it is none of them; None for all.
        limit: of `first`, which limit by its place.
        classes: bool (K,); None for all.
    """

    of: Literal["precision", "recall", "first"]
    area: int = 0
    threshold: int | None = None
    limit: int = 0
    classes: NDArray[np.bool_] | None = None


def summarise_means(
    detections: Detections, weights: NDArray[np.float64] | None, means: Mapping[str, Mean], by_class: Sequence[str]
) -> Summary:
    """The values, and those of precision and recall named by `by_class` for each class.

    Args:
        detections: of N images.
        weights: float64 (N,) or (R, N); None weighs every image 1.
        means: by the names of the values.
        by_class: some of the names, of all classes.

    Raises:
        ValueError: weights that are not one per image.
    """
    rows = as_rows(detections.images, weights)
    counted = detections.objects("counted")
    found = [_of_block(detections, counted, lanes, means, by_class) for lanes in blocks_of(rows)]
    known = {name: np.concatenate([one.known[name] for one in found])[: len(rows)].any(axis=0) for name in means}
    shape = () if weights is None else weights.shape[:-1]
    return Summary(
        values={name: joined_blocks([one.values[name] for one in found], shape) for name in means},
        per_class={name: joined_blocks([one.per_class[name] for one in found], shape) for name in by_class},
        scored={name: int(classes.sum()) for name, classes in known.items()},
        undefined={name: int((~classes).sum()) for name, classes in known.items()},
    )


def add_share(
    summary: Summary,
    name: str,
    detections: Detections,
    keys: tuple[str, str],
    weights: NDArray[np.float64] | None,
    *,
    by_class: bool = True,
) -> None:
    """Add the share of true objects with one flag among those with another, over all classes and by class."""
    blocks = list(blocks_of(as_rows(detections.images, weights)))
    shape = () if weights is None else weights.shape[:-1]
    part, whole = (joined_blocks([detections.objects(key).under(lanes) for lanes in blocks], shape) for key in keys)
    summary.values[name] = divide(part.sum(axis=-1), whole.sum(axis=-1))
    if by_class:
        summary.per_class[name] = divide(part, whole)
    summary.scored[name] = count_defined(whole > 0)
    summary.undefined[name] = whole.shape[-1] - summary.scored[name]


@dataclass(frozen=True)
class _Block:
    """Values (LANES,), by class (LANES, K), and which of the K' classes that a value is a mean over are defined."""

    values: dict[str, NDArray[np.float64]]
    per_class: dict[str, NDArray[np.float64]]
    known: dict[str, NDArray[np.bool_]]


def blocks_of(rows: NDArray[np.float64]) -> Iterator[NDArray[np.float64]]:
    """Weights (N, LANES) from rows (R, N); zeros after the last."""
    for first in range(0, max(len(rows), 1), LANES):
        lanes = np.zeros((rows.shape[1], LANES))
        lanes[:, : len(rows) - first] = rows[first : first + LANES].T
        yield lanes


def joined_blocks(blocks: Sequence[NDArray[np.float64]], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """The blocks (LANES, *S) one after another, as (*shape, *S)."""
    return np.concatenate(blocks)[: int(np.prod(shape))].reshape((*shape, *blocks[0].shape[1:]))


def _of_block(
    detections: Detections,
    counted: Tally,
    weights: NDArray[np.float64],
    means: Mapping[str, Mean],
    by_class: Sequence[str],
) -> _Block:
    truths = counted.under(weights)
    first = detections.found(weights) / np.where(truths[:, 0] > 0, truths[:, 0], 1.0)[:, None, None]
    found = _Block({}, {}, {})
    for area in range(truths.shape[1]):
        objects = np.ascontiguousarray(truths[:, area])
        precision, recall = detections.curves(area, weights, objects)
        here = {name: mean for name, mean in means.items() if mean.area == area}
        lanes = [
            _Lane(precision[lane], recall[lane], first[lane], objects[lane] > 0).values(here) for lane in range(LANES)
        ]
        for name, mean in here.items():
            found.values[name] = np.array([values[name] for values in lanes])
            known = (objects > 0) & (mean.threshold != ABSENT)
            found.known[name] = known if mean.classes is None else known[:, mean.classes]
        found.per_class.update(
            {name: _class_means(here[name], precision, recall, objects) for name in by_class if name in here}
        )
    return found


@dataclass(frozen=True)
class _Lane:
    """Of one weighting and range of areas: precision (K, T, R), recall (T, K), that of first detections (M, T, K), and
    the classes with objects, bool (K,).
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    first: NDArray[np.float64]
    known: NDArray[np.bool_]

    def values(self, means: Mapping[str, Mean]) -> dict[str, float]:
        table = self._table(self.known)
        return {name: self._value(mean, table) for name, mean in means.items()}

    def _value(self, mean: Mean, table: NDArray[np.float64]) -> float:
        known = self.known if mean.classes is None else self.known & mean.classes
        if mean.threshold == ABSENT or not known.any():
            return np.nan
        if mean.of != "precision":
            table = np.ascontiguousarray((self.recall if mean.of == "recall" else self.first[mean.limit])[:, known])
        elif mean.classes is not None:
            table = self._table(known)
        return float((table if mean.threshold is None else table[mean.threshold]).ravel().mean())

    def _table(self, known: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Precision (T, R, K') of some classes."""
        classes, thresholds, recalls = self.precision.shape
        chosen = np.flatnonzero(known)
        table = np.empty((thresholds * recalls, len(chosen)))
        columns(self.precision.reshape(classes, -1), chosen, table)
        return table.reshape(thresholds, recalls, -1)


def _class_means(
    mean: Mean, precision: NDArray[np.float64], recall: NDArray[np.float64], objects: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Means (LANES, K) of precision (LANES, K, T, R) or recall (LANES, T, K); NaN without objects (LANES, K)."""
    if mean.threshold == ABSENT:
        return np.full(precision.shape[:2], np.nan)
    if mean.of == "recall":
        return np.where(objects > 0, np.ascontiguousarray(recall.swapaxes(1, 2)).mean(axis=-1), np.nan)
    chosen = precision if mean.threshold is None else np.ascontiguousarray(precision[:, :, mean.threshold])
    return np.asarray(chosen.reshape(*precision.shape[:2], -1).mean(axis=-1))
