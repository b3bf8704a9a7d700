"""From numbers to places in a plot."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True)
class Tick:
    """Where a label stands along an axis, and the label."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from `low` to `high` along a line from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a number lies, to a hundredth."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 2) + 0.0

    def ticks(self, values: Sequence[float]) -> tuple[Tick, ...]:
        """Ticks at these numbers."""
        return tuple(Tick(self.at(value), f"{value:g}") for value in values)


def round_numbers(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers, evenly spaced, the first and the last of which enclose low to high; about so many."""
    if not high > low:
        low, high = low - 0.5, low + 0.5
    raw = (high - low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in STEPS if factor * power >= raw * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) + 0.0 for k in range(first, last + 1)]
