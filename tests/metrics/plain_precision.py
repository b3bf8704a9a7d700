"""Average precision the plain way, one weighting, class, threshold and range of areas at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.kernels.matching.detections import FALSE, TRUE

RECALLS = np.linspace(0, 1, 101)


def plain_tables(
    measured: Sequence[Measurement], classes: int, limits: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Precision (A, T, R, K), recall (A, T, K) and recall of the first detections (M, T, K) of images that weigh 1; NaN
    for classes without objects.
    """
    areas, thresholds, _ = measured[0]["outcome"].shape
    precision = np.full((areas, thresholds, len(RECALLS), classes), np.nan)
    recall = np.full((areas, thresholds, classes), np.nan)
    first = np.full((len(limits), thresholds, classes), np.nan)
    for k in range(classes):
        # Sorting is stable: equal scores stay in the order of the images.
        scores = np.concatenate([one["score"][one["category"] == k] for one in measured])
        order = np.argsort(-scores, kind="stable")
        outcome = np.concatenate([one["outcome"][..., one["category"] == k] for one in measured], axis=-1)[..., order]
        rank = np.concatenate([one["rank"][one["category"] == k] for one in measured])[order]
        truths = sum(one["counted"][:, one["true_category"] == k].sum(axis=1) for one in measured)
        for a in range(areas):
            for t in range(thresholds):
                if truths[a]:
                    recall[a, t, k], precision[a, t, :, k] = _curve(outcome[a, t], truths[a])
        if truths[0]:
            for m, limit in enumerate(limits):
                first[m, :, k] = (outcome[0][:, rank < limit] == TRUE).sum(axis=1) / truths[0]
    return precision, recall, first


def _curve(outcome: NDArray[np.uint8], truths: int) -> tuple[float, NDArray[np.float64]]:
    right = np.cumsum(outcome == TRUE, dtype=np.float64)
    wrong = np.cumsum(outcome == FALSE, dtype=np.float64)
    precision, recall = right / (right + wrong + np.spacing(1)), right / truths
    highest = np.maximum.accumulate(precision[::-1])[::-1]
    places = np.searchsorted(recall, RECALLS)
    found = np.array([highest[place] if place < len(highest) else 0.0 for place in places])
    return (float(recall[-1]) if len(recall) else 0.0), found


def plain_mean(table: NDArray[np.float64]) -> float:
    """One mean over thresholds, recalls and defined classes, in this order."""
    known = table[..., ~np.isnan(table[(0,) * (table.ndim - 1)])]
    return float(known.ravel().mean()) if known.size else np.nan


def random_measurements(rng: np.random.Generator, images: int, classes: int, *, levels: int) -> list[Measurement]:
    """Any outcomes: few scores, so many ties within images and between them; classes without objects or detections."""
    found: list[Measurement] = []
    for _ in range(images):
        count, true = int(rng.integers(0, 30)), int(rng.integers(0, 8))
        category = rng.integers(0, classes, count)
        score = np.sort(rng.integers(0, levels, count) / levels)[::-1]
        rank = np.array([(category[:i] == category[i]).sum() for i in range(count)], np.int64)
        kinds: Any = rng.choice(np.array([0, 1, 2], np.uint8), (4, 3, count), p=[0.5, 0.3, 0.2])
        counted = rng.random((4, true)) < 0.7
        found.append(
            {
                "category": category,
                "score": score,
                "rank": rank,
                "outcome": kinds,
                "true_category": rng.integers(0, max(classes - 1, 1), true),
                "counted": counted,
            }
        )
    return found
