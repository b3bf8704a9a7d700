"""Random panoptic maps: void, crowd, ids small and large, segments found, split, renamed and painted over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.metrics.segments import panoptic

CLASSES = 5
THINGS = (2, 3, 4)

Pairs = list[tuple[PanopticMap, PanopticMap]]


def panoptic_world(number: int, square: bool = False) -> Pairs:
    """(prediction, truth) of one to four images, no side longer than 90 px. At most one crowd of a category."""
    rng = np.random.default_rng(number)
    return [_pair(rng, square) for _ in range(int(rng.integers(1, 5)))]


def _pair(rng: np.random.Generator, square: bool) -> tuple[PanopticMap, PanopticMap]:
    height, width = (int(each) for each in rng.integers(8, 90, 2))
    width = height if square else width + (width == height)
    highest = int(rng.choice([300, 70_000, 2**24 - 1]))
    segments = [0, *(int(each) + 1 for each in rng.choice(highest, 9, replace=False))]
    true = _painted(np.zeros((height, width), np.int32), segments, 8, rng)
    predicted = _painted(true.copy(), segments, int(rng.integers(0, 4)), rng)
    categories = {segment: int(rng.integers(CLASSES)) for segment in segments[1:]}
    renamed = {s: k if rng.random() < 0.8 else int(rng.integers(CLASSES)) for s, k in categories.items()}
    crowd = {k: s for s, k in categories.items() if k in THINGS and rng.random() < 0.15}
    return panoptic(predicted, renamed), panoptic(true, categories, tuple(crowd.values()))


def _painted(ids: NDArray[np.int32], segments: list[int], boxes: int, rng: np.random.Generator) -> NDArray[np.int32]:
    for _ in range(boxes):
        top, left = (int(rng.integers(side)) for side in ids.shape)
        height, width = (int(rng.integers(1, side + 1)) for side in ids.shape)
        ids[top : top + height, left : left + width] = rng.choice(segments)
    return ids
