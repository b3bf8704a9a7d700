"""Label maps of the size and shape of street scenes, to measure on: seeded, no files needed."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.void import VOID


def street_labels(height: int = 1024, width: int = 2048, classes: int = 19, seed: int = 0) -> NDArray[np.uint8]:
    """Large smooth regions, forty upright boxes from poles to houses, and a void strip along the bottom."""
    rng = np.random.default_rng(seed)
    coarse = rng.standard_normal((classes, height // 8, width // 8)).astype(np.float32)
    fields = [cv2.resize(cv2.GaussianBlur(field, (0, 0), 6), (width, height)) for field in coarse]
    labels = np.argmax(fields, axis=0).astype(np.uint8)
    for _ in range(40):
        x, y = int(rng.integers(width)), int(rng.integers(height))
        corner = (x + int(rng.integers(3, 200)), y + int(rng.integers(3, 200)))
        cv2.rectangle(labels, (x, y), corner, int(rng.integers(classes)), thickness=-1)
    labels[-height // 20 :] = VOID
    return labels


def prediction_of(labels: NDArray[np.uint8], seed: int = 1) -> NDArray[np.uint8]:
    """The labels as a network would return them: without void, displaced by a smooth field of a few pixels."""
    rng = np.random.default_rng(seed)
    height, width = labels.shape
    dy, dx = (
        cv2.resize(cv2.GaussianBlur(field, (0, 0), 4), (width, height)) * 40
        for field in rng.standard_normal((2, height // 8, width // 8)).astype(np.float32)
    )
    filled = labels.copy()
    filled[-height // 20 :] = labels[-height // 20 - 1]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    return np.asarray(cv2.remap(filled, x + dx, y + dy, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE))
