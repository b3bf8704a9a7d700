"""Boundary patches taken, cut and put back, against the plain numpy way."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from metrics.masks import Masks
from refiners.bpr.merge import reassembled
from refiners.bpr.patches import PatchParameters, boundary_patches, image_crops, mask_crops
from tests.refiners.bpr import plain
from tests.speed.ratio import measure_ratio, record

SIZE = (1024, 2048)
SIDE, THRESHOLD = 64, 0.25


def blob(rng: np.random.Generator) -> NDArray[np.bool_]:
    """A star-shaped object of 30 to 350 px, wider or higher by chance, with a rough edge."""
    angles = np.arange(0, 2 * np.pi, 0.05)
    waves = sum(rng.normal() / k * np.sin(k * angles + rng.uniform(0, 6.3)) for k in range(2, 9))
    radius = np.exp(rng.uniform(np.log(15), np.log(175))) * (1 + 0.15 * waves) + rng.normal(0, 0.7, len(angles))
    centre, stretch = rng.uniform((0, 0), SIZE[::-1]), rng.uniform(0.6, 1.0, 2)
    points = centre + stretch * radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return cv2.fillPoly(np.zeros(SIZE, np.uint8), [points.round().astype(np.int32)], 1).astype(bool)


def ours(image: NDArray[np.uint8], masks: Masks) -> list[tuple[NDArray[Any], ...]]:
    found, parameters = [], PatchParameters("dense", SIDE, 0, THRESHOLD)
    for index in range(len(masks)):
        placed = (masks.window(index), *masks.boxes[index, :2].tolist())
        patches = boundary_patches(placed, SIZE, parameters)
        crops, mask_patches = image_crops(image, patches), mask_crops(placed, patches)
        probability, _, top, left = reassembled(placed, SIZE, patches, mask_patches.astype(np.float32))
        found.append((patches.corners, crops, mask_patches, probability > 0.5, top, left))
    return found


def theirs(image: NDArray[np.uint8], masks: list[NDArray[np.bool_]]) -> list[tuple[NDArray[Any], ...]]:
    found = []
    for mask in masks:
        corners = plain.dense_corners(mask, SIDE, THRESHOLD)
        crops = np.stack([image[y : y + SIDE, x : x + SIDE] for y, x in corners])
        mask_patches = np.stack([mask[y : y + SIDE, x : x + SIDE] for y, x in corners])
        probability, _ = plain.merged(mask, corners, mask_patches.astype(np.float32))
        found.append((corners, crops, mask_patches, probability > 0.5))
    return found


def test_patches_of_a_street_scene(benchmark: Any) -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    dense = [blob(rng) for _ in range(17)]
    masks = Masks.from_dense(SIZE, dense)
    count = 0
    for (*one, merged, top, left), (*other, expected) in zip(ours(image, masks), theirs(image, dense), strict=True):
        count += len(one[0])
        for found, wanted in zip(one, other, strict=True):
            np.testing.assert_array_equal(found, wanted)
        whole = np.zeros(SIZE, bool)
        whole[top : top + merged.shape[0], left : left + merged.shape[1]] = merged
        np.testing.assert_array_equal(whole, expected)
    ratio = measure_ratio(benchmark, lambda: ours(image, masks), lambda: theirs(image, dense), rounds=5)
    record(
        f"BPR: patches, crops, reassembly; 17 masks, {count} patches", ratio, 50, peer="plain numpy, masks of full size"
    )
