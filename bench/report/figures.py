"""Figures of a run: errors by distance to the boundary, scores in bands around it, F by tolerance, classes, gains."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from boundary_bench.bench.analysis.numbers import BASELINE, Interval, Method, Numbers
from boundary_bench.bench.analysis.units import PER_CENT, in_units, lower_is_better, unit_of
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.report import style
from boundary_bench.bench.report.iou_change import changes, iou_change
from boundary_bench.bench.report.shown import (
    FARTHEST_PX,
    f_name,
    has_curve,
    looks,
    pages,
    plotted_class_metrics,
    plotted_metrics,
    short,
    tolerances,
)

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

Image = Literal["png", "svg"]
IMAGES: tuple[Image, ...] = get_args(Image)
HANDLE_IN = 0.6
"""Width of a legend entry beside its label, including the gap to the next one."""


def draw_all(
    results: Results, folder: Path, *, kinds: Sequence[Image] = IMAGES, methods: Sequence[str] | None = None
) -> list[Path]:
    """Draw every figure that the run has numbers for.

    Args:
        results: of a run.
        folder: created where it is missing; files of the same name are replaced.
        kinds: file formats.
        methods: names of the refiners to show, besides the baseline; None shows all, some to a page.

    Returns:
        The files written, in order.

    Raises:
        InputError: a method that the run does not have.
    """
    numbers = Numbers(results)
    _require_known(numbers, methods)
    written = []
    with style.styled():
        for name, figure in _figures(results, numbers, methods):
            written += [style.save(figure, folder / f"{name}.{kind}") for kind in kinds]
    return written


def _figures(results: Results, numbers: Numbers, wanted: Sequence[str] | None) -> Iterator[tuple[str, Figure]]:
    for predictions in numbers.predictions():
        of = _slug(predictions)
        shown = [m for m in numbers.of(predictions) if not wanted or m.refiner in (*wanted, BASELINE)]
        for page, methods in enumerate(pages(shown), start=1):
            suffix = f"{of}-{page}" if len(shown) > style.METHODS_SHOWN + 1 else of
            if has_curve(results, methods, "trimap"):
                yield f"trimap-{suffix}", in_bands(results, methods)
            if has_curve(results, methods, "error_distance"):
                yield f"error-distance-{suffix}", error_distance(results, methods)
            changed = [m for m in methods if m.refiner != BASELINE and changes(results, m)]
            if changed:
                yield f"iou-change-{suffix}", iou_change(results, {short(m): m for m in changed})
            if len(tolerances(numbers)) > 1:
                yield f"boundary-f-{suffix}", f_against_tolerance(numbers, methods)
        for metric in plotted_metrics(numbers):
            refined = [method for method in shown if method.refiner != BASELINE]
            if refined:
                yield f"gains-{_slug(metric)}-{of}", gains(numbers, refined, metric)
        for metric in plotted_class_metrics(numbers) if len(numbers.classes) > 1 else []:
            yield f"classes-{_slug(metric)}-{of}", class_bars(numbers, _for_bars(shown), metric)


def error_distance(results: Results, methods: Sequence[Method]) -> Figure:
    """Wrong pixels (left) and error rate (right) by distance to the ground-truth boundary; SegFix, Fig. 2."""
    figure = Figure(figsize=(style.PAGE_IN, 2.9))
    counts, rates = figure.subplots(1, 2)
    for method, look in looks(methods):
        curve = results.curves[method.predictions, method.refiner]["error_distance"]
        distance = np.asarray(curve["distance_px"], dtype=np.float64)
        near = np.isfinite(distance) & (distance <= FARTHEST_PX)
        errors, pixels = (np.asarray(curve[name], dtype=np.float64)[near] for name in ("errors", "pixels"))
        rate = np.divide(errors, pixels, out=np.full_like(errors, np.nan), where=pixels > 0)
        line = {**look.line(), "markersize": 2.5, "zorder": _above(method)}
        counts.plot(distance[near], errors, label=short(method), **line)
        rates.plot(distance[near], 100.0 * rate, **line)
    counts.set_ylabel("wrong pixels")
    counts.yaxis.set_major_formatter(FuncFormatter(_thousands))
    rates.set_ylabel("error rate [%]")
    for axes in (counts, rates):
        axes.set_xlabel("distance to the ground-truth boundary [px]")
        axes.set_ylim(bottom=0)
        axes.set_xlim(0, FARTHEST_PX + 0.5)
        axes.set_xticks([1, 5, 10, 15, 20])
    _legend_below(figure, counts)
    figure.suptitle(f"{methods[0].predictions}: errors by distance to the boundary", fontsize=8)
    return figure


def in_bands(results: Results, methods: Sequence[Method]) -> Figure:
    """IoU (left) and accuracy (right) in bands around the true boundary by their width; Kohli et al., IJCV 2009."""
    figure = Figure(figsize=(style.PAGE_IN, 2.9))
    panels = dict(zip(("IoU", "accuracy"), figure.subplots(1, 2), strict=True))
    for method, look in looks(methods):
        curve = results.curves[method.predictions, method.refiner]["trimap"]
        widths = np.asarray(curve["width_px"], dtype=np.float64)
        line = {**look.line(), "markersize": 2.5, "zorder": _above(method)}
        for score, axes in panels.items():
            axes.plot(widths, 100.0 * np.asarray(curve[score], dtype=np.float64), label=short(method), **line)
    for score, axes in panels.items():
        axes.set_ylabel(f"{score} [%]")
        axes.set_xlabel("width of the band around the boundary [px]")
        axes.set_xlim(left=0)
    _legend_below(figure, panels["IoU"])
    figure.suptitle(f"{methods[0].predictions}: scores near the boundary", fontsize=8)
    return figure


def f_against_tolerance(numbers: Numbers, methods: Sequence[Method]) -> Figure:
    """Boundary F-score over the tolerances measured; `gains` has the paired intervals, which decide."""
    steps = tolerances(numbers)
    figure = Figure(figsize=(style.COLUMN_IN, 3.4))
    axes = figure.subplots()
    for method, look in looks(methods):
        scores = [100.0 * numbers.get(method, f_name(step)).score.value for step in steps]
        axes.plot(
            steps, scores, label=short(method), **{**look.line(), "marker": look.marker or "o"}, zorder=_above(method)
        )
    axes.set_xticks(steps, [f"{step:g}" for step in steps])
    axes.set_xlabel("tolerance [px]")
    axes.set_ylabel("boundary F [%]")
    axes.set_title(methods[0].predictions)
    _legend_below(figure, axes, columns=2)
    return figure


def gains(numbers: Numbers, methods: Sequence[Method], metric: str) -> Figure:
    """Paired gains with intervals; methods that know the truth below, on a scale of their own."""
    groups = [[m for m in methods if m.oracle == oracle] for oracle in (False, True)]
    groups = [group for group in groups if group]
    rows = [len(group) + 0.6 for group in groups]
    widest = max(style.width_in(short(method)) for method in methods)
    width = style.COLUMN_IN if widest < 0.5 * style.COLUMN_IN else style.PAGE_IN
    figure = Figure(figsize=(width, 0.75 + 0.25 * (len(groups) - 1) + 0.19 * sum(rows)))
    panels = figure.subplots(len(groups), 1, squeeze=False, height_ratios=rows)[:, 0]
    for axes, group in zip(panels, groups, strict=True):
        _forest(axes, [(short(method), numbers.get(method, metric).gain) for method in group], metric)
    figure.suptitle(f"{methods[0].predictions}: gain in {metric}", fontsize=8)
    units = in_units([metric], gains=True).removeprefix("in ")
    figure.supxlabel(f"{units}, with {numbers.level} interval" if numbers.bracketed else units, fontsize=8)
    figure.align_ylabels()
    return figure


def _forest(axes: Axes, rows: Sequence[tuple[str, Interval]], metric: str) -> None:
    factor, falls = unit_of(metric).factor, lower_is_better(metric)
    for row, (_, gain) in enumerate(rows):
        colour = style.verdict(gain.low, gain.high, falls=falls)
        ends = np.nan_to_num(np.array([[gain.value - gain.low], [gain.high - gain.value]]))
        axes.errorbar(
            [factor * gain.value], [row], xerr=factor * np.maximum(ends, 0.0),
            fmt="o", color=colour, elinewidth=1.0, capsize=2.0,
        )  # fmt: skip
    axes.axvline(0.0, color=style.BASELINE_COLOUR, linewidth=0.8)
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def class_bars(numbers: Numbers, methods: Sequence[Method], metric: str) -> Figure:
    """Each class under the baseline and some methods; a class without a value has no bar but a dash."""
    figure = Figure(figsize=(style.PAGE_IN, 2.8))
    axes = figure.subplots()
    width, unit = 0.84 / len(methods), unit_of(metric)
    for position, (method, look) in enumerate(looks(methods)):
        values = np.array([numbers.get(method, metric, name).score.value for name in numbers.classes])
        at = np.arange(len(values)) + (position - (len(methods) - 1) / 2) * width
        colour = "#9A9A9A" if look is style.BASELINE_LOOK else look.colour
        axes.bar(at, unit.factor * np.nan_to_num(values), width, color=colour, label=short(method))
        for x in at[np.isnan(values)]:
            axes.text(x, 0, "–", ha="center", va="bottom")
    axes.set_xticks(range(len(numbers.classes)), list(numbers.classes), rotation=35, ha="right", rotation_mode="anchor")
    axes.grid(visible=False, axis="x")
    axes.set_xlim(-0.6, len(numbers.classes) - 0.4)
    axes.set_ylim(0, 100 if unit == PER_CENT else None)
    axes.set_ylabel(unit.axis(metric))
    axes.set_title(methods[0].predictions)
    _legend_below(figure, axes)
    return figure


def _for_bars(methods: Sequence[Method]) -> list[Method]:
    """The baseline and the first methods that do not know the truth: what a group of bars can hold."""
    baseline = [method for method in methods if method.refiner == BASELINE]
    honest = [method for method in methods if method.refiner != BASELINE and not method.oracle]
    return baseline + (honest or [method for method in methods if method.oracle])[: style.BARS_SHOWN]


def _above(method: Method) -> float:
    """The baseline on top: the others' markers still show, and what they change shows against it."""
    return 3.0 if method.refiner == BASELINE else 2.0


def _legend_below(figure: Figure, axes: Axes, columns: int = 4) -> None:
    handles, labels = axes.get_legend_handles_labels()
    fitting = int(figure.get_figwidth() / (HANDLE_IN + max(map(style.width_in, labels))))
    figure.legend(handles, labels, loc="outside lower center", ncols=max(1, min(columns, fitting, len(labels))))


def _thousands(value: float, _position: int) -> str:
    if value >= 1e6:
        return f"{value / 1e6:g} M"
    return f"{value / 1e3:g} k" if value >= 1e3 else f"{value:g}"


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-").lower()


def _require_known(numbers: Numbers, methods: Sequence[str] | None) -> None:
    known = list(dict.fromkeys(method.refiner for method in numbers.methods))
    unknown = [name for name in methods or () if name not in known]
    if unknown:
        raise InputError(Problem("--methods", name, "one of " + ", ".join(known)) for name in unknown)
