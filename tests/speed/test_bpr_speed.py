"""Boundary patches taken, cut and put back, against the plain numpy way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.refiners.bpr.inference import probabilities
from boundary_bench.refiners.bpr.merge import reassembled
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.bpr.patches import (
    Patches,
    PatchParameters,
    PlacedMask,
    boundary_patches,
    image_crops,
    mask_crops,
)
from boundary_bench.refiners.networks.device import Precision
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from tests.refiners.bpr import plain
from tests.speed.ratio import Section, best_s, measure_ratio, record, record_line

SIZE = (1024, 2048)
PARAMETERS = PatchParameters("dense", 64, 0, 0.25)
SIDE = PARAMETERS.size_px

STAGES = Section(
    "BPR by stage",
    "One image of 1024 x 2048 px with 135 patches, their side and the network's input as given, on the CPU; ms.",
    ("network", "input, px", "precision", "threads", "patches and crops", "network", "reassembly", "all"),
)


def blob(rng: np.random.Generator) -> NDArray[np.bool_]:
    """A star-shaped object of 30 to 350 px, wider or higher by chance, with a rough edge."""
    angles = np.arange(0, 2 * np.pi, 0.05)
    waves = sum(rng.normal() / k * np.sin(k * angles + rng.uniform(0, 6.3)) for k in range(2, 9))
    radius = np.exp(rng.uniform(np.log(15), np.log(175))) * (1 + 0.15 * waves) + rng.normal(0, 0.7, len(angles))
    centre, stretch = rng.uniform((0, 0), SIZE[::-1]), rng.uniform(0.6, 1.0, 2)
    points = centre + stretch * radius[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return cv2.fillPoly(np.zeros(SIZE, np.uint8), [points.round().astype(np.int32)], 1).astype(bool)


def ours(image: NDArray[np.uint8], masks: Masks) -> list[tuple[NDArray[Any], ...]]:
    found = []
    for index in range(len(masks)):
        placed = (masks.window(index), *masks.boxes[index, :2].tolist())
        patches = boundary_patches(placed, SIZE, PARAMETERS)
        crops, mask_patches = image_crops(image, patches), mask_crops(placed, patches)
        probability, _, top, left = reassembled(placed, SIZE, patches, mask_patches.astype(np.float32))
        found.append((patches.corners, crops, mask_patches, probability > 0.5, top, left))
    return found


def theirs(image: NDArray[np.uint8], masks: list[NDArray[np.bool_]]) -> list[tuple[NDArray[Any], ...]]:
    found = []
    for mask in masks:
        corners = plain.dense_corners(mask, SIDE, PARAMETERS.nms_threshold)
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


@pytest.mark.parametrize("thread_count", [1, 2])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize(("name", "input_px"), [("hrnet18s", 128), ("hrnet_small", 64), ("hrnet_tiny", 64)])
def test_stages(name: str, input_px: int, precision: Precision, thread_count: int) -> None:
    network, (image, placed, patches) = fuse_batchnorm(RefinementNetwork(name).eval()), scene_of(135)

    def cut() -> list[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
        for mask in placed:
            boundary_patches(mask, SIZE, PARAMETERS)
        return [(image_crops(image, some), mask_crops(mask, some)) for mask, some in zip(placed, patches, strict=True)]

    def paste() -> None:
        for mask, some, crops in zip(placed, patches, parts, strict=True):
            reassembled(mask, SIZE, some, crops)

    images, masks = (np.concatenate(some) for some in zip(*cut(), strict=True))
    parts = np.split(masks.astype(np.float32), np.cumsum([len(some) for some in patches])[:-1])
    torch.set_num_threads(thread_count)
    times = [best_s(cut), best_s(lambda: probabilities(network, images, masks, input_px=input_px, precision=precision))]
    torch.set_num_threads(1)
    times.append(best_s(paste))
    cells = (f"{1e3 * seconds:.1f}" for seconds in (*times, sum(times)))
    record_line(STAGES, name, f"{input_px}", precision, f"{thread_count}", *cells)


def scene_of(count: int) -> tuple[NDArray[np.uint8], list[PlacedMask], list[Patches]]:
    """An image and as many objects as have that many patches together; the last object has fewer than it might."""
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*SIZE, 3), dtype=np.uint8)
    placed, laid = [], []
    while (missing := count - sum(map(len, laid))) > 0:
        masks = Masks.from_dense(SIZE, [blob(rng)])
        placed.append((masks.window(0), *masks.boxes[0, :2].tolist()))
        found = boundary_patches(placed[-1], SIZE, PARAMETERS)
        laid.append(replace(found, corners=found.corners[:missing]))
    return image, placed, laid
