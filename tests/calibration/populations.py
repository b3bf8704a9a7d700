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
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
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


def foreground(images: int = 20000) -> Population:
    """mIoU near 1: one kind of object and the background, a few pixels of its edge wrong."""

    def one(rng: np.random.Generator) -> Pair:
        size = int(20000 * rng.beta(1, 4))
        missed, added = (int(size * rng.beta(0.5, 20)) for _ in range(2))
        measured = {"confusion": np.array([[20000 - size - added, added, 0], [missed, size - missed, 0]])}
        return measured, measured

    return population(MeanIoU(2), "mIoU", one, images)


def boundaries(typical: float, spread: float = 0.7, images: int = 20000, classes: int = 5) -> Population:
    """Boundary F, a mean over images and classes: images of differing difficulty, classes that most images have.

    Args:
        typical: share of boundary pixels that are matched in an image like most.
        spread: of the difficulty, in logits.
        images, classes: how many.
    """

    def one(rng: np.random.Generator) -> Pair:
        present = rng.random(classes) < 0.6
        pixels = np.where(present, 1 + rng.poisson(rng.gamma(1.0, 200.0, classes)), 0)
        share = 1 / (1 + np.exp(-np.log(typical / (1 - typical)) - rng.normal(0, spread) - rng.normal(0, 0.7, classes)))
        matched = [rng.binomial(pixels, share)[None] for _ in range(2)]
        measured = {
            "predicted": pixels, "true": pixels, "present": present,
            "predicted_matched": matched[0], "true_matched": matched[1],
        }  # fmt: skip
        return measured, measured

    return population(BoundaryF(classes, tolerances_px=(1,), variant="strict"), "boundary_f@1px", one, images)


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


def instances(
    images: int = 5000,
    classes: int = 3,
    *,
    value: str = "AP",
    quality: float = 1.5,
    found: float = 0.85,
    false: float = 0.3,
) -> Population:
    """AP: objects found or not, their scores told by how well they fit, and false detections of lower scores.

    Args:
        images, classes: how many.
        value: AP or one at a threshold.
        quality: of the fit, the logit of a typical IoU.
        found: share of the objects.
        false: detections for each object.
    """
    rate = np.linspace(3.0, 1.0, classes)

    def one(rng: np.random.Generator) -> Pair:
        hard, gain = rng.normal(0.0, 0.4), rng.normal(0.05, 0.1)
        true = np.repeat(np.arange(classes), rng.poisson(rate))
        hits = true[rng.random(len(true)) < found]
        fit = rng.normal(quality - hard, 0.7, len(hits))
        wrong = np.repeat(np.arange(classes), rng.poisson(false * rate))
        category = np.concatenate([hits, wrong])
        fit = np.concatenate([fit, np.full(len(wrong), -9.0)])
        score = np.concatenate([fit[: len(hits)], rng.normal(quality - 1.3, 0.7, len(wrong))])
        score = score + rng.normal(0, 0.5, len(category))
        shift = gain + rng.normal(0, 0.1, len(category))
        return tuple(_detections(category, fit + each, score, true) for each in (0.0, shift))

    return population(AveragePrecision(classes, area_ranges={}), value, one, images)


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
