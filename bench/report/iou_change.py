"""Scatter of objects: what refinement did to each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from boundary_bench.bench.analysis.numbers import Method
from boundary_bench.bench.report import style

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results


def iou_change(results: Results, methods: Mapping[str, Method]) -> Figure:
    """IoU of each object before against after refinement, a panel for each method, by its title; BPR, Fig. 9."""
    columns = min(3, len(methods))
    rows = math.ceil(len(methods) / columns)
    figure = Figure(figsize=(style.PAGE_IN * columns / 3, 2.35 * rows))
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for axes, (title, method) in zip(panels, methods.items(), strict=False):
        before, after = (np.asarray(values, dtype=np.float64) for values in changes(results, method).values())
        axes.scatter(before, after, s=2, alpha=0.25, linewidths=0, color=style.PALETTE[0], rasterized=True)
        axes.plot([0, 1], [0, 1], color="black", linewidth=0.8)
        worse = 100 * np.mean(after < before) if len(before) else np.nan
        axes.set_title(f"{title}\n{worse:.1f} % got worse", fontsize=7)
        axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    for axes in panels[max(len(methods) - columns, 0) : len(methods)]:
        axes.tick_params(labelbottom=True)  # the last of each column, also where the row below ends early
    for axes in panels[len(methods) :]:
        axes.set_axis_off()
    figure.supxlabel("IoU before refinement", fontsize=8)
    figure.supylabel("IoU after refinement", fontsize=8)
    figure.suptitle(next(iter(methods.values())).predictions, fontsize=8)
    return figure


def changes(results: Results, method: Method) -> dict[str, Any]:
    """The curve `iou_change` of a method, empty where it was not measured."""
    return results.curves.get((method.predictions, method.refiner), {}).get("iou_change", {})
