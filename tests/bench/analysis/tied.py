"""Drawn worlds of every task in which nothing but the order of the images decides between equal scores.

Ids fall while the dataset's order rises, so that whoever sorts samples by name finds another order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from boundary_bench.bench.io.hashing import combined
from boundary_bench.bench.plugins.protocols import Sample
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import EdgeMaps, InstanceSet, PanopticMap, SemanticMap

SIZE = (24, 32)
CLASSES = ("ground", "box", "disc")
COUNT = 9


def labels(seed: int) -> np.ndarray:
    """uint8 (H, W): ground with boxes."""
    rng = np.random.default_rng(seed)
    drawn = np.zeros(SIZE, np.uint8)
    for label in (1, 2, 1, 2):
        top, left = rng.integers(0, 14), rng.integers(0, 20)
        drawn[top : top + rng.integers(5, 11), left : left + rng.integers(5, 13)] = label
    return drawn


def drawn(task: str, seed: int, shift: int = 0) -> Any:
    """The truth, or with a shift a prediction that differs from it; scores are all equal."""
    found = np.roll(labels(seed), shift, axis=1)
    if task == "semantic":
        return SemanticMap(found)
    if task == "edges":
        edges = np.stack([np.diff(found == k, axis=1, append=False) for k in range(len(CLASSES))])
        return EdgeMaps(edges if not shift else edges.astype(np.float32) / 2)
    if task == "panoptic":
        ids = found.astype(np.int32) + 1
        numbers = np.unique(ids)
        return PanopticMap(ids, numbers.astype(np.int32), (numbers - 1).astype(np.int64))
    masks = [found == k for k in (1, 2) if (found == k).any()]
    kinds = np.array([k for k in (1, 2) if (found == k).any()], np.int64)
    scores = np.full(len(kinds), 0.5) if shift else None
    return InstanceSet(Masks.from_dense(SIZE, masks), kinds, scores)


class Tied:
    """Images whose ids fall."""

    name, label_ids = "tied", {}
    classes = CLASSES
    colours = np.array([[0, 0, 0], [255, 0, 0], [0, 0, 255]], np.uint8)

    def __init__(self, task: str, split: str = "val") -> None:
        self.task, self.split = task, split
        self.things = frozenset({1, 2} if task in ("instance", "panoptic") else ())

    def samples(self) -> list[Sample]:
        return [Sample(f"s{COUNT - place}") for place in range(COUNT)]

    def size(self, sample: Sample) -> tuple[int, int]:
        return SIZE

    def image(self, sample: Sample) -> np.ndarray:
        return np.repeat(100 * labels(int(sample.id[1:]))[:, :, None], 3, axis=2).astype(np.uint8)

    def truth(self, sample: Sample) -> Any:
        return drawn(self.task, int(sample.id[1:]))

    def digest(self, sample: Sample) -> str:
        return combined(self.task, sample.id)

    def check(self, *, images: bool = False) -> list[Any]:
        return []


class Shifted:
    """Predictions that lie beside the truth, further from image to image."""

    has_probabilities = False

    def __init__(self, name: str, dataset: Tied, more: int = 0) -> None:
        self.name, self.task, self.more = name, dataset.task, more

    def has(self, sample: Sample) -> bool:
        return True

    def load(self, sample: Sample) -> Any:
        seed = int(sample.id[1:])
        return drawn(self.task, seed, shift=1 + (seed * 5 + self.more) % 4)

    def digest(self, sample: Sample) -> str:
        return combined(self.name, sample.id)

    def check(self, sample: Sample, size: tuple[int, int]) -> list[Any]:
        return []

    def describe(self) -> dict[str, Any]:
        return {"format": "shifted"}


class Unshift:
    """Moves everything back by a pixel."""

    tasks = frozenset({"semantic", "instance", "panoptic", "edges"})

    def refine(self, image: np.ndarray, prediction: Any) -> Any:
        if isinstance(prediction, SemanticMap):
            return replace(prediction, labels=np.roll(prediction.labels, -1, axis=1))
        if isinstance(prediction, EdgeMaps):
            return EdgeMaps(np.roll(prediction.maps, -1, axis=2))
        if isinstance(prediction, PanopticMap):
            return replace(prediction, ids=np.roll(prediction.ids, -1, axis=1))
        dense = [np.roll(prediction.masks.dense(k), -1, axis=1) for k in range(len(prediction))]
        return replace(prediction, masks=Masks.from_dense(SIZE, dense))
