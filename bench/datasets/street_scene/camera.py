"""A pinhole camera at the height of a windscreen: metres to pixels, with what lies behind it cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene.scene import Polygon

NEAR_M = 0.5


@dataclass(frozen=True, slots=True)
class Camera:
    """Pinhole without distortion.

    Attributes:
        height_px: image height.
        width_px: image width.
        focal_px: focal length.
        horizon_px: row of the horizon.
        height_m: of the camera above the road.
        yaw_rad: to the right of the street's direction.
        roll_rad: clockwise.
    """

    height_px: int
    width_px: int
    focal_px: float
    horizon_px: float
    height_m: float
    yaw_rad: float
    roll_rad: float

    def project(self, polygons: Sequence[Polygon]) -> list[NDArray[np.float64]]:
        """Pixel coordinates (M, 2) as (column, row) of each polygon, pixel centres at integers.

        What lies nearer than `NEAR_M` is cut off; a polygon entirely there comes back with 0 corners.
        """
        if not polygons:
            return []
        counts = np.array([len(p) for p in polygons])
        turned = self._turn(np.concatenate(polygons))
        starts = np.cumsum(counts) - counts
        nearest = np.minimum.reduceat(turned[:, 2], starts)
        pixels = self._pixels(turned)
        parts = []
        for start, count, near in zip(starts.tolist(), counts.tolist(), nearest.tolist(), strict=True):
            if near >= NEAR_M:
                parts.append(pixels[start : start + count])
            else:
                parts.append(self._pixels(_cut(turned[start : start + count])))
        return parts

    def rows_to_metres(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance ahead of the road seen in each row, without roll; infinite at the horizon and above."""
        below = np.maximum(rows - self.horizon_px, 1e-3)
        return np.where(rows > self.horizon_px, self.focal_px * self.height_m / below, np.inf)

    def _turn(self, points: Polygon) -> Polygon:
        cos, sin = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        return np.stack([x * cos - z * sin, y - self.height_m, x * sin + z * cos], axis=1)

    def _pixels(self, turned: Polygon) -> NDArray[np.float64]:
        scale = self.focal_px / np.maximum(turned[:, 2], NEAR_M)
        right, down = turned[:, 0] * scale, -turned[:, 1] * scale
        cos, sin = np.cos(self.roll_rad), np.sin(self.roll_rad)
        column = (self.width_px - 1) / 2 + right * cos - down * sin
        return np.stack([column, self.horizon_px + right * sin + down * cos], axis=1)


def _cut(polygon: Polygon) -> Polygon:
    """The part of a polygon at z >= NEAR_M (Sutherland and Hodgman 1974, one plane)."""
    kept: list[NDArray[np.float64]] = []
    for start, end in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        if start[2] >= NEAR_M:
            kept.append(start)
        if (start[2] >= NEAR_M) != (end[2] >= NEAR_M):
            share = (NEAR_M - start[2]) / (end[2] - start[2])
            kept.append(start + share * (end - start))
    return np.array(kept).reshape(-1, 3)
