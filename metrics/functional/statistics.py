"""From images to a set: what a metric keeps of one image, and how those statistics are added up under weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Measurement = Mapping[str, NDArray[Any]]
"""Sufficient statistics of one image: a few small arrays by name, integers or floats."""


@dataclass(frozen=True)
class Summary:
    """Numbers of a whole set of images, for one weighting of them or for R at once.

    Attributes:
        values: metric name -> float64 () or (R,); NaN where undefined.
        per_class: metric name -> float64 (K,) or (R, K); NaN where undefined.
        curves: curve name -> series name -> array; the series of one curve have equal last axes.
        scored: metric name -> how many classes (or objects) the value is a mean over.
        undefined: metric name -> how many were left out because the metric is not defined for them.
    """

    values: dict[str, NDArray[np.float64]]
    per_class: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    curves: dict[str, dict[str, NDArray[Any]]] = field(default_factory=dict)
    scored: dict[str, int] = field(default_factory=dict)
    undefined: dict[str, int] = field(default_factory=dict)


def weighted_sum(
    measurements: Sequence[Measurement], key: str, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Sum of one statistic over images, each counted as often as its weight says.

    Args:
        measurements: N of them, whose arrays `key` have one shape S.
        key: the statistic.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Returns:
        float64 S, or (R, *S). Sums of integers are exact below 2**53.

    Raises:
        ValueError: no measurements, or weights that are not one per image.
    """
    return weighted_total(stacked(measurements, key), weights)


def stacked(measurements: Sequence[Measurement], key: str) -> NDArray[Any]:
    """One statistic of all images, (N, *S).

    Raises:
        ValueError: no measurements.
    """
    if not measurements:
        raise ValueError("nothing to summarise: there are no measurements")
    return np.stack([np.asarray(m[key]) for m in measurements])


def weighted_total(images: NDArray[Any], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """As `weighted_sum`, of a statistic (N, *S) of all images."""
    exact = images.astype(np.float64)
    if weights is None:
        return np.asarray(exact.sum(axis=0))
    if weights.shape[-1] != len(images):
        raise ValueError(f"{weights.shape[-1]} weights for {len(images)} measurements")
    return np.tensordot(weights, exact, axes=(-1, 0))


def mean_over_images(scores: NDArray[np.float64], weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
    """Mean over the images in which a score is defined, each counted as often as its weight says.

    Args:
        scores: float64 (N, *S), NaN where undefined.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Returns:
        float64 S, or (R, *S); NaN where no image with a weight has the score.
    """
    defined = ~np.isnan(scores)
    weights = np.ones(len(scores)) if weights is None else weights
    total, images = (
        np.asarray(np.tensordot(weights, part.astype(np.float64), axes=(-1, 0)))
        for part in (np.where(defined, scores, 0.0), defined)
    )
    return divide(total, images)


def class_totals(
    column: NDArray[Any],
    categories: NDArray[np.int64],
    of_image: tuple[NDArray[np.int64], int],
    classes: int,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Sum of one number of each object by class, each counted as often as the weight of its image says.

    Args:
        column: bool, int or float (D,), one of each object of all images.
        categories: int64 (D,), 0..K-1.
        of_image: int64 (D,), the image that each object is in, and how many images N there are.
        classes: K.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Returns:
        float64 (K,), or (R, K).

    Raises:
        ValueError: weights that are not one per image.
    """
    image, count = of_image
    rows = np.ones(count) if weights is None else np.asarray(weights, np.float64)
    if rows.shape[-1] != count:
        raise ValueError(f"{rows.shape[-1]} weights for {count} measurements")
    # Few images have objects of a class, and there may be thousands of classes.
    sums = sparse.coo_array((column.astype(np.float64), (categories, image)), (classes, count)).tocsr()
    return np.asarray(sums @ rows.T).T


def divide(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotient, NaN where the denominator is 0."""
    return np.divide(numerator, denominator, out=np.full_like(numerator, np.nan), where=denominator != 0)


def count_defined(defined: NDArray[np.bool_]) -> int:
    """How many of the K classes are defined under at least one weighting: bool (K,) or (R, K)."""
    return int(defined.any(axis=tuple(range(defined.ndim - 1))).sum())


def mean_of_defined(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over the last axis of the entries that are not NaN; NaN where none is."""
    defined = ~np.isnan(values)
    total = np.where(defined, values, 0.0).sum(axis=-1)
    return divide(np.asarray(total), np.asarray(defined.sum(axis=-1), dtype=np.float64))
