"""Populations whose true value is known: pools of images as two refiners leave them, measured, without pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.metrics.functional.matching import IOU_THRESHOLDS
from boundary_bench.metrics.functional.statistics import Measurement
from boundary_bench.metrics.instance.average_precision import AveragePrecision
from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.semantic.mean_iou import MeanIoU

Pair = tuple[Measurement, Measurement]
"""One image's measurements under the first and under the second refiner."""


@dataclass(frozen=True, eq=False)
class Population:
    """A pool of images that samples are drawn from with replacement; its own values are the true ones.

    Attributes:
        metric: the real one.
        value: the name of its value.
        pool: M images.
        truth: the value of the first refiner and the difference, second minus first, over the whole pool.
    """

    metric: Metric
    value: str
    pool: Sequence[Pair]
    truth: tuple[float, float]

    def draw(self, rng: np.random.Generator, images: int) -> list[Pair]:
        """So many images."""
        return [self.pool[place] for place in rng.integers(0, len(self.pool), images)]

    def values(self, measurements: Sequence[Measurement], weights: NDArray[np.float64] | None = None) -> Any:
        """The value of some measurements, float64 () or (R,)."""
        return self.metric.summarise(measurements, weights).values[self.value]


def population(metric: Metric, value: str, one: Callable[[np.random.Generator], Pair], images: int) -> Population:
    """A pool of so many images, drawn one by one."""
    rng = np.random.default_rng(0)
    pool = [one(rng) for _ in range(images)]
    first, second = (metric.summarise([pair[side] for pair in pool]).values[value] for side in (0, 1))
    return Population(metric, value, pool, (float(first), float(second - first)))


def semantic(images: int = 20000, classes: int = 8) -> Population:
    """mIoU: classes from common to rare, sizes and difficulty that differ much between images."""
    presence, skill = np.linspace(1.0, 0.25, classes), np.linspace(0.9, 0.6, classes)

    def one(rng: np.random.Generator) -> Pair:
        sizes = rng.gamma(1.0, size=classes) * (rng.random(classes) < presence)
        pixels = rng.multinomial(20000, sizes / sizes.sum()) if sizes.sum() else np.zeros(classes, np.int64)
        wrong = rng.beta(8 * (1 - skill), 8 * skill)
        gain = rng.normal(0.1, 0.15)
        refined = np.clip(wrong * (1 - gain), 0.0, 1.0)
        towards = rng.dirichlet(np.full(classes, 0.5), classes)
        return tuple(_overlap(pixels, share, towards) for share in (wrong, refined))

    return population(MeanIoU(classes), "mIoU", one, images)


def _overlap(pixels: NDArray[Any], wrong: NDArray[Any], towards: NDArray[Any]) -> Measurement:
    lost = np.floor((pixels * wrong)[:, None] * towards).astype(np.int64)
    np.fill_diagonal(lost, 0)
    both = pixels - lost.sum(axis=1)
    return {"both": both, "true": pixels, "predicted": both + lost.sum(axis=0)}


def panoptic(images: int = 20000, classes: int = 6) -> Population:
    """PQ: a few segments of each class, matched where their IoU is above a half."""
    rate = np.linspace(2.0, 0.6, classes)

    def one(rng: np.random.Generator) -> Pair:
        hard, gain = rng.normal(0.0, 0.5), rng.normal(0.05, 0.1)
        category = np.repeat(np.arange(classes), rng.poisson(rate))
        quality = rng.normal(1.2 - hard, 0.8, len(category))
        false = rng.poisson(0.3 * rate)
        iou = [1 / (1 + np.exp(-quality - shift)) for shift in (0.0, gain + rng.normal(0, 0.1, len(category)))]
        return tuple(_quality(category, each, false, classes) for each in iou)

    return population(PanopticQuality(classes, things=range(classes)), "PQ", one, images)


def _quality(category: NDArray[Any], iou: NDArray[Any], false: NDArray[Any], classes: int) -> Measurement:
    matched = iou > 0.5
    lost = np.bincount(category[~matched], minlength=classes)
    return {
        "iou_sum": np.bincount(category, np.where(matched, iou, 0.0), classes),
        "tp": np.bincount(category[matched], minlength=classes),
        "fp": false + lost,
        "fn": lost,
    }


def instances(images: int = 5000, classes: int = 3) -> Population:
    """AP: objects found or not, their scores told by how well they fit, and false detections of lower scores."""
    rate = np.linspace(3.0, 1.0, classes)

    def one(rng: np.random.Generator) -> Pair:
        hard, gain = rng.normal(0.0, 0.4), rng.normal(0.05, 0.1)
        true = np.repeat(np.arange(classes), rng.poisson(rate))
        found = true[rng.random(len(true)) < 0.85]
        quality = rng.normal(1.5 - hard, 0.7, len(found))
        false = np.repeat(np.arange(classes), rng.poisson(0.3 * rate))
        category = np.concatenate([found, false])
        quality = np.concatenate([quality, np.full(len(false), -9.0)])
        score = np.concatenate([quality[: len(found)], rng.normal(0.2, 0.7, len(false))])
        score = score + rng.normal(0, 0.5, len(category))
        shift = gain + rng.normal(0, 0.1, len(category))
        return tuple(_detections(category, quality + each, score, true) for each in (0.0, shift))

    return population(AveragePrecision(classes, areas={}), "AP", one, images)


def _detections(category: NDArray[Any], quality: NDArray[Any], score: NDArray[Any], true: NDArray[Any]) -> Measurement:
    order = np.argsort(-score, kind="stable")
    iou = 1 / (1 + np.exp(-quality[order]))
    category = category[order]
    return {
        "category": category,
        "score": score[order],
        "rank": np.array([np.count_nonzero(category[:i] == kind) for i, kind in enumerate(category)], np.int64),
        "outcome": (iou >= IOU_THRESHOLDS[:, None]).astype(np.uint8)[None],
        "true_category": true,
        "counted": np.ones((1, len(true)), np.bool_),
    }
