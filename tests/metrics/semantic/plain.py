"""Metrics of label maps by plain NumPy: any number of classes, any type of ids, one class after the other."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels
from tests.metrics.definitions import inner_band, other_label_distance, seg2bmap

NOTHING = -1
Ids = NDArray[np.int64]
"""(H, W), 0..K-1 and `NOTHING`."""


def ids(labels: Labels, classes: int) -> Ids:
    """What a label map means: 255 in uint8 maps, and what is no class in any, is nothing."""
    wide = labels.astype(np.int64)
    nothing = (wide < 0) | (wide >= classes)
    if labels.dtype == np.uint8:
        nothing |= wide == 255
    return np.where(nothing, NOTHING, wide)


def occurring(*maps: Ids) -> list[int]:
    return sorted({int(label) for each in maps for label in np.unique(each)} - {NOTHING})


def overlap(prediction: Ids, truth: Ids, label: int) -> tuple[int, int, int]:
    """Pixels in both, in the truth, in the prediction, of those that are scored."""
    true, predicted = truth == label, (prediction == label) & (truth != NOTHING)
    return int((true & predicted).sum()), int(true.sum()), int(predicted.sum())


def edges(labels: Ids, label: int, *, strict: bool) -> NDArray[np.bool_]:
    """Boundary of a class; strict: without windows that hold nothing's pixels."""
    found = seg2bmap(labels == label)
    if strict:
        nothing = np.pad(labels == NOTHING, ((0, 1), (0, 1)), mode="edge")
        found &= ~(nothing[:-1, :-1] | nothing[1:, :-1] | nothing[:-1, 1:] | nothing[1:, 1:])
    return found


def near(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Pixels with one of the mask in their disk, one offset after the other."""
    height, width = mask.shape
    padded, out = np.pad(mask, radius), np.zeros_like(mask)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            if dy * dy + dx * dx <= radius * radius:
                out |= padded[radius + dy : radius + dy + height, radius + dx : radius + dx + width]
    return out


def boundary_counts(prediction: Ids, truth: Ids, label: int, radius: int, *, strict: bool) -> tuple[int, int, int, int]:
    """Boundary pixels of prediction and truth, and those of each that are matched."""
    scored = np.where(truth == NOTHING, NOTHING, prediction)
    predicted, true = (edges(each, label, strict=strict) for each in (scored, truth))
    matched = (predicted & near(true, radius)).sum(), (true & near(predicted, radius)).sum()
    return int(predicted.sum()), int(true.sum()), int(matched[0]), int(matched[1])


def f_measure(predicted: int, true: int, predicted_matched: int, true_matched: int) -> float:
    precision = predicted_matched / predicted if predicted else 1.0
    recall = true_matched / true if true else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def bands(prediction: Ids, truth: Ids, label: int, width: int) -> tuple[int, int, int]:
    """Pixels of the bands in both, in the truth, in the prediction."""
    scored = np.where(truth == NOTHING, NOTHING, prediction)
    true, predicted = (inner_band(each == label, width) for each in (truth, scored))
    return int((true & predicted).sum()), int(true.sum()), int(predicted.sum())


def distance_bins(truth: Ids, max_px: int) -> NDArray[np.int64]:
    distance = other_label_distance(truth)
    return np.where(distance <= max_px, np.ceil(distance), 0).astype(np.int64)


def mean(values: Iterable[float]) -> float:
    """Of what is defined; NaN where nothing is."""
    defined = [value for value in values if not np.isnan(value)]
    return sum(defined) / len(defined) if defined else np.nan


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan
