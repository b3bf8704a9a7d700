"""Street furniture: lamp posts, traffic signs, traffic lights and trees."""

from __future__ import annotations

import numpy as np

from boundary_bench.bench.datasets.street_scene import palette
from boundary_bench.bench.datasets.street_scene.labels import Label
from boundary_bench.bench.datasets.street_scene.scene import Material, Polygon, Surface, Thing
from boundary_bench.bench.datasets.street_scene.shapes import Outline, box, ellipse, facing, outline, ragged, strip


def _post(rng: np.random.Generator) -> Material:
    return Material(palette.grey(rng, 0.22, 0.55), fine=0.06, coarse=0.05, lift=0.05, turn=rng.uniform(0.2, 0.6))


def _stood(label: Label, material: Material, outlines: list[Outline], x: float, z: float) -> Surface:
    return Surface(label, material, [facing(o, x, z) for o in outlines])


def _foot(x: float, z: float, half: float) -> Polygon:
    return facing(outline((-half, 0.0), (half, 0.0)), x, z)


def _deepened(foot: Polygon, depth: float) -> Polygon:
    """A line on the ground made a rectangle that reaches `depth` metres further."""
    return np.concatenate([foot, np.add(foot[::-1], (0.0, 0.0, depth))])


def lamp_post(x: float, z: float, rng: np.random.Generator) -> Thing:
    """Street lamp whose arm reaches over the road."""
    height, width = rng.uniform(5.5, 8.0), rng.uniform(0.12, 0.19)
    reach = -np.sign(x) * rng.uniform(0.8, 1.8)
    outlines = [
        strip((0.0, 0.0), (0.0, height), width * 1.3, width * 0.8),
        strip((0.0, height), (reach, height + 0.35), width * 0.7, width * 0.6),
        box(min(reach, reach * 1.3), max(reach, reach * 1.3), height + 0.26, height + 0.42),
    ]
    return Thing([_stood(Label.POLE, _post(rng), outlines, x, z)], z, _foot(x, z, width), height)


def bollard(x: float, z: float, rng: np.random.Generator) -> Thing:
    """Knee-high post at the kerb."""
    height = rng.uniform(0.75, 1.05)
    return Thing([_stood(Label.POLE, _post(rng), [box(-0.07, 0.07, 0.0, height)], x, z)], z, _foot(x, z, 0.08), height)


def _plate(rng: np.random.Generator, y: float) -> list[tuple[Material, Outline]]:
    """A sign's face and what is on it, centred at height y."""
    colour = palette.pick(rng, palette.SIGNS, 0.06)
    face = Material(colour, fine=0.04, coarse=0.03, lift=0.08)
    inner = Material(palette.pick(rng, ((0.88, 0.88, 0.86), (0.14, 0.14, 0.15), colour), 0.03), fine=0.05)
    size = rng.uniform(0.34, 0.46)
    kind = rng.integers(4)
    if kind == 0:
        return [(face, ellipse(0.0, y, size, size, 18)), (inner, ellipse(0.0, y, size * 0.68, size * 0.68, 18))]
    if kind == 1:
        shape = outline((-size, y - size * 0.8), (size, y - size * 0.8), (0.0, y + size * 0.95))
        return [(face, shape), (inner, (shape - (0.0, y - 0.1)) * 0.55 + (0.0, y - 0.1))]
    if kind == 2:
        corners = ellipse(0.0, y, size * 1.05, size * 1.05, 8)
        return [(face, corners), (inner, box(-size * 0.7, size * 0.7, y - 0.07, y + 0.07))]
    wide = rng.uniform(1.0, 2.2)
    return [(face, box(-size * wide, size * wide, y - size, y + size)),
            (inner, box(-size * wide * 0.8, size * wide * 0.8, y - size * 0.25, y + size * 0.2))]  # fmt: skip


def sign_post(x: float, z: float, rng: np.random.Generator) -> Thing:
    """One or two traffic signs on a thin post."""
    height = rng.uniform(2.3, 3.2)
    surfaces = [_stood(Label.POLE, _post(rng), [box(-0.05, 0.05, 0.0, height + 0.3)], x, z)]
    for level in range(1 + int(rng.random() < 0.35)):
        for material, shape in _plate(rng, height - 0.98 * level):
            surfaces.append(_stood(Label.TRAFFIC_SIGN, material, [shape], x, z))
    return Thing(surfaces, z, _foot(x, z, 0.05), height)


def traffic_light(x: float, z: float, rng: np.random.Generator) -> Thing:
    """Signal head on a post, sometimes with a second one on an arm over the road."""
    height = rng.uniform(2.6, 3.4)
    heads = [(0.0, height)]
    posts = [box(-0.07, 0.07, 0.0, height + 1.1)]
    if rng.random() < 0.5:
        reach, top = -np.sign(x) * rng.uniform(2.2, 4.0), rng.uniform(5.0, 5.8)
        posts = [strip((0.0, 0.0), (0.0, top), 0.17, 0.12), strip((0.0, top), (reach, top), 0.11, 0.09)]
        heads.append((reach, top - 0.55))
    surfaces = [_stood(Label.POLE, _post(rng), posts, x, z)]
    housing = Material(palette.pick(rng, ((0.09, 0.10, 0.09), (0.16, 0.20, 0.14))), fine=0.05, coarse=0.05)
    lit = int(rng.integers(3))
    for centre, level in heads:
        surfaces.append(
            _stood(Label.TRAFFIC_LIGHT, housing, [box(centre - 0.22, centre + 0.22, level - 0.5, level + 0.55)], x, z)
        )
        for index, colour in enumerate(((0.95, 0.20, 0.14), (0.95, 0.70, 0.15), (0.25, 0.85, 0.50))):
            lamp = Material(colour, fine=0.02, coarse=0.0).brighter(1.0 if index == lit else 0.25)
            surfaces.append(
                _stood(Label.TRAFFIC_LIGHT, lamp, [ellipse(centre, level + 0.34 - 0.32 * index, 0.12, 0.12, 10)], x, z)
            )
    return Thing(surfaces, z, _foot(x, z, 0.1), height)


def tree(x: float, z: float, rng: np.random.Generator) -> Thing:
    """Trunk and a crown of clumps, each a little lighter or darker."""
    height, trunk = rng.uniform(4.5, 9.5), rng.uniform(0.18, 0.38)
    radius = height * rng.uniform(0.22, 0.34)
    middle = height - radius
    bark = Material(palette.pick(rng, ((0.24, 0.19, 0.14), (0.33, 0.28, 0.22))), fine=0.2, coarse=0.15, turn=0.4)
    foliage = palette.leaves(rng)
    stem = [strip((0.0, 0.0), (rng.uniform(-0.2, 0.2), middle), trunk * 1.2, trunk * 0.7)]
    surfaces = [
        _stood(Label.VEGETATION, bark, stem, x, z),
        _stood(Label.VEGETATION, foliage.brighter(0.8), [ragged(0.0, middle, radius, radius * 1.05, rng)], x, z),
    ]
    for gain in (0.72, 0.95, 1.15, 1.3):
        clumps = []
        for _ in range(5):
            angle, reach, size = (
                rng.uniform(0, 2 * np.pi),
                radius * rng.uniform(0.15, 0.75),
                radius * rng.uniform(0.22, 0.42),
            )
            rise = (gain - 0.95) * radius * 0.7
            clumps.append(
                ragged(reach * np.cos(angle), middle + rise + reach * np.sin(angle) * 0.9, size, size * 0.8, rng)
            )
        surfaces.append(_stood(Label.VEGETATION, foliage.brighter(gain), clumps, x, z))
    foot = facing(outline((-radius, 0.0), (radius, 0.0)), x, z)
    return Thing(surfaces, z, _deepened(foot, radius), height)
