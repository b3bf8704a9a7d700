"""Which methods and numbers figures show, and how each method looks in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.numbers import BASELINE, CLASS_HEADLINES, HEADLINES, MASK_HEADLINES, Method, Numbers
from boundary_bench.bench.report import style

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

FARTHEST_PX = 20
"""Error-distance plots end here: farther away little happens, and the boundary needs the room."""


def tolerances(numbers: Numbers) -> tuple[float, ...]:
    """Tolerances in px for which the run has an overall boundary F, rising."""
    found = (re.fullmatch(r"boundary_f@(\d+(?:\.\d+)?)px", metric) for metric in numbers.metrics)
    return tuple(sorted(float(match.group(1)) for match in found if match))


def f_name(tolerance_px: float) -> str:
    """Display name of the boundary F-score at a tolerance."""
    return f"boundary_f@{tolerance_px:g}px"


def has_curve(results: Results, methods: Sequence[Method], curve: str) -> bool:
    """Whether all of the methods have a curve."""
    return all(curve in results.curves.get((method.predictions, method.refiner), {}) for method in methods)


def plotted_metrics(numbers: Numbers) -> list[str]:
    """Metrics that stand for the others, and the strictest boundary F."""
    first_f = [f_name(step) for step in tolerances(numbers)[:1]]
    headlines = MASK_HEADLINES if numbers.of_masks else HEADLINES
    return [metric for metric in numbers.metrics if metric in (*headlines, *first_f)]


def plotted_class_metrics(numbers: Numbers) -> list[str]:
    """The same by class; none of binary masks."""
    if numbers.of_masks:
        return []
    first_f = [f_name(step) for step in tolerances(numbers)[:1]]
    return [metric for metric in numbers.class_metrics if metric in CLASS_HEADLINES or metric in first_f]


def pages(methods: Sequence[Method]) -> list[list[Method]]:
    """Methods in groups of what one plot can show, each led by the baseline."""
    baseline = [method for method in methods if method.refiner == BASELINE]
    others = [method for method in methods if method.refiner != BASELINE]
    size = style.METHODS_SHOWN
    count = max(1, -(-len(others) // size))
    even = -(-len(others) // count) if others else 0
    return [baseline + others[k * even : (k + 1) * even] for k in range(count)]


def looks(methods: Sequence[Method]) -> Iterator[tuple[Method, style.Look]]:
    """Each method with its look in a plot of just these."""
    position = 0
    for method in methods:
        if method.refiner == BASELINE:
            yield method, style.BASELINE_LOOK
        else:
            yield method, style.look(position, oracle=method.oracle)
            position += 1


def short(method: Method) -> str:
    """A method's name where its prediction set is named elsewhere."""
    name = "unrefined" if method.refiner == BASELINE else method.refiner
    return f"{name} †" if method.oracle else name
