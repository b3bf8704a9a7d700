"""Gaussian filtering of K values per pixel on a permutohedral lattice (Adams, Baek and Davis, Eurographics 2010)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.refiners.densecrf.kernels import embedding, filtering
from boundary_bench.refiners.densecrf.kernels.simd import LANES

TILE_PX = 64
CHUNK_POINTS = 16384
SMALLEST_NORM = 1e-20

Flat = NDArray[np.float32]
Run = Callable[[Callable[[int, int, int], Any], NDArray[np.int64]], list[Any]]
"""Calls a function with (number, first, last) of each part between bounds, side by side; returns what it returned."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """Pixels tile by tile: what is near in the image is near in memory, and in the lattice.

    Attributes:
        pixels: int32 (N,), raster indices.
        bands: int64 (B + 1,), where each row of tiles begins. A band is one thread's work; how many there are
            depends on the image alone, so that results do not depend on the number of threads.
    """

    pixels: NDArray[np.int32]
    bands: NDArray[np.int64]

    @classmethod
    def of(cls, height: int, width: int) -> Order:
        """The order of an image's pixels."""
        raster = np.arange(height * width, dtype=np.int32).reshape(height, width)
        rows = range(0, height, TILE_PX)
        tiles = [raster[y : y + TILE_PX, x : x + TILE_PX].ravel() for y in rows for x in range(0, width, TILE_PX)]
        return cls(np.concatenate(tiles), np.append(np.array(rows, np.int64) * width, height * width))


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """The lattice of one Gaussian kernel over one image; holds for all iterations and any number of classes.

    Filtering splats pixels onto the vertices of their simplices, blurs along the d + 1 axes, and slices. Pixels are
    in the order of `order`; vertices are numbered within each band of pixels.

    Attributes:
        order: of the pixels.
        vertices: uint32 (N, d + 1), into `places` of the pixel's band.
        weights: float32 (N, d + 1), barycentric coordinates times the normalisation.
        starts: int64 (B + 1,), where each band's part of `places` begins.
        places: uint32 (L,), the points that each band touches.
        copies: uint32 (L,), positions in `places`, sorted by point.
        copy_starts: int64 (M + 1,), where each point's copies begin.
        neighbours: uint32 (d + 1, M, 2), of M points; M where there is none.
    """

    order: Order
    vertices: NDArray[np.uint32]
    weights: Flat
    starts: NDArray[np.int64]
    places: NDArray[np.uint32]
    copies: NDArray[np.uint32]
    copy_starts: NDArray[np.int64]
    neighbours: NDArray[np.uint32]

    @property
    def points(self) -> int:
        """M, how many points there are."""
        return int(self.neighbours.shape[1])

    def band(self, number: int) -> slice:
        """A band's part of `places`."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))

    def room(self, blocks: int) -> tuple[Flat, Flat]:
        """Work space of `blurred`: two flat arrays with a row for each point and one of zeros."""
        size = (self.points + 1) * blocks * LANES
        return np.zeros(size, np.float32), np.zeros(size, np.float32)

    def blurred(self, parts: Flat, room: tuple[Flat, Flat], blocks: int, run: Run) -> Flat:
        """Values that the bands have splatted, merged and blurred.

        Args:
            parts: float32 flat, a row for each entry of `places`.
            room: of `room`; large enough that making it anew in each iteration would show.
            blocks: of 8 floats in a row.
            run: threads.

        Returns:
            float32 flat, a row for each point and one of zeros; one of `room`.
        """
        chunks = np.append(np.arange(0, self.points, CHUNK_POINTS), self.points)
        (one, two), wide = room, np.uintp(blocks)

        def merge(_: int, first: int, last: int) -> None:
            filtering.merge(self.copies, self.copy_starts, parts, one, first, last, wide)

        run(merge, chunks)
        for along in self.neighbours:
            run(partial(_blur, one, two, along, wide), chunks)
            one, two = two, one
        return one

    def filter(self, values: Flat, run: Run) -> Flat:
        """The filter's output for values float32 (N, 8), in the order of the lattice."""
        parts = np.zeros(len(self.places) * LANES, np.float32)
        filtered = np.zeros(values.size, np.float32)
        one = np.uintp(1)

        def splat(number: int, first: int, last: int) -> None:
            own = self.band(number)
            mine = parts[own.start * LANES : own.stop * LANES]
            filtering.splat(values.ravel(), mine, self.vertices, self.weights, first, last, one)

        run(splat, self.order.bands)
        points = self.blurred(parts, self.room(1), 1, run)

        def slice_band(number: int, first: int, last: int) -> None:
            places = self.places[self.band(number)]
            filtering.slice_rows(points, places, self.vertices, self.weights, filtered, first, last, one)

        run(slice_band, self.order.bands)
        return filtered.reshape(values.shape)


def build(image: NDArray[np.uint8], order: Order, sxy: float, srgb: float | None, run: Run) -> Lattice:
    """The lattice of exp(-|Δxy|² / 2 sxy² - |ΔRGB|² / 2 srgb²), normalised symmetrically; RGB or other channels.

    With the kernel matrix K, filtering multiplies by D^-1/2 K D^-1/2, D being the sums of its rows (`symmetric`
    normalisation of the authors' second code, Krähenbühl and Koltun, ICML 2013).

    Args:
        image: uint8 (H, W, C).
        order: of its pixels.
        sxy: standard deviation, px.
        srgb: standard deviation of each channel; None leaves the colours out.
        run: threads.

    Raises:
        ValueError: standard deviations so small that the lattice would have more than 2^62 possible points.
    """
    factors = _factors([sxy, sxy] if srgb is None else [sxy, sxy, *[srgb] * image.shape[2]])
    strides, origin = _strides(image.shape[:2], factors)
    n, d = len(order.pixels), len(factors)
    vertices, weights = np.empty((n, d + 1), np.uint32), np.empty((n, d + 1), np.float32)

    def embed(_: int, first: int, last: int) -> NDArray[np.int64]:
        own = slice(first, last)
        found: NDArray[np.int64] = embedding.embed(
            image, order.pixels[own], tuple(factors), strides, origin, vertices[own], weights[own]
        )
        return found

    met = run(embed, order.bands)
    starts = np.cumsum([0, *(len(codes) for codes in met)])
    places, codes = embedding.number(np.concatenate(met), starts)
    neighbours = embedding.neighbours(codes, strides)
    copy_starts = np.append(0, np.cumsum(np.bincount(places, minlength=len(codes))))
    copies = np.argsort(places, kind="stable").astype(np.uint32)
    lattice = Lattice(order, vertices, weights, starts, places, copies, copy_starts, neighbours)
    _normalise(lattice, run)
    return lattice


def _blur(
    points: Flat, blurred: Flat, neighbours: NDArray[np.uint32], blocks: np.uintp, _: int, first: int, last: int
) -> None:
    filtering.blur(points, blurred, neighbours, first, last, blocks)


@contextmanager
def threads(count: int) -> Iterator[Run]:
    """A `Run` on that many threads."""
    with ThreadPoolExecutor(count) as pool:

        def run(work: Callable[..., Any], bounds: NDArray[np.int64]) -> list[Any]:
            parts = zip(range(len(bounds) - 1), bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)
            return list(pool.map(lambda part: work(*part), parts))

        yield run


def _factors(deviations: list[float]) -> Flat:
    """From features to lattice directions; the blur has a variance of 2/3 (d + 1)² along each of them."""
    d = len(deviations)
    i = np.arange(d)
    return np.asarray(np.sqrt(2 / 3) * (d + 1) / np.sqrt((i + 1) * (i + 2)) / np.array(deviations), np.float32)


def _strides(size: tuple[int, ...], factors: Flat) -> tuple[NDArray[np.int64], np.int64]:
    """How a point's coordinates make one number: a mixed radix over the ranges that this image can reach."""
    d = len(factors)
    reach = np.array([size[1], size[0], *[255] * (d - 2)]) * factors.astype(np.float64)
    # Coordinate j takes -j times feature j - 1 and all later features.
    least = np.append(0, -np.arange(1, d + 1) * reach)[:-1]
    most = np.cumsum(reach[::-1])[::-1]
    margin = 3  # vertices lie up to a cell beyond the nearest point, and their neighbours one more
    lowest = np.floor(least / (d + 1)).astype(np.int64) - margin
    counts = np.ceil(most / (d + 1)).astype(np.int64) + margin + 1 - lowest
    if np.prod([float(count) for count in counts]) * (d + 1) > 2.0**62:
        raise ValueError(
            f"bandwidths are so small that an image of {size[0]} x {size[1]} px spreads over {counts.max()} lattice "
            f"cells along one of {d} axes; allowed: about 1 px and 1 intensity unit or more, with many channels more"
        )
    strides = np.append(1, np.cumprod(counts))
    return strides, np.int64(-(lowest * strides[:-1]).sum())


def _normalise(lattice: Lattice, run: Run) -> None:
    """Put 1 / sqrt of the rows' sums into the weights; any constant factor of the filter cancels out."""
    ones = np.ones((len(lattice.vertices), LANES), np.float32)
    sums = lattice.filter(ones, run)[:, :1]
    lattice.weights[:] *= 1 / np.sqrt(sums + np.float32(SMALLEST_NORM))
