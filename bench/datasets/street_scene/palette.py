"""Colours and materials of the street. Classes overlap in colour on purpose: a network has to err somewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from boundary_bench.bench.datasets.street_scene.scene import Colour, Light, Material

FACADES: Sequence[Colour] = (
    (0.62, 0.55, 0.45),
    (0.55, 0.36, 0.28),
    (0.70, 0.66, 0.58),
    (0.48, 0.46, 0.45),
    (0.66, 0.58, 0.40),
    (0.40, 0.34, 0.30),
    (0.58, 0.60, 0.62),
    (0.60, 0.44, 0.38),
)
PAINTS: Sequence[Colour] = (
    (0.10, 0.10, 0.12),
    (0.62, 0.63, 0.65),
    (0.82, 0.82, 0.82),
    (0.33, 0.34, 0.37),
    (0.12, 0.18, 0.36),
    (0.50, 0.10, 0.10),
    (0.20, 0.24, 0.22),
    (0.45, 0.50, 0.56),
    (0.58, 0.50, 0.36),
)
CLOTHES: Sequence[Colour] = (
    (0.12, 0.12, 0.15),
    (0.18, 0.22, 0.36),
    (0.55, 0.16, 0.15),
    (0.55, 0.55, 0.55),
    (0.78, 0.76, 0.70),
    (0.30, 0.26, 0.20),
    (0.20, 0.36, 0.28),
    (0.65, 0.48, 0.20),
    (0.36, 0.22, 0.36),
)
SKINS: Sequence[Colour] = ((0.80, 0.62, 0.52), (0.62, 0.45, 0.36), (0.42, 0.29, 0.22))
BUSES: Sequence[Colour] = ((0.75, 0.62, 0.15), (0.70, 0.16, 0.14), (0.80, 0.80, 0.78), (0.20, 0.42, 0.36))
TRAINS: Sequence[Colour] = ((0.72, 0.70, 0.66), (0.66, 0.20, 0.16), (0.25, 0.38, 0.55), (0.70, 0.64, 0.36))
CARGO: Sequence[Colour] = (
    (0.82, 0.82, 0.80),
    (0.50, 0.52, 0.55),
    (0.24, 0.34, 0.52),
    (0.60, 0.36, 0.18),
    (0.32, 0.40, 0.28),
)
SIGNS: Sequence[Colour] = ((0.78, 0.12, 0.12), (0.12, 0.25, 0.62), (0.85, 0.72, 0.15), (0.86, 0.86, 0.84))

GLASS = Material((0.16, 0.19, 0.22), fine=0.03, coarse=0.25, lift=0.5)
RUBBER = Material((0.07, 0.07, 0.075), fine=0.10, coarse=0.05)
STEEL = Material((0.42, 0.43, 0.45), fine=0.06, coarse=0.03, lift=0.1)
DARK = Material((0.12, 0.12, 0.13), fine=0.08, coarse=0.06)
PLATE = Material((0.86, 0.86, 0.82), fine=0.08, coarse=0.0)
TAIL_LIGHT = Material((0.68, 0.08, 0.07), fine=0.06, coarse=0.05)
HEADLIGHT = Material((0.92, 0.92, 0.88), fine=0.03, coarse=0.0)
BONNET = Material((0.10, 0.10, 0.115), fine=0.03, coarse=0.10, lift=0.5, hazed=False)


def pick(rng: np.random.Generator, colours: Sequence[Colour], spread: float = 0.08) -> Colour:
    """One of the colours, a little brighter or darker and a little off in hue."""
    base = colours[int(rng.integers(len(colours)))]
    gain = float(np.exp(rng.normal(0.0, spread)))
    shift = rng.normal(0.0, spread / 5, 3).tolist()
    red, green, blue = (min(max(c * gain + s, 0.03), 0.95) for c, s in zip(base, shift, strict=True))
    return red, green, blue


def grey(rng: np.random.Generator, low: float, high: float, tint: float = 0.02) -> Colour:
    """A grey between two values with a slight tint."""
    value = rng.uniform(low, high)
    red, green, blue = (min(max(value + s, 0.03), 0.95) for s in rng.normal(0.0, tint, 3).tolist())
    return red, green, blue


def leaves(rng: np.random.Generator) -> Material:
    """Foliage, from fresh to dusty green."""
    colour = pick(rng, ((0.20, 0.29, 0.12), (0.28, 0.34, 0.15), (0.17, 0.24, 0.13), (0.36, 0.34, 0.16)), 0.12)
    return Material(colour, fine=0.36, coarse=0.22, lift=0.35)


def daylight(rng: np.random.Generator) -> Light:
    """Sunny or overcast, warm or cold, clear or hazy."""
    sunny = rng.random() < 0.6
    warmth = rng.normal(0.0, 0.05)
    gain = rng.uniform(1.15, 1.5) if sunny else rng.uniform(0.85, 1.2)
    blue_sky = (0.62, 0.76, 0.95) if sunny else (0.82, 0.84, 0.87)
    return Light(
        colour=(gain * (1.0 + warmth), gain, gain * (1.0 - warmth)),
        shadow=rng.uniform(0.35, 0.55) if sunny else rng.uniform(0.08, 0.2),
        sun=(float(rng.uniform(-1.6, 1.6)), float(rng.uniform(-1.0, 1.0))),
        haze_m=float(rng.uniform(130.0, 400.0)),
        sky=pick(rng, (blue_sky,), 0.04),
    )
