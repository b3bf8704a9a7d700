"""Gains over the unrefined predictions: intervals on a line, and a map of classes in colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from boundary_bench.bench.analysis.numbers import BASELINE, Interval, Method, Numbers
from boundary_bench.bench.analysis.units import Unit, in_units, lower_is_better, unit_of
from boundary_bench.bench.report.formats import score_parts
from boundary_bench.bench.report.page.scales import Scale, Tick, round_numbers
from boundary_bench.bench.report.shown import plotted_class_metrics, plotted_metrics, short
from boundary_bench.bench.report.tables import Score, Table, method_names

LEVELS = 5
"""Shades of a gain and of a loss each."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One refiner: its gain and interval, in per cent of the line's length; low and high None where there is none."""

    label: str
    verdict: str
    at: float | None
    low: float | None
    high: float | None
    text: str
    interval: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Refiners on one scale."""

    name: str
    zero: float
    ticks: tuple[Tick, ...]
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Forest:
    """Gains in one number of the refiners of one prediction set; those that know the truth on a scale of their own."""

    title: str
    unit: str
    panels: tuple[Panel, ...]


def forests(numbers: Numbers) -> tuple[Forest, ...]:
    """For each prediction set and each main number."""
    found = []
    for predictions in numbers.predictions():
        methods = [method for method in numbers.of(predictions) if method.refiner != BASELINE]
        for metric in plotted_metrics(numbers) if methods else []:
            groups = [("Refiners", False), ("Oracles, which know the truth", True)]
            panels = tuple(
                _panel(name, [(short(m), numbers.get(m, metric).gain) for m in methods if m.oracle == oracle], metric)
                for name, oracle in groups
                if any(m.oracle == oracle for m in methods)
            )
            found.append(Forest(f"{predictions}: gain in {metric}", in_units([metric], gains=True), panels))
    return tuple(found)


def heat_maps(numbers: Numbers, digits: int) -> list[tuple[Table, list[list[str]]]]:
    """Gains by class as tables, and the classes that give their cells colours.

    A cell is coloured by its gain over the largest of a refiner that does not know the truth (`h-up-1` to `h-up-5`,
    `h-down-1` and on); `sure` marks those whose interval leaves out zero.
    """
    found = []
    for predictions in numbers.predictions() if len(numbers.classes) > 1 else ():
        methods = [method for method in numbers.of(predictions) if method.refiner != BASELINE]
        for metric in plotted_class_metrics(numbers) if methods else []:
            found.append(_heat_map(numbers, predictions, methods, metric, digits))
    return found


def _heat_map(
    numbers: Numbers, predictions: str, methods: Sequence[Method], metric: str, digits: int
) -> tuple[Table, list[list[str]]]:
    gains = {method: [numbers.get(method, metric, name).gain for name in numbers.classes] for method in methods}
    fair = [gain for method in methods if not method.oracle for gain in gains[method]]
    most = _largest(fair) or _largest(gain for row in gains.values() for gain in row)
    unit = unit_of(metric)
    rows = tuple(
        (
            method_names(method)[1],
            *(Score(Interval(gain.value), digits, signed=True, unit=unit) for gain in gains[method]),
        )
        for method in methods
    )
    bold = f" Bold where the {numbers.level} interval leaves out zero." if numbers.bracketed else ""
    caption = f"{predictions}: gain in {metric} of each class, {in_units([metric], gains=True)}.{bold}"
    table = Table(f"heat-{predictions}, {metric}", caption, ("refiner", *numbers.classes), 1, rows)
    falls = lower_is_better(metric)
    return table, [["", *(_shade(gain, most, falls) for gain in gains[method])] for method in methods]


def _largest(gains: Iterable[Interval]) -> float:
    return max((abs(gain.value) for gain in gains if not math.isnan(gain.value)), default=0.0)


def _shade(gain: Interval, most: float, falls: bool) -> str:
    if math.isnan(gain.value):
        return ""
    level = min(LEVELS, math.ceil(LEVELS * abs(gain.value) / most - 1e-9)) if most else 0
    better = (gain.value > 0) != falls
    sure = " sure" if gain.low > 0 or gain.high < 0 else ""
    return f"h-{'up' if better else 'down'}-{level}{sure}" if level else sure.strip()


def _panel(name: str, rows: Sequence[tuple[str, Interval]], metric: str) -> Panel:
    unit = unit_of(metric)
    values = [0.0, *(unit.factor * v for _, g in rows for v in (g.value, g.low, g.high) if not math.isnan(v))]
    steps = round_numbers(min(values), max(values), about=4)
    scale = Scale(steps[0], steps[-1], 3.0, 97.0)
    bars = tuple(_bar(label, gain, scale, unit, falls=lower_is_better(metric)) for label, gain in rows)
    ticks = tuple(Tick(scale.at(step), f"{step:+g}" if step else "0") for step in steps)
    return Panel(name, scale.at(0.0), ticks, bars)


def _bar(label: str, gain: Interval, scale: Scale, unit: Unit, *, falls: bool) -> Bar:
    text, interval = score_parts(Score(gain, 2, signed=True, unit=unit))
    at, low, high = (None if math.isnan(v) else scale.at(unit.factor * v) for v in (gain.value, gain.low, gain.high))
    better, worse = (gain.high < 0, gain.low > 0) if falls else (gain.low > 0, gain.high < 0)
    return Bar(label, "better" if better else "worse" if worse else "open", at, low, high, text, interval)
