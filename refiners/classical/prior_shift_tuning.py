"""Class weights for `PriorShift` that maximise mIoU on a split held out for tuning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.refiners.common import probabilities

Pair = tuple[NDArray[np.float32], Labels]

MAX_WEIGHT = 32.0
MAX_ROUNDS = 30
SMALLEST_GAIN = 1e-5
ROUNDING = 1e-6


@dataclass(frozen=True)
class PriorShiftPreset:
    """Tuned weights and what made them.

    Attributes:
        weights: K of them, geometric mean 1 over the tuned classes; 1 for classes that the truth never shows.
        mean_iou_before: on the sampled pixels with equal weights, a fraction.
        mean_iou_after: on the same pixels with `weights`.
        images: how many were used.
        pixels: how many pixels were sampled from them, none of them void.
        pixels_per_image: at most so many from each.
        seed: of the sampling.
    """

    weights: tuple[float, ...]
    mean_iou_before: float
    mean_iou_after: float
    images: int
    pixels: int
    pixels_per_image: int
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Contents of a preset file; `PriorShift` reads its `weights`."""
        return asdict(self)


def tune(pairs: Iterable[Pair], classes: int, *, seed: int = 0, pixels_per_image: int = 4000) -> PriorShiftPreset:
    """Maximise mIoU over one weight per class.

    Coordinate ascent: with the other weights fixed, the prediction of a pixel changes at one value of the
    weight of class k, so sorting these values gives the mIoU for every weight at once, and the best one is
    taken exactly. Rounds over the classes repeat until one gains less than 1e-5. Every step is deterministic;
    the optimum is a local one, and the mean is over the classes that the sampled truth shows.

    Args:
        pairs: probabilities float32 (K, h, w) and truth (H, W) with its void, one pair an image; streamed,
            only the sampled pixels are kept. They must not be the images that results are reported on.
        classes: K.
        seed: of the choice of pixels.
        pixels_per_image: at most so many non-void pixels of each image, chosen uniformly.

    Raises:
        ValueError: another K, a truth id that is neither a class nor void, probabilities that do not cover
            the truth, or nothing but void.
    """
    scores, truth, images = _sample(pairs, classes, np.random.default_rng(seed), pixels_per_image)
    if len(truth) == 0:
        raise ValueError(f"{images} images with 0 scored pixels; allowed: at least one pixel that is not void")
    present = np.unique(truth)
    before = _mean_iou(scores, truth, np.ones(classes), present)
    weights, after = _ascend(scores, truth, present, before)
    return PriorShiftPreset(
        weights=tuple(float(weight) for weight in weights),
        mean_iou_before=before,
        mean_iou_after=after,
        images=images,
        pixels=len(truth),
        pixels_per_image=pixels_per_image,
        seed=seed,
    )


def _sample(
    pairs: Iterable[Pair], classes: int, rng: np.random.Generator, pixels_per_image: int
) -> tuple[NDArray[np.float32], NDArray[np.int64], int]:
    scores = [np.empty((0, classes), dtype=np.float32)]
    truths = [np.empty(0, dtype=np.int64)]
    for coarse, truth in pairs:
        scored = np.flatnonzero(truth != void_of(truth))
        _check(coarse, truth.ravel()[scored], classes)
        chosen = rng.choice(scored, size=min(pixels_per_image, len(scored)), replace=False)
        full = probabilities.upsample(coarse, (truth.shape[0], truth.shape[1]))
        scores.append(full.reshape(classes, -1)[:, chosen].T)
        truths.append(truth.ravel()[chosen].astype(np.int64))
    return np.concatenate(scores), np.concatenate(truths), len(truths) - 1


def _check(coarse: NDArray[np.float32], scored: NDArray[Any], classes: int) -> None:
    if len(coarse) != classes:
        raise ValueError(f"probabilities have K = {len(coarse)}; allowed: {classes}")
    if len(scored) and not (scored.min() >= 0 and scored.max() < classes):
        raise ValueError(f"truth has ids {scored.min()}..{scored.max()}; allowed: 0..{classes - 1} and void")


def _ascend(
    scores: NDArray[np.float32], truth: NDArray[np.int64], present: NDArray[np.int64], start: float
) -> tuple[NDArray[np.float64], float]:
    weights = np.ones(scores.shape[1])
    best = start
    for _ in range(MAX_ROUNDS):
        previous = best
        for class_id in present:
            weight, value = _best_weight(scores, truth, weights, int(class_id), present)
            if value > best:
                weights[class_id], best = weight, value
        if best - previous < SMALLEST_GAIN:
            break
    # Only ratios matter; classes without evidence keep the average weight.
    weights[present] /= np.exp(np.log(weights[present]).mean())
    weights[np.setdiff1d(np.arange(len(weights)), present)] = 1.0
    return weights, _mean_iou(scores, truth, weights, present)


def _best_weight(
    scores: NDArray[np.float32],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    class_id: int,
    present: NDArray[np.int64],
) -> tuple[float, float]:
    """The weight of one class that maximises mIoU while the others stay, and that mIoU.

    A pixel turns to the class once its weight exceeds best other score / own probability. Going through the
    pixels in that order, counts of hits and of predictions are running sums.
    """
    weighted = scores * weights
    weighted[:, class_id] = -1.0
    rival = weighted.argmax(axis=1)
    own = scores[:, class_id].astype(np.float64)
    turning = np.divide(weighted.max(axis=1), own, out=np.full(len(own), np.inf), where=own > 0)
    order = np.argsort(turning, kind="stable")
    turning, rival, ordered_truth = turning[order], rival[order], truth[order]
    means = _mean_iou_after_each(rival, ordered_truth, class_id, present)
    edges = np.concatenate([[1 / MAX_WEIGHT], np.clip(turning, 1 / MAX_WEIGHT, MAX_WEIGHT), [MAX_WEIGHT]])
    # Pixels that turn at the same weight, but for rounding, cannot be separated.
    means[edges[1:] <= edges[:-1] * (1 + ROUNDING)] = -1.0
    best = int(means.argmax())
    return float(np.sqrt(edges[best] * edges[best + 1])), float(means[best])


def _mean_iou_after_each(
    rival: NDArray[np.int64], truth: NDArray[np.int64], class_id: int, present: NDArray[np.int64]
) -> NDArray[np.float64]:
    """MIoU when the first n pixels are given to the class and the others to their rivals, n = 0..N."""
    n = len(truth)
    mean = np.zeros(n + 1)
    for c in present:
        if c == class_id:
            hits = _running(truth == c)
            predicted = np.arange(n + 1)
        else:
            lost = _running((rival == c) & (truth == c))
            hits = lost[-1] - lost
            predicted = np.count_nonzero(rival == c) - _running(rival == c)
        mean += hits / (np.count_nonzero(truth == c) + predicted - hits)
    return mean / len(present)


def _running(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(flags)])


def _mean_iou(
    scores: NDArray[np.float32],
    truth: NDArray[np.int64],
    weights: NDArray[np.float64],
    present: NDArray[np.int64],
) -> float:
    predicted = (scores * weights).argmax(axis=1)
    hits = np.bincount(truth[predicted == truth], minlength=len(weights))
    union = np.bincount(truth, minlength=len(weights)) + np.bincount(predicted, minlength=len(weights)) - hits
    return float((hits[present] / union[present]).mean())
