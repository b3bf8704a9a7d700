"""Polygons by the corner: rectangles on the three planes, ellipses, strips, and figures that face the camera."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.scene import Polygon

Outline = NDArray[np.float64]
"""(N, 2) corners in metres: across and up."""


def ground(left: float, right: float, near: float, far: float, up: float = 0.0) -> Polygon:
    """Rectangle lying `up` metres above the ground."""
    return np.array([(left, up, near), (right, up, near), (right, up, far), (left, up, far)])


def along(x: float, near: float, far: float, low: float, high: float) -> Polygon:
    """Upright rectangle parallel to the street."""
    return np.array([(x, low, near), (x, low, far), (x, high, far), (x, high, near)])


def across(z: float, left: float, right: float, low: float, high: float) -> Polygon:
    """Upright rectangle that faces the camera."""
    return np.array([(left, low, z), (right, low, z), (right, high, z), (left, high, z)])


def facing(outline: Outline, x: float, z: float) -> Polygon:
    """An outline stood up at (x, z), facing the camera."""
    polygon = np.empty((len(outline), 3))
    polygon[:, 0] = outline[:, 0] + x
    polygon[:, 1] = outline[:, 1]
    polygon[:, 2] = z
    return polygon


def outline(*corners: tuple[float, float]) -> Outline:
    """Corners as an array."""
    return np.array(corners, dtype=np.float64)


def box(left: float, right: float, low: float, high: float) -> Outline:
    """Rectangle."""
    return outline((left, low), (right, low), (right, high), (left, high))


def ellipse(x: float, y: float, radius_x: float, radius_y: float, corners: int = 14) -> Outline:
    """Ellipse as a polygon."""
    angle = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    return np.stack([x + radius_x * np.cos(angle), y + radius_y * np.sin(angle)], axis=1)


def strip(start: tuple[float, float], end: tuple[float, float], width: float, end_width: float) -> Outline:
    """Straight strip from one point to another, tapering from `width` to `end_width`."""
    delta_x, delta_y = end[0] - start[0], end[1] - start[1]
    length = max(float(np.hypot(delta_x, delta_y)), 1e-6)
    normal_x, normal_y = -delta_y / length / 2, delta_x / length / 2
    return outline(
        (start[0] + normal_x * width, start[1] + normal_y * width),
        (end[0] + normal_x * end_width, end[1] + normal_y * end_width),
        (end[0] - normal_x * end_width, end[1] - normal_y * end_width),
        (start[0] - normal_x * width, start[1] - normal_y * width),
    )


_RIM = np.linspace(0.0, 2.0 * np.pi, 48, endpoint=False)
_CIRCLE = np.stack([np.cos(_RIM), np.sin(_RIM)], axis=1)
_WAVES = np.array([3, 5, 8, 13])
_SINES, _COSINES = np.sin(_RIM[:, None] * _WAVES), np.cos(_RIM[:, None] * _WAVES)
_SWELL = np.array([0.10, 0.09, 0.07, 0.05])


def ragged(x: float, y: float, radius_x: float, radius_y: float, rng: np.random.Generator) -> Outline:
    """Ellipse whose rim is broken up at several scales, as foliage is."""
    random = rng.random(len(_RIM) + 8)
    phase, swell = 2.0 * np.pi * random[:4], _SWELL * (0.4 + 0.6 * random[4:8])
    radius = 0.93 + 0.14 * random[8:]
    radius += _SINES @ (swell * np.cos(phase)) + _COSINES @ (swell * np.sin(phase))
    return np.asarray((x, y) + radius[:, None] * _CIRCLE * (radius_x, radius_y))


def hedge(left: float, right: float, low: float, high: float, rng: np.random.Generator, steps: int) -> Outline:
    """Strip with a straight foot and a ragged top."""
    tops = np.linspace(right, left, steps)
    heights = high + (high - low) * rng.uniform(-0.14, 0.10, steps)
    bottom = outline((left, low), (right, low))
    return np.concatenate([bottom, np.stack([tops, heights], axis=1)])


def stood_along(outlines: Sequence[Outline], x: float) -> list[Polygon]:
    """Outlines (z, up) stood parallel to the street at `x`."""
    return [np.stack([np.full(len(o), x), o[:, 1], o[:, 0]], axis=1) for o in outlines]
