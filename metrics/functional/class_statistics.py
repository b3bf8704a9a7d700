"""Statistics of the classes that an image has: with many classes, zeros of all others would be most of what is kept."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from boundary_bench.metrics.functional.statistics import Measurement

PRESENT = "present"
"""Name of the statistic int64 (P,) that says which classes, each once, the rows of the others belong to."""


def class_sums(
    measurements: Sequence[Measurement], key: str, *, classes: int, weights: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Sum by class of one statistic over images, each counted as often as its weight says.

    Args:
        measurements: N of them, with `PRESENT` and the statistic (P, *S).
        key: the statistic.
        classes: number of classes K.
        weights: float64 (N,) or (R, N); None weighs every image 1.

    Returns:
        float64 (K, *S), or (R, K, *S). Sums of integers are exact below 2**53.

    Raises:
        ValueError: no measurements, or weights that are not one per image.
    """
    if not measurements:
        raise ValueError("nothing to summarise: there are no measurements")
    if weights is not None and weights.shape[-1] != len(measurements):
        raise ValueError(f"{weights.shape[-1]} weights for {len(measurements)} measurements")
    rows = np.concatenate([m[key] for m in measurements]).astype(np.float64)
    shape = rows.shape[1:]
    rows = rows.reshape(len(rows), math.prod(shape))
    category = np.concatenate([m[PRESENT] for m in measurements])
    image = np.repeat(np.arange(len(measurements)), [len(m[PRESENT]) for m in measurements])
    order = np.argsort(category, kind="stable")
    rows, image = rows[order], image[order]
    first = np.searchsorted(category[order], np.arange(classes + 1))
    leading = () if weights is None else weights.shape[:-1]
    sums = np.zeros((*leading, classes, rows.shape[1]))
    for k in np.flatnonzero(np.diff(first)):
        part = slice(first[k], first[k + 1])
        sums[..., k, :] = rows[part].sum(axis=0) if weights is None else weights[..., image[part]] @ rows[part]
    return sums.reshape(*leading, classes, *shape)


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
