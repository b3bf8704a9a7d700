"""Parts of a scene: flat polygons in metres, each of one class and one material, grouped into objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Polygon = NDArray[np.float64]
"""(N, 3) corners in metres: x to the right, y upwards from the road, z ahead of the camera."""

Colour = tuple[float, float, float]
"""RGB reflectance in 0..1."""


@dataclass(frozen=True, slots=True)
class Material:
    """How a surface looks before light, haze and sensor.

    Attributes:
        colour: mean reflectance.
        fine: relative amplitude of texture of about a pixel.
        coarse: relative amplitude of texture of tens of pixels.
        ground: relative amplitude of texture that lies on the ground plane and so shrinks with distance.
        lift: how much brighter the top of the surface is than its bottom, relative.
        turn: how much brighter the right of the surface is than its left, relative.
        shaded: whether shadows fall on it.
        hazed: whether distance fades it.
    """

    colour: Colour
    fine: float = 0.05
    coarse: float = 0.05
    ground: float = 0.0
    lift: float = 0.10
    turn: float = 0.0
    shaded: bool = False
    hazed: bool = True

    def brighter(self, factor: float) -> Material:
        """The same material under more or less light."""
        red, green, blue = self.colour
        return replace(self, colour=(red * factor, green * factor, blue * factor))


@dataclass(frozen=True, slots=True)
class Surface:
    """Polygons of one class and one material, painted in one go."""

    label: int
    material: Material
    polygons: Sequence[Polygon]


@dataclass(frozen=True, slots=True)
class Thing:
    """A free-standing object; its surfaces are in paint order and may be of several classes (a pole and its sign).

    Attributes:
        distance_m: by which objects hide one another.
        footprint: (N, 3) outline on the ground, for the shadow; None casts none.
        height_m: how far up the shadow is cast from.
    """

    surfaces: Sequence[Surface]
    distance_m: float
    footprint: Polygon | None = None
    height_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Light:
    """Illumination of a scene.

    Attributes:
        colour: white point, RGB.
        shadow: how dark cast shadows are, 0 (overcast) to 1.
        sun: (x, z) displacement in metres of the shadow of a point 1 m up.
        haze_m: distance at which a surface has lost 63 % of its contrast.
        sky: colour of sky and haze at the horizon.
    """

    colour: Colour
    shadow: float
    sun: tuple[float, float]
    haze_m: float
    sky: Colour


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything before the camera.

    Attributes:
        backdrop: sky, ground and building lines, in paint order.
        things: free-standing objects in any order.
        light: illumination.
    """

    backdrop: Sequence[Surface]
    things: Sequence[Thing]
    light: Light
