"""Pedestrians and two-wheelers with or without their riders: figures that face the camera."""

from __future__ import annotations

import numpy as np

from boundary_bench.bench.datasets.street_scene import palette
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.scene import Material, Surface, Thing
from boundary_bench.bench.datasets.street_scene.shapes import Outline, box, ellipse, facing, outline, strip

Parts = list[tuple[Label, Material, list[Outline]]]


def _cloth(rng: np.random.Generator) -> Material:
    return Material(palette.pick(rng, palette.CLOTHES, 0.15), fine=0.10, coarse=0.08, lift=0.2, turn=rng.normal(0, 0.2))


def _thing(parts: Parts, x: float, z: float, half_width: float, height: float) -> Thing:
    surfaces = [Surface(label, material, [facing(o, x, z) for o in outlines]) for label, material, outlines in parts]
    footprint = facing(outline((-half_width, 0.0), (half_width, 0.0)), x, z)
    footprint = np.concatenate([footprint, np.add(footprint[::-1], (0.0, 0.0, 0.3))])
    return Thing(surfaces, z, footprint, height)


def _head(x: float, y: float, rng: np.random.Generator) -> Parts:
    skin = Material(palette.pick(rng, palette.SKINS), fine=0.05, coarse=0.03, lift=0.1)
    hair = Material(palette.pick(rng, ((0.10, 0.08, 0.07), (0.35, 0.26, 0.16), (0.5, 0.5, 0.5))), fine=0.15)
    return [
        (Label.PERSON, skin, [ellipse(x, y, 0.095, 0.135), box(x - 0.05, x + 0.05, y - 0.2, y)]),
        (Label.PERSON, hair, [ellipse(x + rng.uniform(-0.03, 0.03), y + 0.055, 0.10, 0.09)]),
    ]


def pedestrian(x: float, z: float, rng: np.random.Generator) -> Thing:
    """A person standing or walking at (x, z) metres, 1.2 to 1.9 m tall."""
    size = float(np.clip(rng.normal(1.0, 0.06), 0.68, 1.1))
    stride, swing, broad = rng.uniform(0.0, 0.28), rng.uniform(-0.22, 0.22), rng.uniform(0.17, 0.25)
    coat, trousers, shoes = _cloth(rng), _cloth(rng), Material(palette.grey(rng, 0.08, 0.3))
    hem = rng.choice([0.85, 0.85, 0.6])
    legs = [
        strip((-0.08, 0.9), (-0.07 - stride, 0.06), 0.19, 0.12),
        strip((0.08, 0.9), (0.07 + stride, 0.06), 0.19, 0.12),
    ]
    feet = [ellipse(-0.08 - stride, 0.05, 0.09, 0.05, 8), ellipse(0.08 + stride, 0.05, 0.09, 0.05, 8)]
    torso = outline((-0.17, hem), (0.17, hem), (broad, 1.38), (0.10, 1.48), (-0.10, 1.48), (-broad, 1.38))
    arms = [
        strip((-broad, 1.38), (-broad - 0.05 + swing, 0.85), 0.13, 0.08),
        strip((broad, 1.38), (broad + 0.05 - swing, 0.85), 0.13, 0.08),
    ]
    parts: Parts = [
        (Label.PERSON, shoes, feet),
        (Label.PERSON, trousers, legs),
        (Label.PERSON, coat.brighter(0.85), arms),
        (Label.PERSON, coat, [torso]),
        *_head(0.0, 1.62, rng),
    ]
    if rng.random() < 0.35:
        side = rng.choice([-1.0, 1.0]) * (broad + 0.05)
        parts.append((Label.PERSON, _cloth(rng), [box(side - 0.13, side + 0.13, 0.55, 0.88)]))
    scaled: Parts = [(label, material, [o * size for o in outlines]) for label, material, outlines in parts]
    return _thing(scaled, x, z, 0.3 * size, 1.7 * size)


def _squeezed(parts: Parts, turn: float) -> Parts:
    """As seen when the length of the vehicle is turned away: widths shrink by `turn`."""
    return [(label, material, [o * (turn, 1.0) for o in outlines]) for label, material, outlines in parts]


def _bicycle(rng: np.random.Generator, turn: float) -> Parts:
    paint = Material(palette.pick(rng, palette.CLOTHES, 0.2), fine=0.08, coarse=0.05)
    spokes = Material(palette.grey(rng, 0.26, 0.38), fine=0.22, coarse=0.05)
    hubs = ((-0.52, 0.34), (0.52, 0.34))
    tube = 0.06 / max(turn, 0.3)
    seat, crank, bar = (-0.2, 0.88), (-0.08, 0.32), (0.42, 0.98)
    frame = [
        strip(a, b, tube, tube) for a, b in ((seat, crank), (crank, bar), (seat, bar), (hubs[0], crank), (bar, hubs[1]))
    ]
    rest = [strip((-0.34, 0.9), (-0.08, 0.92), 0.09, 0.06), strip((0.30, 1.04), (0.44, 0.98), 0.05, 0.05)]
    thin = 0.03 / max(turn, 0.15)
    tyre = [ellipse(x, y, 0.34 + thin, 0.35, 16) for x, y in hubs]
    inner = [ellipse(x, y, max(0.29 - thin, 0.02), 0.29, 16) for x, y in hubs]
    return _squeezed(
        [(Label.BICYCLE, palette.RUBBER, tyre), (Label.BICYCLE, spokes, inner), (Label.BICYCLE, paint, frame),
         (Label.BICYCLE, palette.DARK, rest)],
        turn,
    )  # fmt: skip


def _motorcycle(rng: np.random.Generator, turn: float) -> Parts:
    paint = Material(palette.pick(rng, palette.PAINTS, 0.2), fine=0.05, coarse=0.12, lift=0.3)
    wide = 0.07 / max(turn, 0.2)
    wheels = [ellipse(x, 0.31, 0.31 + wide, 0.31, 16) for x in (-0.62, 0.66)]
    hubs = [ellipse(x, 0.31, 0.15, 0.15, 10) for x in (-0.62, 0.66)]
    body = outline((-0.85, 0.82), (-0.4, 0.45), (0.3, 0.28), (0.62, 0.6), (0.45, 1.0), (0.1, 0.98), (-0.15, 0.78))
    rest = [strip((-0.75, 0.84), (-0.1, 0.8), 0.14, 0.12), strip((0.42, 1.12), (0.66, 0.31), 0.09, 0.08)]
    lamp = [ellipse(0.52, 0.92, 0.10 / max(turn, 0.5), 0.10, 10)]
    return _squeezed(
        [(Label.MOTORCYCLE, palette.RUBBER, wheels), (Label.MOTORCYCLE, palette.STEEL, hubs),
         (Label.MOTORCYCLE, paint, [body]), (Label.MOTORCYCLE, palette.DARK, rest),
         (Label.MOTORCYCLE, palette.HEADLIGHT, lamp)],
        turn,
    )  # fmt: skip


def _seated(rng: np.random.Generator, turn: float, lean: float, helmet: bool) -> Parts:
    """Somebody in the saddle; keeps a body's width however the vehicle is turned."""
    coat, trousers = _cloth(rng), _cloth(rng)
    hip, shoulder = -0.18 * turn, (-0.18 + lean) * turn
    broad = 0.16 + 0.08 * (1.0 - turn)
    legs = [
        strip((hip, 0.95), (hip + 0.34 * turn + 0.06, 0.62), 0.2, 0.15),
        strip((hip + 0.34 * turn + 0.06, 0.62), (0.05, 0.2), 0.14, 0.1),
    ]
    legs += [strip((hip, 0.95), (-0.10, 0.28), 0.18, 0.1)]
    torso = outline((hip - broad, 0.88), (hip + broad, 0.88), (shoulder + broad, 1.42), (shoulder - broad, 1.45))
    arms = [strip((shoulder, 1.38), (0.36 * turn, 1.05), 0.12, 0.09)]
    head = _head(shoulder + 0.05 * turn, 1.62, rng)
    if helmet:
        cover = Material(palette.pick(rng, palette.PAINTS, 0.2), fine=0.03, coarse=0.1, lift=0.3)
        head.append((Label.PERSON, cover, [ellipse(shoulder + 0.04 * turn, 1.66, 0.14, 0.13)]))
    parts: Parts = [
        (Label.PERSON, trousers, legs),
        (Label.PERSON, coat, [torso]),
        (Label.PERSON, coat.brighter(0.8), arms),
    ]
    return [(Label.RIDER, material, outlines) for _, material, outlines in (*parts, *head)]


def two_wheeler(label: Label, x: float, z: float, ridden: bool, rng: np.random.Generator) -> Thing:
    """A bicycle or motorcycle at (x, z) metres, seen from the side to nearly from behind."""
    turn = float(rng.choice([1.0, 0.85, 0.5, 0.22]))
    if label == Label.BICYCLE:
        parts = _bicycle(rng, turn)
        person = _seated(rng, turn, rng.uniform(0.15, 0.4), bool(rng.random() < 0.5)) if ridden else []
    else:
        parts = _motorcycle(rng, turn)
        person = _seated(rng, turn, rng.uniform(0.1, 0.3), True) if ridden else []
    mirror = float(rng.choice([-1.0, 1.0]))
    turned: Parts = [
        (own, material, [o * (mirror, 1.0) for o in outlines]) for own, material, outlines in (*parts, *person)
    ]
    return _thing(turned, x, z, 0.9 * turn + 0.1, 1.6 if ridden else 0.9)
