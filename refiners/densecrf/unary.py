"""Distributions over classes that the unary term of a CRF is made of."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels, void_of

TOLERANCE = 1e-3
"""How far from 1 a pixel's probabilities may sum without a warning."""
LEAST = 0.05
"""How far a soft mask's probabilities are kept from 0 and 1: a saturated pixel would outweigh all of its neighbours."""


def normalised(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same, each pixel's sum 1.

    Args:
        probabilities: float32 (K, H, W), not written to. A pixel of zeros is equally likely of every class.

    Returns:
        float32 (K, H, W); the given array where nothing has to be done.

    Raises:
        ValueError: values that are negative or not finite, counted.

    Warns:
        UserWarning: how many pixels do not sum to 1 within 1e-3.
    """
    total = probabilities.sum(axis=0)
    # A sum that is finite and a smallest value of 0 or more leave no room for NaN or infinity in one pass each.
    if not np.isfinite(total).all() or probabilities.min() < 0:
        wrong = np.count_nonzero(~(np.isfinite(probabilities) & (probabilities >= 0)).all(axis=0))
        raise ValueError(f"probabilities are negative or not finite at {wrong} pixels; allowed: 0 to 1")
    off = np.count_nonzero(np.abs(total - 1) > TOLERANCE)
    if not off:
        return probabilities
    text = f"probabilities do not sum to 1 at {off} of {total.size} pixels, but to {total.min():g}..{total.max():g}"
    warnings.warn(f"{text}; they are normalised", UserWarning, stacklevel=3)
    even = np.float32(1 / len(probabilities))
    return np.where(total > 0, probabilities / np.where(total > 0, total, 1), even)


def of_object(probability: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of background and object, where a soft mask says how probable the object is.

    Args:
        probability: float32 (H, W), 0..1; cut off at `LEAST` and 1 - `LEAST`.

    Returns:
        float32 (2, H, W).
    """
    likely = np.clip(probability, np.float32(LEAST), np.float32(1 - LEAST))
    return np.stack([np.float32(1) - likely, likely])


def of_labels(labels: Labels, classes: int | Sequence[int] | NDArray[Any], certainty: float) -> NDArray[np.float32]:
    """Probabilities that labels stand for with a certainty.

    Args:
        labels: uint8 (H, W), void 255, or of a wider type, void -1.
        classes: K for the ids 0..K-1, or K different ids, ascending; K at least 2.
        certainty: probability of a pixel's label, above 0 and below 1; the other K - 1 classes share the rest. A void
            pixel is equally likely of every class.

    Returns:
        float32 (K, H, W).

    Raises:
        ValueError: fewer than 2 classes, another certainty, or a label that is neither a class nor void.
    """
    ids = np.arange(classes) if isinstance(classes, int | np.integer) else np.asarray(classes)
    if ids.ndim != 1 or len(ids) < 2 or (np.diff(ids) <= 0).any():
        raise ValueError(f"classes is {classes}; allowed: their number, 2 or more, or that many ids in ascending order")
    if not 0 < certainty < 1:
        raise ValueError(f"certainty is {certainty}; allowed: above 0 and below 1")
    count, nothing = len(ids), void_of(labels)
    is_class, void = labels == ids.reshape(-1, 1, 1), labels == nothing
    strange = ~(is_class.any(axis=0) | void)
    if strange.any():
        shown = ", ".join(map(str, np.unique(labels[strange])[:5]))
        raise ValueError(f"labels have the ids {shown}; allowed: {ids[0]}..{ids[-1]} and {nothing} for void")
    other = np.float32((1 - certainty) / (count - 1))
    scores = np.where(is_class, np.float32(certainty), other)
    scores[:, void] = np.float32(1 / count)
    return scores
