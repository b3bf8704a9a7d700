"""The lines on either side of a street: houses, walls, fences, hedges and the trees behind them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.datasets.street_scene import palette
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.scene import Material, Surface
from boundary_bench.bench.datasets.street_scene.shapes import across, along, facing, hedge, ragged, stood_along


def house(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    """A house whose front stands at `x`, parallel to the street, from `near` to `far` metres ahead."""
    storeys, storey = int(rng.integers(2, 6)), rng.uniform(2.9, 3.6)
    height = storeys * storey + rng.uniform(0.5, 1.2)
    facade = Material(palette.pick(rng, palette.FACADES, 0.12), fine=0.05, coarse=0.10, lift=0.10)
    depth = 11.0 * float(np.sign(x))
    gable = facade.brighter(rng.uniform(0.7, 0.95))
    roof = Material(palette.pick(rng, ((0.32, 0.22, 0.19), (0.26, 0.26, 0.28))), fine=0.12)
    yield Surface(Label.BUILDING, gable, [across(near, min(x, x + depth), max(x, x + depth), 0.0, height)])
    yield Surface(Label.BUILDING, facade, [along(x, near, far, 0.0, height)])
    yield Surface(Label.BUILDING, roof, [along(x, near, far, height - 0.35, height + 0.25)])
    columns = max(1, int((far - near) / rng.uniform(2.2, 3.4)))
    pitch = (far - near) / columns
    opening = rng.uniform(0.45, 0.62) * pitch
    lefts = near + pitch * (np.arange(columns) + 0.5) - opening / 2
    sills = storey * np.arange(1, storeys) + 0.9
    tall = rng.uniform(1.3, 1.8)
    frame = facade.brighter(1.25 if rng.random() < 0.6 else 0.7)
    boxes = [(left, sill) for sill in sills.tolist() for left in lefts.tolist()]
    yield Surface(
        Label.BUILDING, frame, [along(x, a - 0.1, a + opening + 0.1, b - 0.15, b + tall + 0.1) for a, b in boxes]
    )
    yield Surface(
        Label.BUILDING,
        palette.GLASS.brighter(rng.uniform(0.8, 1.8)),
        [along(x, a, a + opening, b, b + tall) for a, b in boxes],
    )
    yield from _ground_floor(x, lefts, opening, rng)


def _ground_floor(
    x: float, lefts: NDArray[np.floating[Any]], opening: float, rng: np.random.Generator
) -> Iterator[Surface]:
    shop = rng.random() < 0.45
    top, sill = (2.7, 0.5) if shop else (2.3, 0.9)
    door = Material(palette.pick(rng, palette.CLOTHES), fine=0.06, coarse=0.06)
    is_door = rng.random(len(lefts)) < 0.3
    panes = [along(x, a, a + opening, sill, top) for a in lefts[~is_door].tolist()]
    doors = [along(x, a + 0.1, a + 1.2, 0.0, 2.3) for a in lefts[is_door].tolist()]
    yield Surface(Label.BUILDING, palette.GLASS.brighter(rng.uniform(0.7, 2.2)), panes)
    yield Surface(Label.BUILDING, door, doors)
    if shop:
        board = Material(palette.pick(rng, palette.CARGO), fine=0.06, coarse=0.05)
        yield Surface(Label.BUILDING, board, [along(x, lefts[0] - 0.3, lefts[-1] + opening + 0.3, 2.8, 3.3)])


def garden_wall(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    """A masonry wall with a coping."""
    height = rng.uniform(1.4, 2.8)
    stone = Material(palette.pick(rng, palette.FACADES, 0.10), fine=0.14, coarse=0.14).brighter(0.9)
    end = across(near, min(x, x + np.sign(x) * 0.3), max(x, x + np.sign(x) * 0.3), 0.0, height)
    yield Surface(Label.WALL, stone.brighter(0.8), [end])
    yield Surface(Label.WALL, stone, [along(x, near, far, 0.0, height)])
    yield Surface(Label.WALL, stone.brighter(1.25), [along(x, near, far, height - 0.12, height + 0.06)])


def fence(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    """Palings close to each other in front of a darker ground; what shows between them counts as fence."""
    height, pitch = rng.uniform(1.0, 1.9), rng.uniform(0.35, 0.6)
    back = Material(palette.pick(rng, ((0.26, 0.30, 0.20), (0.30, 0.27, 0.23))), fine=0.2, coarse=0.1)
    paling = Material(palette.pick(rng, ((0.48, 0.38, 0.28), (0.72, 0.72, 0.70), (0.25, 0.30, 0.26))), fine=0.08)
    starts = np.arange(near, far - pitch, pitch).tolist()
    yield Surface(Label.FENCE, back, [along(x, near, far, 0.0, height)])
    yield Surface(Label.FENCE, paling, [along(x, a, a + 0.45 * pitch, 0.0, height + 0.1) for a in starts])
    rails = [along(x, near, far, share * height, share * height + 0.1) for share in (0.25, 0.8)]
    yield Surface(Label.FENCE, paling.brighter(0.85), rails)


def greenery(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    """A hedge along the street."""
    height = rng.uniform(1.0, 3.2)
    steps = int(np.clip((far - near) / 0.35, 6, 60))
    leaves = palette.leaves(rng)
    body = hedge(near, far, 0.0, height, rng, steps)
    light = hedge(near, far, height * 0.55, height * 0.92, rng, steps)
    front = across(near, min(x, x + np.sign(x) * 1.2), max(x, x + np.sign(x) * 1.2), 0.0, height * 0.93)
    yield Surface(Label.VEGETATION, leaves.brighter(0.75), [front])
    yield Surface(Label.VEGETATION, leaves, stood_along([body], x))
    yield Surface(Label.VEGETATION, leaves.brighter(1.2), stood_along([light], x))


def grove(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    """Trees behind the building line, crown by crown from far to near."""
    for z in sorted(rng.uniform(near, far, max(2, int((far - near) / 4))).tolist(), reverse=True):
        leaves = palette.leaves(rng)
        radius = rng.uniform(1.8, 3.4)
        centre = x + np.sign(x) * rng.uniform(radius * 0.4, 6.0)
        rise = radius * rng.uniform(0.9, 1.6)
        clumps = [
            ragged(
                rng.uniform(-0.5, 0.5) * radius,
                rise + rng.uniform(-0.4, 0.6) * radius,
                radius * 0.45,
                radius * 0.4,
                rng,
            )
            for _ in range(4)
        ]
        yield Surface(
            Label.VEGETATION, leaves.brighter(0.8), [facing(ragged(0.0, rise, radius, rise * 1.05, rng), centre, z)]
        )
        yield Surface(Label.VEGETATION, leaves.brighter(1.1), [facing(clump, centre, z) for clump in clumps])
