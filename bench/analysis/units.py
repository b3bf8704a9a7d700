"""In which unit a number is printed, and whether it falls as methods get better: both are told by its name.

Stored numbers keep their full precision; CSV and JSON hold them as they are. What people read is in per cent, but for
distances, which end in `_px` or `_mm`, for counts (HCE), and for errors that the field prints as they are (MAE, MSE).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

FALLING = ("error_rate", "worse_share")
"""Words in the names of shares that fall as methods get better."""
_AS_IT_IS = re.compile(r"(image_)?(MAE|MSE)")
_COUNT = re.compile(r"(image_)?HCE")
UNDEFINED = "–"


@dataclass(frozen=True, slots=True)
class Unit:
    """How the numbers of some metrics are printed.

    Attributes:
        of_values, of_gains: as captions say it: in per cent, in points.
        symbol: on axes; "" for bare numbers.
        factor: by which stored numbers are multiplied.
        decimals: more than those of per cent.
        falls: whether less is better.
    """

    of_values: str
    of_gains: str
    symbol: str
    factor: float = 1.0
    decimals: int = 0
    falls: bool = True

    def text(self, value: float, digits: int, *, signed: bool = False) -> str:
        """A stored number as printed: `58.2`, `+0.31`, or an en dash where undefined.

        Args:
            value: any; NaN where undefined.
            digits: decimals that per cent get.
            signed: with a plus where it is above zero.
        """
        if math.isnan(value):
            return UNDEFINED
        decimals = max(0, digits + self.decimals)
        rounded = round(self.factor * value, decimals) + 0.0  # a negative zero becomes 0
        return f"{rounded:{'+' if signed and rounded else ''}.{decimals}f}"

    def axis(self, name: str) -> str:
        """Label of an axis: `mIoU [%]`, `HD95_px [px]`, `MAE`."""
        return f"{name} [{self.symbol}]" if self.symbol else name


PER_CENT = Unit("in per cent", "in points", "%", factor=100.0, falls=False)
PIXELS = Unit("in pixels", "in pixels", "px", decimals=1)
MILLIMETRES = Unit("in millimetres", "in millimetres", "mm", decimals=1)
CORRECTIONS = Unit("in corrections an image", "in corrections an image", "corrections", decimals=-1)
AS_IT_IS = Unit("as fractions of 1", "as fractions of 1", "", decimals=2)


def unit_of(metric: str) -> Unit:
    """The unit of a number by its name, which may have a label in brackets behind it."""
    name = _bare(metric)
    if name.endswith("_px"):
        return PIXELS
    if name.endswith("_mm"):
        return MILLIMETRES
    if _COUNT.fullmatch(name):
        return CORRECTIONS
    return AS_IT_IS if _AS_IT_IS.fullmatch(name) else PER_CENT


def lower_is_better(metric: str) -> bool:
    """Whether a number falls as methods get better."""
    return unit_of(metric).falls or any(word in metric for word in FALLING)


def in_units(metrics: Iterable[str], *, gains: bool = False) -> str:
    """The units of some numbers for a caption: `in per cent; _px in pixels, lower is better`.

    Args:
        metrics: names.
        gains: whether their differences are shown.
    """
    groups: dict[Unit, list[str]] = {}
    for metric in metrics:
        groups.setdefault(unit_of(metric), []).append(metric)
    shares, others = PER_CENT in groups or not groups, [unit for unit in groups if unit != PER_CENT]
    if not shares and len(others) == 1:
        return _said(others[0], gains=gains)
    said = [_said(PER_CENT, gains=gains)] if shares else []
    return "; ".join([*said, *(f"{_called(unit, groups[unit])} {_said(unit, gains=gains)}" for unit in others)])


def _said(unit: Unit, *, gains: bool) -> str:
    direction = f", {'below 0' if gains else 'lower'} is better" if unit.falls else ""
    return (unit.of_gains if gains else unit.of_values) + direction


def _called(unit: Unit, metrics: Iterable[str]) -> str:
    if unit in (PIXELS, MILLIMETRES):
        return f"_{unit.symbol}"
    return ", ".join(dict.fromkeys(map(_bare, metrics)))


def _bare(metric: str) -> str:
    return metric.partition(" (")[0]
