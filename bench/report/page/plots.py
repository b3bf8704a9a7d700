"""Line plots as geometry for inline SVG: F by tolerance, errors by distance, scores in bands around the boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.numbers import Method, Numbers
from boundary_bench.bench.report import style
from boundary_bench.bench.report.page.scales import Scale, Tick, round_numbers
from boundary_bench.bench.report.shown import FARTHEST_PX, f_name, has_curve, looks, pages, short, tolerances

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

WIDTH, HEIGHT = 440, 300
LEFT, RIGHT, TOP, BOTTOM = 50, 10, 10, 42
"""Size of a plot and its margins, in units of its view box."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """One method.

    Attributes:
        look: class of its colour and marker: `base`, or `s0` and on.
        points: of the polylines; several where a value in between is undefined.
        markers: places.
    """

    label: str
    look: str
    oracle: bool
    points: tuple[str, ...]
    markers: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class LinePlot:
    """A plot, and the same as a table.

    Attributes:
        id: unique on the page.
        description: one sentence for who cannot see it.
        rows: label, then one number for each of `columns`.
    """

    id: str
    title: str
    description: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def line_plots(results: Results, numbers: Numbers) -> tuple[LinePlot, ...]:
    """All plots that the run has numbers for; many methods are spread over several."""
    found: list[LinePlot] = []
    for predictions in numbers.predictions():
        for methods in pages(numbers.of(predictions)):
            found += _plots(results, numbers, methods, f"plot-{len(found)}")
    return tuple(found)


def _plots(results: Results, numbers: Numbers, methods: Sequence[Method], prefix: str) -> Iterator[LinePlot]:
    if len(tolerances(numbers)) > 1:
        yield _against_tolerance(numbers, methods, f"{prefix}-f")
    if has_curve(results, methods, "trimap"):
        for score in ("IoU", "accuracy"):
            yield _in_bands(results, methods, f"{prefix}-trimap-{score}", score)
    if has_curve(results, methods, "error_distance"):
        yield _by_distance(results, methods, f"{prefix}-count", rate=False)
        yield _by_distance(results, methods, f"{prefix}-rate", rate=True)


def _against_tolerance(numbers: Numbers, methods: Sequence[Method], name: str) -> LinePlot:
    steps = tolerances(numbers)
    series = {
        method: np.array([100.0 * numbers.get(method, f_name(step)).score.value for step in steps])
        for method in methods
    }
    return _plot(
        name, f"{methods[0].predictions}: boundary F against tolerance", "tolerance [px]", "boundary F [%]",
        np.array(steps), series, from_zero=False, form="{:.1f}".format,
    )  # fmt: skip


def _in_bands(results: Results, methods: Sequence[Method], name: str, score: str) -> LinePlot:
    """Of bands (trimaps) of growing width; the curve of `boundary_bench.metrics.regions.trimap`."""
    curves = {method: results.curves[method.predictions, method.refiner]["trimap"] for method in methods}
    widths = np.asarray(curves[methods[0]]["width_px"], dtype=np.float64)
    series = {method: 100.0 * np.asarray(curve[score], dtype=np.float64) for method, curve in curves.items()}
    return _plot(
        name, f"{methods[0].predictions}: {score} in bands around the boundary", "width of the band [px]",
        f"{score} [%]", widths, series, from_zero=False, form="{:.1f}".format,
    )  # fmt: skip


def _by_distance(results: Results, methods: Sequence[Method], name: str, *, rate: bool) -> LinePlot:
    distance: Floats = np.array([])
    series = {}
    for method in methods:
        curve = results.curves[method.predictions, method.refiner]["error_distance"]
        every = np.asarray(curve["distance_px"], dtype=np.float64)
        near = np.isfinite(every) & (every <= FARTHEST_PX)
        errors, pixels = (np.asarray(curve[key], dtype=np.float64)[near] for key in ("errors", "pixels"))
        share = 100.0 * np.divide(errors, pixels, out=np.full_like(errors, np.nan), where=pixels > 0)
        distance, series[method] = every[near], share if rate else errors / 1000.0
    what, unit = ("error rate", "error rate [%]") if rate else ("wrong pixels", "wrong pixels [thousands]")
    return _plot(
        name, f"{methods[0].predictions}: {what} by distance to the boundary",
        "distance to the true boundary [px]", unit, distance, series, from_zero=True, form="{:.3g}".format,
    )  # fmt: skip


def _plot(
    name: str, title: str, x_label: str, y_label: str, x: Floats, series: dict[Method, Floats],
    *, from_zero: bool, form: Callable[[float], str],
) -> LinePlot:  # fmt: skip
    values = np.concatenate([*series.values(), [0.0] if from_zero else []])
    values = values[np.isfinite(values)]
    steps = round_numbers(values.min(), values.max()) if len(values) else [0.0, 1.0]
    across = Scale(float(x.min()), float(x.max()), LEFT + 8, WIDTH - RIGHT - 8)
    up = Scale(steps[0], steps[-1], HEIGHT - BOTTOM, TOP)
    shown = [value for value in x.tolist() if len(x) <= 8 or value == 1 or value % 5 == 0]
    lines = tuple(
        _line(short(method), look, method.oracle, [(across.at(a), up.at(b)) if np.isfinite(b) else None for a, b in at])
        for method, look in looks(list(series))
        for at in [list(zip(x.tolist(), series[method].tolist(), strict=True))]
    )
    rows = tuple(
        (short(method), tuple(form(value) if np.isfinite(value) else "–" for value in line))
        for method, line in series.items()
    )
    description = f"Line plot of {len(lines)} methods; the numbers are in the table below it."
    return LinePlot(
        name, title, description, x_label, y_label, across.ticks(shown), up.ticks(steps), lines,
        tuple(f"{value:g} px" for value in x.tolist()), rows,
    )  # fmt: skip


def _line(label: str, look: style.Look, oracle: bool, places: Sequence[tuple[float, float] | None]) -> Line:
    name = "base" if look is style.BASELINE_LOOK else f"s{style.PALETTE.index(look.colour)}"
    pieces: list[list[str]] = [[]]
    for place in places:
        if place is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{place[0]:g},{place[1]:g}")
    drawn = tuple(" ".join(piece) for piece in pieces if piece)
    return Line(label, name, oracle, drawn, tuple(place for place in places if place is not None))
