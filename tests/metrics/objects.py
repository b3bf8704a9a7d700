"""Sets of objects to measure: drawn by hand or generated, and their masks as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn
from numpy.typing import NDArray

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet

CLASSES = 3


def instances(
    masks: Sequence[NDArray[np.bool_]],
    categories: Sequence[int],
    scores: Sequence[float] | None = None,
    size: tuple[int, int] | None = None,
    **columns: Any,
) -> InstanceSet:
    """Objects of dense masks."""
    size = masks[0].shape if size is None else size
    arrays = {name: np.asarray(column) for name, column in columns.items()}
    return InstanceSet(
        Masks.from_dense(size, masks),
        np.array(categories, np.int64),
        None if scores is None else np.array(scores, np.float64),
        **arrays,
    )


def drawn(*pictures: str) -> list[NDArray[np.bool_]]:
    """Masks drawn as text, `#` is the object."""
    return [np.array([[pixel == "#" for pixel in row.strip()] for row in p.strip().splitlines()]) for p in pictures]


def dense(objects: InstanceSet) -> list[NDArray[np.bool_]]:
    return [objects.masks.dense(index) for index in range(len(objects))]


@st.composite
def instance_pairs(draw: DrawFn) -> tuple[InstanceSet, InstanceSet]:
    """A prediction and a truth of one image: boxes with holes that overlap; some predictions are near true objects."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 24)), draw(st.integers(1, 30))
    true = [_box(size, rng) for _ in range(draw(st.integers(0, 6)))]
    predicted = [_near(mask, rng) for mask in true for _ in range(rng.integers(0, 3))]
    predicted += [_box(size, rng) for _ in range(draw(st.integers(0, 3)))]
    truth = instances(true, rng.integers(CLASSES, size=len(true)), size=size, crowd=rng.random(len(true)) < 0.2)
    scores = rng.integers(0, 4, len(predicted)) / 4
    return instances(predicted, rng.integers(CLASSES, size=len(predicted)), scores, size), truth


def _box(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.bool_)
    y, x = rng.integers(size[0]), rng.integers(size[1])
    mask[y : y + rng.integers(1, size[0] + 1), x : x + rng.integers(1, size[1] + 1)] = True
    if rng.random() < 0.3:
        mask[rng.integers(size[0]), rng.integers(size[1])] = False
    return mask


def _near(mask: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.bool_]:
    near = mask.copy()
    for _ in range(rng.integers(0, 6)):
        y, x = rng.integers(mask.shape[0]), rng.integers(mask.shape[1])
        near[y : y + 2, x : x + 2] = rng.random() < 0.5
    return near
