"""Cars, trucks, buses and trains: extruded profiles with windows, lights and wheels, seen from any side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from boundary_bench.bench.datasets.street_scene import palette
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.scene import Material, Polygon, Surface, Thing
from boundary_bench.bench.datasets.street_scene.shapes import Outline, box, ellipse, outline

EYE_M = 1.3
"""Camera height that decides which faces are visible; the true one differs by centimetres."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a vehicle's rear axle line stands and where it points (0: away from the camera, pi: towards it)."""

    x: float
    z: float
    heading: float

    def place(self, along: Outline, across: float | Outline, up: Outline | float) -> Polygon:
        """Vehicle coordinates (along, across to its right, up) to the world."""
        sin, cos = math.sin(self.heading), math.cos(self.heading)
        polygon = np.empty((len(along), 3))
        polygon[:, 0] = self.x + along * sin + across * cos
        polygon[:, 1] = up
        polygon[:, 2] = self.z + along * cos - across * sin
        return polygon

    def camera(self) -> tuple[float, float]:
        """Where the camera is, (along, across), in vehicle coordinates."""
        sin, cos = math.sin(self.heading), math.cos(self.heading)
        return float(-self.x * sin - self.z * cos), float(-self.x * cos + self.z * sin)


@dataclass(frozen=True, slots=True)
class Decal:
    """A rectangle on the face over one edge of a profile: shares of the edge and of the half width."""

    material: Material
    rise: tuple[float, float]
    sides: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Prism:
    """A profile (along, up), clockwise from the lower rear corner, extruded to both sides.

    Attributes:
        decals: by index of the profile's edge.
        patches: painted on either flank: material and (along, up) outline.
    """

    profile: Outline
    half_width: float
    paint: Material
    decals: Mapping[int, Sequence[Decal]] = field(default_factory=dict)
    patches: Sequence[tuple[Material, Outline]] = ()

    def surfaces(self, label: Label, pose: Pose) -> Iterator[Surface]:
        """Visible faces, far ones first, each followed by what is painted on it."""
        eye_along, eye_across = pose.camera()
        starts, ends = self.profile, np.roll(self.profile, -1, axis=0)
        middles = (starts + ends) / 2
        for edge in np.argsort(-np.abs(middles[:, 0] - eye_along)).tolist():
            delta = ends[edge] - starts[edge]
            if (eye_along - starts[edge, 0]) * -delta[1] + (EYE_M - starts[edge, 1]) * delta[0] <= 0:
                continue
            light = 0.92 + 0.22 * float(delta[0] / np.hypot(delta[0], delta[1]))
            yield self._quad(label, pose, edge, Decal(self.paint.brighter(light), (0, 1), (-1, 1)))
            for decal in self.decals.get(edge, ()):
                yield self._quad(label, pose, edge, decal)
        if abs(eye_across) > self.half_width:
            yield from self._flank(label, pose, float(np.sign(eye_across)) * self.half_width)

    def _quad(self, label: Label, pose: Pose, edge: int, decal: Decal) -> Surface:
        start, end = self.profile[edge], self.profile[(edge + 1) % len(self.profile)]
        low, high = (start + share * (end - start) for share in decal.rise)
        left, right = (share * self.half_width for share in decal.sides)
        along = np.array([low[0], low[0], high[0], high[0]])
        up = np.array([low[1], low[1], high[1], high[1]])
        return Surface(label, decal.material, [pose.place(along, np.array([left, right, right, left]), up)])

    def _flank(self, label: Label, pose: Pose, across: float) -> Iterator[Surface]:
        yield Surface(label, self.paint.brighter(0.86), [pose.place(self.profile[:, 0], across, self.profile[:, 1])])
        for material, patch in self.patches:
            yield Surface(label, material, [pose.place(patch[:, 0], across, patch[:, 1])])


def _wheels(axles: Sequence[float], radius: float) -> list[tuple[Material, Outline]]:
    tyres = [(palette.RUBBER, ellipse(a, radius, radius, radius)) for a in axles]
    hubs = [(palette.STEEL, ellipse(a, radius, radius * 0.55, radius * 0.55, 10)) for a in axles]
    return tyres + hubs


def _underbody(length: float, half_width: float, clearance: float) -> Prism:
    """The part visible below the body from behind: two tyres with shade between them."""
    profile = box(0.08 * length, 0.92 * length, 0.0, clearance)[[0, 3, 2, 1]]
    tyres = [Decal(palette.RUBBER, (0, 1), sides) for sides in ((-1.0, -0.72), (0.72, 1.0))]
    inner = Prism(profile, half_width * 0.94, palette.DARK, {0: tyres, 2: tyres})
    return inner


def _lights(material: Material, low: float, high: float, inner: float) -> list[Decal]:
    return [Decal(material, (low, high), sides) for sides in ((-0.96, -inner), (inner, 0.96))]


def car(rng: np.random.Generator) -> tuple[float, list[Prism]]:
    """Hatchback, saloon or van. Returns length in metres and the bodies."""
    length, half = rng.uniform(3.7, 4.7), rng.uniform(0.84, 0.95)
    roof, belt = rng.uniform(1.38, 1.75), rng.uniform(0.86, 0.98)
    boot = rng.choice([0.03, 0.05, 0.18]) * length
    hood = rng.uniform(0.20, 0.27) * length
    paint = Material(palette.pick(rng, palette.PAINTS, 0.12), fine=0.03, coarse=0.10, lift=0.35)
    rear_top, front_top = boot + 0.13 * length, length - hood - 0.16 * length
    profile = outline(
        (0.0, 0.26), (0.02, belt - 0.04), (boot, belt), (rear_top, roof), (front_top, roof),
        (length - hood, belt), (length - 0.05, belt - 0.16), (length, 0.26),
    )  # fmt: skip
    window = outline(
        (boot + 0.16, belt + 0.02), (rear_top + 0.1, roof - 0.07), (front_top - 0.05, roof - 0.07),
        (length - hood - 0.22, belt + 0.02),
    )  # fmt: skip
    pillar = box(0.48 * length - 0.05, 0.48 * length + 0.05, belt, roof - 0.05)
    tail = [*_lights(palette.TAIL_LIGHT, 0.6, 0.95, 0.66), Decal(palette.PLATE, (0.36, 0.56), (-0.28, 0.28))]
    nose = [*_lights(palette.HEADLIGHT, 0.12, 0.4, 0.58), Decal(palette.DARK, (0.15, 0.55), (-0.4, 0.4))]
    decals = {
        0: [*tail, Decal(palette.DARK, (0.0, 0.14), (-1, 1))],
        2: [Decal(palette.GLASS, (0.06, 0.92), (-0.86, 0.86))],
        4: [Decal(palette.GLASS, (0.08, 0.96), (-0.88, 0.88))],
        6: nose,
    }
    flank = [(palette.GLASS, window), (paint.brighter(0.8), pillar), *_wheels((0.19 * length, 0.8 * length), 0.32)]
    return length, [_underbody(length, half, 0.30), Prism(profile, half, paint, decals, flank)]


def truck(rng: np.random.Generator) -> tuple[float, list[Prism]]:
    """Box or tarpaulin behind a cab."""
    length, half, roof = rng.uniform(6.5, 9.5), rng.uniform(1.1, 1.25), rng.uniform(2.8, 3.6)
    cargo = Material(palette.pick(rng, palette.CARGO), fine=0.05, coarse=0.10, lift=0.12)
    cab = Material(palette.pick(rng, palette.PAINTS), fine=0.03, coarse=0.08, lift=0.2)
    doors = [Decal(palette.DARK, (0.0, 1.0), (-0.03, 0.03)), *_lights(palette.TAIL_LIGHT, 0.01, 0.07, 0.7)]
    load = Prism(box(0.0, length - 2.0, 0.95, roof)[[0, 3, 2, 1]], half, cargo, {0: doors})
    top = min(roof - 0.2, 2.7)
    profile = outline((length - 1.9, 0.5), (length - 1.9, top), (length - 0.3, top), (length, 1.5), (length, 0.5))
    face = {
        2: [Decal(palette.GLASS, (0.06, 0.94), (-0.9, 0.9))],
        3: [*_lights(palette.HEADLIGHT, 0.6, 0.85, 0.66), Decal(palette.DARK, (0.25, 0.6), (-0.6, 0.6))],
    }
    door = outline((length - 1.6, 1.5), (length - 1.6, top - 0.2), (length - 0.45, top - 0.2), (length - 0.2, 1.5))
    wheels = _wheels((0.16 * length, 0.26 * length, length - 1.0), 0.48)
    chassis = Prism(box(0.1, length - 0.1, 0.55, 0.98)[[0, 3, 2, 1]], half * 0.9, palette.DARK, patches=wheels)
    return length, [
        _underbody(length, half, 0.9), chassis, load, Prism(profile, half, cab, face, [(palette.GLASS, door)]),
    ]  # fmt: skip


def _coach(rng: np.random.Generator, length: float, half: float, roof: float, paint: Material, floor: float) -> Prism:
    """A long body with a band of windows: a bus or a railcar."""
    slant = rng.uniform(0.05, 0.5)
    profile = outline((0.0, floor), (0.0, roof), (length - slant, roof), (length, 1.2), (length, floor))
    pane = rng.uniform(1.2, 2.0)
    starts = np.arange(0.5, length - pane - 0.6, pane + 0.18)
    windows = [(palette.GLASS, box(a, a + pane, 0.45 * roof, 0.80 * roof)) for a in starts.tolist()]
    band = (paint.brighter(0.6), box(0.0, length, floor, floor + 0.25))
    back = [Decal(palette.GLASS, (0.5, 0.84), (-0.8, 0.8)), *_lights(palette.TAIL_LIGHT, 0.12, 0.3, 0.8)]
    front = [Decal(palette.GLASS, (0.04, 0.80), (-0.92, 0.92))]
    lamps = _lights(palette.HEADLIGHT, 0.25, 0.55, 0.7)
    wheels = _wheels((0.16 * length, 0.8 * length), 0.47) if floor < 0.4 else []
    return Prism(profile, half, paint, {0: back, 2: front, 3: lamps}, [band, *windows, *wheels])


def bus(rng: np.random.Generator) -> tuple[float, list[Prism]]:
    """City bus."""
    length, half = rng.uniform(9.0, 12.5), 1.25
    paint = Material(palette.pick(rng, palette.BUSES), fine=0.03, coarse=0.06, lift=0.15)
    return length, [_underbody(length, half, 0.4), _coach(rng, length, half, rng.uniform(2.9, 3.3), paint, 0.32)]


def train(rng: np.random.Generator) -> tuple[float, list[Prism]]:
    """Tram of one long unit."""
    length, half = rng.uniform(18.0, 30.0), 1.2
    paint = Material(palette.pick(rng, palette.TRAINS), fine=0.03, coarse=0.06, lift=0.15)
    return length, [_underbody(length, half, 0.45), _coach(rng, length, half, rng.uniform(3.3, 3.6), paint, 0.42)]


MAKERS = {Label.CAR: car, Label.TRUCK: truck, Label.BUS: bus, Label.TRAIN: train}


def vehicle(label: Label, x: float, z: float, heading: float, rng: np.random.Generator) -> Thing:
    """A vehicle centred at (x, z) metres. Label: CAR, TRUCK, BUS or TRAIN."""
    length, prisms = MAKERS[label](rng)
    sin, cos = math.sin(heading), math.cos(heading)
    pose = Pose(x - sin * length / 2, z - cos * length / 2, heading)
    half = max(prism.half_width for prism in prisms)
    foot = box(0.0, length, -half, half)
    eye = pose.camera()[0]
    ordered = (
        sorted(prisms, key=lambda p: -abs(float(p.profile[:, 0].mean()) - eye)) if label == Label.TRUCK else prisms
    )
    surfaces = [surface for prism in ordered for surface in prism.surfaces(label, pose)]
    height = float(max(prism.profile[:, 1].max() for prism in prisms))
    footprint = pose.place(foot[:, 0], foot[:, 1], 0.0)
    return Thing(surfaces, float(footprint[:, 2].min()), footprint, height)
