"""A search for the parameters of a DenseCRF that suit a split held out for tuning."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np

from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "gaussian_sxy": (1.0, 5.0),
        "gaussian_compat": (0.1, 6.0),
        "bilateral_sxy": (5.0, 120.0),
        "bilateral_srgb": (1.5, 20.0),
        "bilateral_compat": (0.5, 12.0),
    }
)
"""Smallest and largest value that is drawn of each; the units are those of `Parameters`."""

ITERATIONS = (3, 5, 10)
DIGITS = 3
STRIDES = (8, 4, 2, 1)
FEWEST_IMAGES = 8


class Score(Protocol):
    """Says how good settings are; larger is better."""

    def __call__(self, settings: Sequence[Parameters | None], images: Sequence[int], /) -> Sequence[float]:
        """One finite number for each of the settings over these images, known by their numbers; None: unrefined."""


@dataclass(frozen=True)
class Trial:
    """A setting that was tried.

    Attributes:
        parameters: of the CRF.
        preset: its name in `PRESETS`; None for one that was drawn.
        images: how many it was last scored on; fewer than all for one that was given up.
        score: on these, a fraction.
    """

    parameters: Parameters
    preset: str | None
    images: int
    score: float


@dataclass(frozen=True)
class Search:
    """The best setting and how it was found.

    Attributes:
        parameters: the best of those that were scored on all images.
        score_before: of the unrefined predictions on all images, a fraction.
        score_after: on the same images with `parameters`; may be less.
        images: how many there are.
        seed: of the draw.
        trials: the named presets, then what was drawn, in that order.
    """

    parameters: Parameters
    score_before: float
    score_after: float
    images: int
    seed: int
    trials: tuple[Trial, ...]


def draw(rng: np.random.Generator) -> Parameters:
    """A setting at random: uniform in the logarithm over `RANGES`, to three digits; iterations one of 3, 5, 10."""
    drawn = {name: _rounded(math.exp(rng.uniform(*np.log(limits)))) for name, limits in RANGES.items()}
    return Parameters(**drawn, iterations=int(rng.choice(ITERATIONS)))


def search(score: Score, images: int, *, trials: int = 64, seed: int = 0) -> Search:
    """Random search with successive halving (Jamieson and Talwalkar, AISTATS 2016).

    All settings are scored on every 8th image, the better half of the drawn ones on every 4th, the better half of
    those on every 2nd, and so on to all images; where every 8th would be fewer than 8 images, it starts with a
    smaller step. The presets of `PRESETS` take part to the end, so the result scores no lower than any of them on
    these images. Of equal scores the earlier trial wins. The same seed and the same scores give the same result.

    Args:
        score: called once for each step, with images that hold those of the step before, and in the end for the
            unrefined predictions. They must not be the images that results are reported on.
        images: how many there are.
        trials: how many settings are drawn.
        seed: of the draw.

    Raises:
        ValueError: no images, fewer than 0 trials, or a score that is not finite.
    """
    if images < 1 or trials < 0:
        raise ValueError(f"images is {images} and trials is {trials}; allowed: at least 1 image, 0 or more trials")
    rng = np.random.default_rng(seed)
    drawn = [draw(rng) for _ in range(trials)]
    names: dict[Parameters, str | None] = dict.fromkeys(drawn) | {each: name for name, each in PRESETS.items()}
    tried: dict[Parameters, Trial] = {}
    for kept, chosen in _steps(images, trials):
        drawn = sorted(drawn, key=lambda each: -tried[each].score)[:kept] if tried else drawn
        settings = [*PRESETS.values(), *drawn]
        for parameters, value in zip(settings, _scored(score, settings, chosen), strict=True):
            tried[parameters] = Trial(parameters, names[parameters], len(chosen), value)
    (before,) = _scored(score, [None], range(images))
    best = max((trial for trial in tried.values() if trial.images == images), key=lambda trial: trial.score)
    return Search(best.parameters, before, best.score, images, seed, tuple(tried.values()))


def maps_to_score(images: int, trials: int) -> int:
    """How many maps `search` has scored, unrefined ones included, where none is scored again from step to step."""
    total, seen = images, 0
    for kept, chosen in _steps(images, trials):
        total += (len(PRESETS) + kept) * (len(chosen) - seen)
        seen = len(chosen)
    return total


def _steps(images: int, trials: int) -> list[tuple[int, range]]:
    """How many of the drawn settings take part in each step, and on which images."""
    strides = [stride for stride in STRIDES if stride == 1 or images >= stride * FEWEST_IMAGES]
    return [(math.ceil(trials / 2**step), range(0, images, stride)) for step, stride in enumerate(strides)]


def _scored(score: Score, settings: Sequence[Parameters | None], images: range) -> list[float]:
    values = [float(value) for value in score(settings, images)]
    if not np.isfinite(values).all():
        raise ValueError(f"scores are {values}; allowed: finite numbers")
    return values


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
