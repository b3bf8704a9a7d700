"""Surfaces of masks, and the distances between two of them, from which all surface numbers follow.

Two definitions are in use. A `pixel` surface is made of the mask's pixels that have one of their four neighbours
outside of it; beyond the image all is outside (medpy, MONAI). A `subvoxel` surface is made of the points between four
pixels of which some belong to the mask, each with the length of contour that passes there (Nikolov et al., 2018;
DeepMind's surface-distance).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from boundary_bench.metrics.kernels.masks.nearest_points import bits_of, squared_to_nearest
from boundary_bench.metrics.kernels.masks.surface_points import corner_codes, corner_points, inner_edge
from boundary_bench.metrics.kernels.thinning import pack

SurfaceKind = Literal["pixel", "subvoxel"]
Spacing = tuple[float, float]
"""Of rows and of columns."""

MOST_ROWS: Final = 48
MOST_LOOKS: Final = 200_000
"""Points whose nearest one is more rows off are looked for in all rows where they are few, else in a tree."""


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """Points of a surface, by rows.

    Attributes:
        rows, columns: int32 (N,).
        starts: int64 (H + 1,), where each row begins.
        lengths: float64 (N,), of contour at each point; None where each point counts the same.
    """

    rows: NDArray[np.int32]
    columns: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.float64] | None

    def __len__(self) -> int:
        return len(self.rows)


def surface_of(mask: NDArray[np.bool_], kind: SurfaceKind, spacing: Spacing = (1.0, 1.0)) -> Surface:
    """The surface of a mask, bool (H, W); empty where the mask is."""
    return _pixel_surface(mask) if kind == "pixel" else _subvoxel_surface(mask, spacing)


def distances(surface: Surface, other: Surface, spacing: Spacing = (1.0, 1.0)) -> NDArray[np.float64]:
    """Euclidean distance of each point of a surface to the nearest of another: float64 (N,), infinite where it is
    empty."""
    if not len(surface) or not len(other):
        return np.full(len(surface), np.inf)
    squared = _squared_by_rows(surface, slice(None), other, spacing, MOST_ROWS)
    far = np.flatnonzero(np.isinf(squared))
    height = len(other.starts)
    if len(far) * height > MOST_LOOKS:
        squared[far] = _squared_by_tree(surface, far, other, spacing)
    elif len(far):
        squared[far] = _squared_by_rows(surface, far, other, spacing, height)
    return np.sqrt(squared)


def _squared_by_rows(
    surface: Surface, some: slice | NDArray[np.int64], other: Surface, spacing: Spacing, most_rows: int
) -> NDArray[np.float64]:
    at = surface.rows[some], surface.columns[some]
    return squared_to_nearest(*at, other.columns, other.starts, spacing=spacing, most_rows=most_rows)


def _squared_by_tree(
    surface: Surface, some: NDArray[np.int64], other: Surface, spacing: Spacing
) -> NDArray[np.float64]:
    scale = np.array(spacing)
    points, others = (np.stack([each.rows, each.columns], axis=1) * scale for each in (surface, other))
    _, place = cKDTree(others).query(points[some])
    return np.asarray(((points[some] - others[place]) ** 2).sum(axis=1))


def _pixel_surface(mask: NDArray[np.bool_]) -> Surface:
    return Surface(*bits_of(inner_edge(pack(mask))), None)


def _subvoxel_surface(mask: NDArray[np.bool_], spacing: Spacing) -> Surface:
    """Point (y, x) lies between the pixels (y - 1, x - 1) and (y, x); there are (H + 1, W + 1)."""
    words = pack(mask)
    rows, columns, starts = bits_of(corner_points(words))
    return Surface(rows, columns, starts, contour_lengths(spacing)[corner_codes(words, rows, columns)])


def contour_lengths(spacing: Spacing) -> NDArray[np.float64]:
    """Length of contour for each code of four pixels, of which the upper left one is 8 and the lower right one 1:
    float64 (16,)."""
    down, across = spacing
    diagonal = 0.5 * float(np.hypot(down, across))
    lengths = np.full(16, diagonal)
    lengths[[0, 15]] = 0
    lengths[[0b0011, 0b1100]] = across
    lengths[[0b0101, 0b1010]] = down
    lengths[[0b0110, 0b1001]] = 2 * diagonal
    return lengths
