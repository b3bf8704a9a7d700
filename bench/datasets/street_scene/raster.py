"""Paints a scene's surfaces onto a grid of sub-pixels, far ones first, and reads hard labels off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.camera import Camera
from boundary_bench.bench.datasets.street_scene.labels import FIRST_THING, VOID
from boundary_bench.bench.datasets.street_scene.scene import Scene, Surface, Thing

SUBPIXELS = 2
"""Sub-pixels along each side of a pixel."""
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class Painting:
    """Which surface each sub-pixel shows.

    Attributes:
        surfaces: in paint order.
        parts: int32 (H * SUBPIXELS, W * SUBPIXELS), index into `surfaces`.
        bounds: float64 (S, 4), first and last column, first and last row of each surface in pixels.
        ids: int32 (S,), class id, or class id * 1000 + count for things.
    """

    surfaces: Sequence[Surface]
    parts: NDArray[np.int32]
    bounds: NDArray[np.float64]
    ids: NDArray[np.int32]


def paint(scene: Scene, camera: Camera, foreground: Sequence[Surface] = ()) -> Painting:
    """Painter's algorithm: backdrop, things by distance, then `foreground`."""
    things = sorted(scene.things, key=lambda thing: -thing.distance_m)
    surfaces = [*scene.backdrop, *(s for thing in things for s in thing.surfaces), *foreground]
    ids = np.concatenate([
        np.array([s.label for s in scene.backdrop], dtype=np.int32),
        _instance_ids(things),
        np.array([s.label for s in foreground], dtype=np.int32),
    ])  # fmt: skip
    counts = [len(surface.polygons) for surface in surfaces]
    outlines = camera.project([polygon for surface in surfaces for polygon in surface.polygons])
    owners = np.repeat(np.arange(len(surfaces)), counts)
    parts = np.zeros((camera.height_px * SUBPIXELS, camera.width_px * SUBPIXELS), np.int32)
    return Painting(surfaces, parts, _fill(parts, outlines, owners, len(surfaces)), ids)


def fill_mask(mask: NDArray[np.uint8], outline: NDArray[np.float64], value: int) -> None:
    """Fills a polygon given in pixels of `mask`, in place."""
    if len(outline) >= 3:
        fixed = np.rint(np.clip(outline, -30000, 30000) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(mask, [fixed], value, shift=_SHIFT)


def instance_map(painting: Painting) -> NDArray[np.int32]:
    """int32 (H, W): the id that most sub-pixels of a pixel show, that of the nearest surface where some are level."""
    parts = painting.parts
    four = np.stack([parts[row::2, column::2] for row in (0, 1) for column in (0, 1)])
    ids = painting.ids[four]
    chosen: NDArray[np.int32] = ids[0].copy()
    mixed = (ids != ids[0]).any(axis=0)
    few = ids[:, mixed]
    votes = (few[:, None] == few[None]).sum(axis=1, dtype=np.int32)
    winner = (votes * len(painting.surfaces) + four[:, mixed]).argmax(axis=0)
    chosen[mixed] = few[winner, np.arange(few.shape[1])]
    return chosen


def labels_of(instances: NDArray[np.int32]) -> NDArray[np.uint8]:
    """uint8 labels of an instance map: ids from 1000 on carry their class in the thousands."""
    return np.where(instances >= 1000, instances // 1000, instances).astype(np.uint8)


def _instance_ids(things: Sequence[Thing]) -> NDArray[np.int32]:
    counts: dict[int, int] = {}
    ids = []
    for thing in things:
        own: dict[int, int] = {}
        for surface in thing.surfaces:
            label = int(surface.label)
            if label not in own:
                is_thing = FIRST_THING <= label != VOID
                own[label] = label * 1000 + counts.get(label, 0) if is_thing else label
                counts[label] = counts.get(label, 0) + 1
            ids.append(own[label])
    return np.array(ids, dtype=np.int32)


def _fill(
    parts: NDArray[np.int32], outlines: Sequence[NDArray[np.float64]], owners: NDArray[np.intp], surfaces: int
) -> NDArray[np.float64]:
    """Fills polygons one by one (together, overlaps would cancel out); returns the bounds of surfaces in pixels."""
    lengths = np.array([len(outline) for outline in outlines])
    corners = np.concatenate(outlines)
    centres = (np.clip(corners, -30000, 30000) + 0.5) * SUBPIXELS - 0.5
    fixed = np.rint(centres * (1 << _SHIFT)).astype(np.int32)
    bounds = np.tile(np.array([np.inf, -np.inf, np.inf, -np.inf]), (surfaces, 1))
    owner_of_corner = np.repeat(owners, lengths)
    for axis in (0, 1):
        np.minimum.at(bounds[:, 2 * axis], owner_of_corner, corners[:, axis])
        np.maximum.at(bounds[:, 2 * axis + 1], owner_of_corner, corners[:, axis])
    bounds[~np.isfinite(bounds)] = 0.0
    start = 0
    for owner, length in zip(owners.tolist(), lengths.tolist(), strict=True):
        if length >= 3:
            cv2.fillPoly(parts, [fixed[start : start + length]], owner, shift=_SHIFT)
        start += length
    return bounds
