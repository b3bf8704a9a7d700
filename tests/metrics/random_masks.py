"""Random pairs of masks of all kinds: empty, full, one pixel, thin, blobs, many parts, odd sizes, hard and soft."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.metrics.structures.binary_mask import BinaryMask

KINDS = ("empty", "full", "pixel", "thin", "blobs", "parts", "frame")


def mask_pairs(count: int, *, seed: int = 0, largest: int = 60) -> Iterator[tuple[BinaryMask, BinaryMask]]:
    """(prediction, truth), every third prediction soft, of uint8."""
    rng = np.random.default_rng(seed)
    for number in range(count):
        size = (int(rng.integers(1, largest)), int(rng.integers(1, largest)))
        truth = drawn(rng, size, KINDS[int(rng.integers(len(KINDS)))])
        near = rng.random() < 0.6
        mask = changed(rng, truth) if near else drawn(rng, size, KINDS[int(rng.integers(len(KINDS)))])
        yield (BinaryMask.soft(softened(rng, mask)) if number % 3 == 0 else BinaryMask(mask)), BinaryMask(truth)


def drawn(rng: np.random.Generator, size: tuple[int, int], kind: str) -> NDArray[np.bool_]:
    """A mask of a kind."""
    mask = np.zeros(size, np.uint8)
    if kind == "full":
        mask[:] = 1
    elif kind == "pixel":
        mask[rng.integers(size[0]), rng.integers(size[1])] = 1
    elif kind == "thin":
        ends = [(int(rng.integers(size[1])), int(rng.integers(size[0]))) for _ in range(2)]
        cv2.line(mask, *ends, 1, 1)
    elif kind == "parts":
        mask = (rng.random(size) < rng.choice([0.05, 0.5, 0.9])).astype(np.uint8)
    elif kind == "frame":
        mask[:] = 1
        mask[1:-1, 1:-1] = 0
    elif kind == "blobs":
        coarse = rng.random((max(1, size[0] // 7), max(1, size[1] // 7)), np.float32)
        mask = (cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC) > 0.5).astype(np.uint8)
    return mask.astype(np.bool_)


def changed(rng: np.random.Generator, mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """A mask moved by a few pixels, with a few of its pixels turned over."""
    moved = np.roll(mask, (int(rng.integers(-2, 3)), int(rng.integers(-2, 3))), (0, 1))
    return np.asarray(moved ^ (rng.random(mask.shape) < rng.choice([0, 0.02])))


def softened(rng: np.random.Generator, mask: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Levels in 255ths around a mask."""
    blurred = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)
    noise = rng.normal(0, 0.1, mask.shape).astype(np.float32)
    return np.clip(np.rint((blurred + noise) * 255), 0, 255).astype(np.uint8)
