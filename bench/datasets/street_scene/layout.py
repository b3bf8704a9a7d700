"""Where everything stands: the ground, both sides of the street, its end, and who is out in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from boundary_bench.bench.datasets.street_scene import buildings, furniture, palette, people, vehicles
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.scene import Colour, Material, Polygon, Scene, Surface, Thing
from boundary_bench.bench.datasets.street_scene.shapes import across, ground, ragged

FAR_M = 130.0


@dataclass(frozen=True, slots=True)
class Side:
    """One side of the street in metres from the camera; `sign` is -1 on the left.

    Attributes:
        kerb: where the road ends.
        verge: where a strip of grass between road and pavement ends (the kerb if there is none).
        line: where houses, walls and fences begin.
    """

    sign: float
    kerb: float
    verge: float
    line: float


def street(rng: np.random.Generator) -> Scene:
    """A new street."""
    light = palette.daylight(rng)
    lane = rng.uniform(2.9, 3.5)
    sides = [
        _side(sign, kerb, rng)
        for sign, kerb in ((-1.0, lane * rng.uniform(1.3, 2.4)), (1.0, lane * rng.uniform(0.5, 1.6)))
    ]
    backdrop = [*_sky(light.sky), *_skyline(rng), *_ground(sides, lane, rng)]
    for side in sides:
        backdrop.extend(_building_line(side, rng))
    things = list(_things(sides, lane, rng))
    return Scene(backdrop, things, light)


def _side(sign: float, kerb: float, rng: np.random.Generator) -> Side:
    verge = kerb + (rng.uniform(1.0, 4.0) if rng.random() < 0.5 else 0.0)
    return Side(sign, kerb, verge, verge + rng.uniform(1.8, 4.5))


def _sky(colour: Colour) -> Iterator[Surface]:
    red, green, blue = colour
    zenith = Material((red * 0.80, green * 0.86, blue * 0.92), fine=0.0, coarse=0.10, lift=-0.30, hazed=False)
    yield Surface(Label.SKY, zenith, [across(900.0, -3000.0, 3000.0, -40.0, 1200.0)])


def _skyline(rng: np.random.Generator) -> Iterator[Surface]:
    """The end of the street: distant houses and trees."""
    for _ in range(9):
        left, wide = rng.uniform(-70.0, 60.0), rng.uniform(8.0, 26.0)
        front = Material(palette.pick(rng, palette.FACADES, 0.1), fine=0.05, coarse=0.1)
        yield Surface(Label.BUILDING, front, [across(FAR_M + 8, left, left + wide, 0.0, rng.uniform(5.0, 16.0))])
    for _ in range(10):
        wide, high = rng.uniform(5.0, 14.0), rng.uniform(3.0, 8.0)
        crown = ragged(rng.uniform(-70.0, 70.0), high * 0.7, wide, high, rng)
        polygon = np.column_stack([crown, np.full(len(crown), FAR_M + 4)])
        yield Surface(Label.VEGETATION, palette.leaves(rng), [polygon])


def _ground(sides: list[Side], lane: float, rng: np.random.Generator) -> Iterator[Surface]:
    grass = Material(
        palette.pick(rng, ((0.30, 0.36, 0.17), (0.40, 0.38, 0.22))),
        fine=0.10,
        coarse=0.12,
        ground=0.30,
        lift=0,
        shaded=True,
    )
    paving = Material(palette.grey(rng, 0.42, 0.60, 0.03), fine=0.05, coarse=0.06, ground=0.14, lift=0.0, shaded=True)
    asphalt = Material(palette.grey(rng, 0.27, 0.44, 0.008), fine=0.05, coarse=0.06, ground=0.12, lift=0.0, shaded=True)
    yield Surface(Label.TERRAIN, grass, [ground(-300.0, 300.0, 0.0, FAR_M + 30)])
    left, right = sides
    yield Surface(Label.SIDEWALK, paving, [ground(-left.line, right.line, 0.0, FAR_M + 2)])
    for side in sides:
        if side.verge > side.kerb:
            yield Surface(Label.TERRAIN, grass.brighter(1.08), [_lane(side, side.kerb, side.verge, 0.0, FAR_M)])
    kerbstone = paving.brighter(1.25)
    yield Surface(
        Label.SIDEWALK, kerbstone, [_lane(side, side.kerb, side.kerb + 0.22, 0.0, FAR_M, 0.1) for side in sides]
    )
    yield Surface(Label.ROAD, asphalt, [ground(-left.kerb, right.kerb, 0.0, FAR_M + 6)])
    patches = [_patch(-left.kerb, right.kerb, rng) for _ in range(int(rng.integers(0, 5)))]
    yield Surface(Label.ROAD, asphalt.brighter(rng.uniform(0.78, 1.15)), patches)
    yield Surface(Label.ROAD, _paint(rng), list(_markings(left.kerb, right.kerb, lane, rng)))


def _lane(side: Side, inner: float, outer: float, near: float, far: float, up: float = 0.0) -> Polygon:
    edges = sorted((side.sign * inner, side.sign * outer))
    return ground(edges[0], edges[1], near, far, up)


def _patch(left: float, right: float, rng: np.random.Generator) -> Polygon:
    x, z = rng.uniform(left, right - 0.8), rng.uniform(4.0, 30.0)
    return ground(x, min(right, x + rng.uniform(0.6, 1.6)), z, z + rng.uniform(0.8, 9.0))


def _paint(rng: np.random.Generator) -> Material:
    return Material(palette.grey(rng, 0.68, 0.85), fine=0.06, coarse=0.10, ground=0.15, shaded=True, lift=0.0)


def _markings(left: float, right: float, lane: float, rng: np.random.Generator) -> Iterator[Polygon]:
    """Broken centre lines; sometimes a zebra crossing."""
    x = right - lane * 1.02
    while x > -left + 1.2:
        for z in np.arange(rng.uniform(1.0, 6.0), 90.0, 6.0).tolist():
            yield ground(x - 0.07, x + 0.07, z, z + 3.0)
        x -= lane
    if rng.random() < 0.3:
        z = rng.uniform(9.0, 30.0)
        for start in np.arange(-left + 0.3, right - 0.5, 1.0).tolist():
            yield ground(start, start + 0.5, z, z + 3.2)


def _building_line(side: Side, rng: np.random.Generator) -> list[Surface]:
    """Stretches of houses, walls, fences and hedges, the far ones first."""
    stretches: list[list[Surface]] = []
    z = rng.uniform(-2.0, 4.0)
    while z < FAR_M:
        kind = rng.choice(5, p=(0.46, 0.14, 0.16, 0.12, 0.12))
        end = z + (rng.uniform(9.0, 22.0) if kind == 0 else rng.uniform(6.0, 16.0))
        x = side.sign * side.line
        if kind == 0:
            stretches.append(list(buildings.house(x, z, end, rng)))
        else:
            stretches.append([*_behind(x, z, end, rng), *_front(int(kind), x, z, end, rng)])
        z = end + (rng.uniform(0.0, 5.0) if rng.random() < 0.3 else 0.0)
    return [surface for stretch in reversed(stretches) for surface in stretch]


def _behind(x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    back = x + np.sign(x) * rng.uniform(5.0, 9.0)
    if rng.random() < 0.5:
        yield from buildings.house(back, near + 1.0, far - 0.5, rng)
    if rng.random() < 0.75:
        yield from buildings.grove(x, near, far, rng)


def _front(kind: int, x: float, near: float, far: float, rng: np.random.Generator) -> Iterator[Surface]:
    if kind == 1:
        yield from buildings.garden_wall(x, near, far, rng)
    elif kind == 2:
        yield from buildings.fence(x, near, far, rng)
    elif kind == 3:
        yield from buildings.greenery(x, near, far, rng)


def _things(sides: list[Side], lane: float, rng: np.random.Generator) -> Iterator[Thing]:
    for side in sides:
        yield from _pavement(side, rng)
        yield from _parked(side, rng)
    yield from _traffic(-sides[0].kerb, sides[1].kerb, lane, rng)


def _pavement(side: Side, rng: np.random.Generator) -> Iterator[Thing]:
    """Posts by the kerb, trees, pedestrians, bicycles against the houses."""
    edge = side.sign * (side.verge + 0.4)
    for z in np.arange(rng.uniform(7.0, 22.0), 80.0, rng.uniform(16.0, 30.0)).tolist():
        yield furniture.lamp_post(edge, z, rng)
    makers = (furniture.sign_post, furniture.traffic_light, furniture.bollard)
    for index in rng.choice(3, size=int(rng.integers(2, 6)), p=(0.45, 0.28, 0.27)).tolist():
        yield makers[index](edge, rng.uniform(8.0, 45.0), rng)
    if rng.random() < 0.55:
        spot = side.sign * (
            rng.uniform(side.kerb + 0.5, side.verge) if side.verge > side.kerb + 0.6 else side.verge + 0.7
        )
        for z in np.arange(rng.uniform(10.0, 25.0), 90.0, rng.uniform(8.0, 16.0)).tolist():
            yield furniture.tree(spot, z, rng)
    for _ in range(int(rng.poisson(3.2))):
        yield people.pedestrian(
            side.sign * rng.uniform(side.verge + 0.5, side.line - 0.3), 6.0 + rng.exponential(16.0), rng
        )
    for _ in range(int(rng.poisson(0.9))):
        label = Label.BICYCLE if rng.random() < 0.65 else Label.MOTORCYCLE
        yield people.two_wheeler(
            label, side.sign * (side.verge + rng.uniform(0.6, 1.2)), rng.uniform(8.0, 28.0), False, rng
        )


def _parked(side: Side, rng: np.random.Generator) -> Iterator[Thing]:
    if side.kerb < 4.0 or rng.random() < 0.25:
        return
    z = rng.uniform(6.0, 20.0)
    while z < 75.0:
        if rng.random() < 0.72:
            label = Label.TRUCK if rng.random() < 0.06 else Label.CAR
            heading = (0.0 if side.sign > 0 else np.pi) + rng.normal(0.0, 0.03)
            yield vehicles.vehicle(label, side.sign * (side.kerb - 1.15), z, heading, rng)
            z += 5.0 if label == Label.TRUCK else 0.0
        z += rng.uniform(5.3, 7.0)


def _traffic(left: float, right: float, lane: float, rng: np.random.Generator) -> Iterator[Thing]:
    """Vehicles in their lanes, somebody crossing, riders."""
    kinds = (Label.CAR, Label.TRUCK, Label.BUS, Label.TRAIN)
    centres = [(right - lane * 0.5 if right < 4.0 else 0.0, 0.0), (max(left + lane * 0.6, -lane), np.pi)]
    for centre, heading in centres:
        z = rng.uniform(9.0, 32.0)
        while z < 90.0:
            label = kinds[int(rng.choice(4, p=(0.58, 0.15, 0.14, 0.13)))]
            length = {Label.CAR: 5.0, Label.TRUCK: 9.0, Label.BUS: 12.0, Label.TRAIN: 28.0}[label]
            yield vehicles.vehicle(
                label, centre + rng.normal(0.0, 0.15), z + length / 2, heading + rng.normal(0.0, 0.03), rng
            )
            z += length + rng.uniform(6.0, 40.0)
    if rng.random() < 0.22:
        label = kinds[int(rng.choice(4, p=(0.7, 0.1, 0.1, 0.1)))]
        yield vehicles.vehicle(
            label, rng.uniform(-8.0, 8.0), rng.uniform(18.0, 35.0), rng.choice([-1.0, 1.0]) * np.pi / 2, rng
        )
    for _ in range(int(rng.poisson(0.7))):
        yield people.pedestrian(rng.uniform(left, right), rng.uniform(8.0, 30.0), rng)
    for _ in range(int(rng.poisson(1.3))):
        label = Label.BICYCLE if rng.random() < 0.6 else Label.MOTORCYCLE
        yield people.two_wheeler(label, rng.uniform(left + 0.5, right - 0.3), rng.uniform(7.0, 28.0), True, rng)
