"""Materials, light, haze, texture and shadows: what colour each pixel of a painting has before the sensor."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.camera import Camera
from boundary_bench.bench.datasets.street_scene.raster import SUBPIXELS, Painting, fill_mask
from boundary_bench.bench.datasets.street_scene.scene import Light, Scene, Surface

Plane = NDArray[np.float32]
"""float32 (H, W)."""


def shade(painting: Painting, scene: Scene, camera: Camera, rng: np.random.Generator) -> NDArray[np.float32]:
    """float32 (H, W, 3), RGB in 0..1 or a little above.

    Colours are averaged over sub-pixels, which smooths the edges; texture, gradients and shadows are those of one
    sub-pixel.
    """
    size = (camera.width_px, camera.height_px)
    colours = np.array([_lit(surface, scene.light) for surface in painting.surfaces], dtype=np.float32)
    image = cv2.resize(np.take(colours, painting.parts, axis=0, mode="clip"), size, interpolation=cv2.INTER_AREA)
    nearest = painting.parts[::SUBPIXELS, ::SUBPIXELS].astype(np.intp)
    image *= _gain(painting, nearest, scene, camera, rng)[..., None]
    return _ground_haze(image, painting, nearest, scene.light, camera)


def value_noise(rng: np.random.Generator, height: int, width: int, cell: float) -> Plane:
    """Smooth noise of mean 0 and about unit variance whose bumps are `cell` pixels wide."""
    rows, columns = int(np.ceil(height / cell)) + 3, int(np.ceil(width / cell)) + 3
    coarse = rng.standard_normal((rows, columns), dtype=np.float32) * np.float32(1.4)
    if cell <= 1:
        return coarse[:height, :width]
    enlarged = cv2.resize(coarse, None, fx=cell, fy=cell, interpolation=cv2.INTER_CUBIC)
    top, left = int(cell), int(cell)
    return np.asarray(enlarged[top : top + height, left : left + width], dtype=np.float32)


def _lit(surface: Surface, light: Light) -> list[float]:
    """Colour of a surface under the light, faded by its mean distance; the ground is faded row by row later."""
    material = surface.material
    lit = [c * gain for c, gain in zip(material.colour, light.colour, strict=True)]
    if not material.hazed or material.ground > 0 or not surface.polygons:
        return lit
    depths = surface.polygons[0][:, 2].tolist()
    fade = math.exp(-min(max(sum(depths) / len(depths), 0.0), 150.0) / light.haze_m)
    return [c * fade + s * (1.0 - fade) * 0.9 for c, s in zip(lit, light.sky, strict=True)]


def _gain(
    painting: Painting, nearest: NDArray[np.intp], scene: Scene, camera: Camera, rng: np.random.Generator
) -> Plane:
    height, width = nearest.shape
    slopes = _slopes(painting)
    columns, rows = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)[:, None]
    gain = np.take(slopes[0], nearest)
    gain += np.take(slopes[1], nearest) * columns
    gain += np.take(slopes[2], nearest) * rows
    materials = [surface.material for surface in painting.surfaces]
    scale = height / 256
    coarse = value_noise(rng, height, width, 22 * scale) + 0.6 * value_noise(rng, height, width, 7 * scale)
    fine = value_noise(rng, height, width, 1.0) * np.float32(0.3) + value_noise(rng, height, width, 2.5) * np.float32(
        0.5
    )
    for noise, amplitudes in (
        (fine, [m.fine for m in materials]),
        (coarse, [m.coarse * 0.42 for m in materials]),
        (_ground_noise(camera, rng), [m.ground for m in materials]),
    ):
        gain += np.take(np.array(amplitudes, dtype=np.float32), nearest) * noise
    np.clip(gain, 0.25, 2.2, out=gain)
    shaded = np.array([scene.light.shadow if m.shaded else 0.0 for m in materials], dtype=np.float32)
    gain *= 1.0 - np.take(shaded, nearest) * _shadows(scene, camera)
    return gain


def _slopes(painting: Painting) -> NDArray[np.float32]:
    """float32 (3, S): gain at pixel (0, 0) of each surface and its change per column and per row."""
    left, right, top, bottom = painting.bounds.T
    lift = np.array([surface.material.lift for surface in painting.surfaces])
    turn = np.array([surface.material.turn for surface in painting.surfaces])
    per_column = turn / np.maximum(right - left, 2.0)
    per_row = -lift / np.maximum(bottom - top, 2.0)
    start = 1.0 - per_column * (left + right) / 2 - per_row * (top + bottom) / 2
    return np.stack([start, per_column, per_row]).astype(np.float32)


def _ground_noise(camera: Camera, rng: np.random.Generator) -> Plane:
    """Noise that lies on the road: finer and fainter with distance."""
    side = 512
    tile = 0.6 * value_noise(rng, side, side, 2.0) + 0.5 * value_noise(rng, side, side, 9.0)
    tile += 0.6 * value_noise(rng, side, side, 40.0)
    rows = np.arange(camera.height_px, dtype=np.float64)
    metres = np.minimum(camera.rows_to_metres(rows), 200.0).astype(np.float32)
    columns = (np.arange(camera.width_px, dtype=np.float32) - camera.width_px / 2) / np.float32(camera.focal_px)
    x = np.mod(columns * metres[:, None] * 14.0, side - 1).astype(np.float32)
    z = np.broadcast_to(np.mod(metres[:, None] * 14.0, side - 1), x.shape).astype(np.float32)
    noise = cv2.remap(tile, x, z, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    return np.asarray(noise * np.exp(-metres / 22.0)[:, None], dtype=np.float32)


def _shadows(scene: Scene, camera: Camera) -> Plane:
    """float32 (H, W) in 0..1: how deep in the shadow of a thing the ground of each pixel lies."""
    drop = np.array([scene.light.sun[0], 0.0, scene.light.sun[1]])
    footprints = [thing.footprint for thing in scene.things if thing.footprint is not None]
    heights = [thing.height_m for thing in scene.things if thing.footprint is not None]
    casts = [np.concatenate([foot, foot + drop * high]) for foot, high in zip(footprints, heights, strict=True)]
    mask = np.zeros((camera.height_px, camera.width_px), np.uint8)
    for cast in casts:
        cast[:, 2] = np.maximum(cast[:, 2], 2.0)
    for outline in camera.project(casts):
        if len(outline) >= 3:
            hull = cv2.convexHull(outline.astype(np.float32)).reshape(-1, 2)
            fill_mask(mask, hull.astype(np.float64), 200)
    for outline in camera.project(footprints):
        fill_mask(mask, outline, 255)
    blurred = cv2.GaussianBlur(mask, (0, 0), sigmaX=camera.height_px / 170, sigmaY=camera.height_px / 230)
    return np.asarray(blurred, dtype=np.float32) / np.float32(255)


def _ground_haze(
    image: NDArray[np.float32], painting: Painting, nearest: NDArray[np.intp], light: Light, camera: Camera
) -> NDArray[np.float32]:
    metres = np.minimum(camera.rows_to_metres(np.arange(camera.height_px, dtype=np.float64)), 150.0)
    fade = np.exp(-metres / light.haze_m).astype(np.float32)[:, None]
    is_ground = np.array([surface.material.ground > 0 for surface in painting.surfaces])
    share = np.where(np.take(is_ground, nearest), 1.0 - fade, np.float32(0.0))[..., None]
    return np.asarray(image * (1.0 - share) + share * np.array(light.sky, dtype=np.float32) * 0.9, dtype=np.float32)
