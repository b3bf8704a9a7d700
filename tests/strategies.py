"""Generators: maps, objects, panoptic maps and masks with blobs, thin lines and void; images; probabilities."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from hypothesis.strategies import DrawFn, SearchStrategy
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import Labels, void_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from tests.void import VOID, WIDE_VOID

CLASSES = 5


def sizes(smallest: int = 1, largest: int = 24) -> SearchStrategy[tuple[int, int]]:
    """(H, W), rarely square, single rows and columns included."""
    side = st.integers(smallest, largest)
    return st.tuples(side, side)


@st.composite
def label_maps(
    draw: DrawFn,
    size: tuple[int, int] | None = None,
    classes: int = CLASSES,
    void: bool = True,
    dtypes: tuple[type, ...] = (np.uint8, np.int32),
) -> Labels:
    """Blobs of 1 to 7 px, thin lines across the map, and a patch of void."""
    height, width = draw(sizes()) if size is None else size
    block = draw(st.integers(1, 7))
    rows, columns = -(-height // block), -(-width // block)
    ids = st.integers(0, classes - 1)
    coarse = draw(hnp.arrays(np.uint8, (rows, columns), elements=ids, fill=ids))
    labels = np.kron(coarse, np.ones((block, block), np.uint8))[:height, :width]
    for row in draw(st.lists(st.integers(0, height - 1), max_size=2)):
        labels[row] = draw(ids)
    for column in draw(st.lists(st.integers(0, width - 1), max_size=2)):
        labels[:, column] = draw(ids)
    if void and draw(st.booleans()):
        top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
        labels[top : top + draw(st.integers(1, height)), left : left + draw(st.integers(1, 6))] = VOID
    return wide(labels) if draw(st.sampled_from(dtypes)) is np.int32 else labels


def wide(labels: NDArray[np.uint8]) -> NDArray[np.int32]:
    """The same map as one that has room for any number of classes."""
    return np.where(labels == VOID, np.int32(WIDE_VOID), labels.astype(np.int32))


@st.composite
def images(draw: DrawFn, labels: Labels) -> NDArray[np.uint8]:
    """RGB image (H, W, 3) of labels up to 255: a colour for each, and noise that may hide them."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    noise = draw(st.sampled_from([0, 4, 40, 255]))
    palette = rng.integers(0, 256, (VOID + 1, 3))
    coloured = palette[labels] + rng.integers(-noise, noise + 1, (*labels.shape, 3))
    return np.clip(coloured, 0, 255).astype(np.uint8)


@st.composite
def probabilities(
    draw: DrawFn, size: tuple[int, int], classes: int = CLASSES, strides: tuple[int, ...] = (1, 2, 4)
) -> NDArray[np.float32]:
    """Float32 (K, h, w) that sum to 1, on a grid of the size divided by a stride and rounded up."""
    stride = draw(st.sampled_from(strides))
    height, width = (-(-side // stride) for side in size)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    sharpness = draw(st.sampled_from([0.0, 1.0, 8.0]))
    exponents = np.exp(sharpness * rng.standard_normal((classes, height, width)))
    return (exponents / exponents.sum(axis=0)).astype(np.float32)


@st.composite
def semantic_maps(
    draw: DrawFn,
    size: tuple[int, int] | None = None,
    classes: int = CLASSES,
    void: bool = True,
    dtypes: tuple[type, ...] = (np.uint8, np.int32),
) -> SemanticMap:
    """A prediction with labels and probabilities that need not agree: labels may come from elsewhere."""
    labels = draw(label_maps(size, classes, void, dtypes))
    height, width = labels.shape
    return SemanticMap(labels, draw(probabilities((height, width), classes)))


@st.composite
def binary_masks(draw: DrawFn, size: tuple[int, int], *, true: bool = False) -> BinaryMask:
    """A prediction, hard or soft in either form; or a truth, hard and perhaps with void. Some are empty or full."""
    labels = draw(label_maps(size, 2, void=true, dtypes=(np.uint8,)))
    filled = draw(st.sampled_from([None, None, None, 0, 1]))
    if filled is not None:
        labels = np.where(labels == VOID, labels, np.uint8(filled))
    mask, void = labels == 1, labels == VOID
    if true:
        return BinaryMask(mask, void=void if void.any() else None)
    form = draw(st.sampled_from(["hard", "levels", "floats"]))
    if form == "hard":
        return BinaryMask(mask)
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    sure = np.where(mask, 1 - rng.random(size) * draw(st.sampled_from([0.0, 0.5])), rng.random(size) * 0.5 * ~mask)
    return BinaryMask.soft(np.rint(sure * 255).astype(np.uint8) if form == "levels" else sure.astype(np.float32))


@st.composite
def instance_sets(
    draw: DrawFn, size: tuple[int, int] | None = None, classes: int = CLASSES, *, scored: bool = True
) -> InstanceSet:
    """Up to 5 objects: boxes with bites taken out of them, which overlap, touch the border, fill it, or are empty.

    Scored ones are predictions; others may have crowds and a void region, as a truth.
    """
    height, width = draw(sizes()) if size is None else size
    count = draw(st.integers(0, 5))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    masks = [_bitten_box((height, width), rng) for _ in range(count)]
    truth = not scored and draw(st.booleans())
    return InstanceSet(
        Masks.from_dense((height, width), masks),
        rng.integers(0, draw(st.integers(1, classes)), count),
        rng.integers(0, 4, count) / 4 if scored else None,
        rng.random(count) < 0.3 if truth else np.zeros(count, np.bool_),
        ids=rng.permutation(1000)[:count],
        void=Masks.from_dense((height, width), [_bitten_box((height, width), rng)]) if truth else None,
    )


@st.composite
def panoptic_maps(
    draw: DrawFn, size: tuple[int, int] | None = None, classes: int = CLASSES, *, crowd: bool = False
) -> PanopticMap:
    """Segments shaped as the classes of `label_maps`, with ids large and small in any order, and void."""
    labels = draw(label_maps(size, classes=9))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    present = rng.permutation(np.setdiff1d(labels, [void_of(labels)]))
    segments = rng.choice(draw(st.sampled_from([20, 300, 2**24 - 1])), len(present), replace=False).astype(np.int32) + 1
    ids = np.zeros(VOID + 1, np.int32)
    ids[present] = segments
    return PanopticMap(
        ids[labels],
        segments,
        rng.integers(0, draw(st.integers(1, classes)), len(present)),
        rng.random(len(present)) < 0.3 if crowd else np.zeros(len(present), np.bool_),
        rng.integers(0, 4, len(present)) / 4,
    )


def _bitten_box(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    mask = np.zeros(size, np.bool_)
    kind = rng.random()
    if kind < 0.1:
        return ~mask if kind < 0.05 else mask
    y, x = rng.integers(size[0]), rng.integers(size[1])
    mask[y : y + rng.integers(1, size[0] + 1), x : x + rng.integers(1, size[1] + 1)] = True
    for _ in range(rng.integers(0, 4)):
        y, x = rng.integers(size[0]), rng.integers(size[1])
        mask[y : y + rng.integers(1, 4), x : x + rng.integers(1, 4)] = False
    return mask
