"""Tables of a run as data: cells, captions and notes. `formats` writes them down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.numbers import (
    BASELINE,
    CLASS_HEADLINES,
    Entry,
    Interval,
    Method,
    Numbers,
    class_counterpart,
)
from boundary_bench.bench.analysis.units import PER_CENT, Unit, in_units, unit_of
from boundary_bench.bench.report.notes import definition_notes, images, notes

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results


@dataclass(frozen=True, slots=True)
class Score:
    """A cell with a number, stored as it was measured and printed in its unit.

    Attributes:
        digits: decimals of per cent; other units have more or fewer.
        signed: for differences.
    """

    interval: Interval
    digits: int
    signed: bool = False
    unit: Unit = PER_CENT


@dataclass(frozen=True, slots=True)
class Mark:
    """A text cell that carries a dagger: the method knows the ground truth."""

    text: str


TableCell = str | Score | Mark


@dataclass(frozen=True, slots=True)
class Table:
    """One table.

    Attributes:
        name: short, for file names and LaTeX labels.
        caption: one sentence that says what the cells are.
        header: column names.
        labels: how many columns at the left are names, not numbers.
        rows: cells, one for each column.
    """

    name: str
    caption: str
    header: tuple[str, ...]
    labels: int
    rows: tuple[tuple[TableCell, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Tables that belong together, with a heading above and notes and the metrics' definitions below them."""

    heading: str
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    definitions: tuple[str, ...]


def comparison(
    results: Results, metrics: Sequence[str] | None = None, *, digits: int = 1, classes: bool = True
) -> Report:
    """Every prediction set under every refiner: scores, gains over the unrefined ones, scores per class.

    Args:
        results: of a run.
        metrics: columns, or numbers by class such as IoU; None takes the main ones.
        digits: decimals of per cent; gains get one more, and other units have their own (`Unit.decimals`).
        classes: with tables of the classes, for the `metrics` given or else IoU and the strictest boundary F.

    Raises:
        InputError: a metric that the run did not measure.
    """
    numbers = Numbers(results)
    columns = tuple(name for name in numbers.choose_metrics(metrics, by_class=classes) if name in numbers.metrics)
    tables = [_scores(numbers, columns, digits)] if columns else []
    if columns and any(method.refiner != BASELINE for method in numbers.methods):
        tables.append(_gains(numbers, columns, digits + 1))
    tables += recoveries(results, numbers, columns) if columns else []
    by_class = class_columns(numbers, metrics) if classes else ()
    tables += [_per_class(numbers, metric, digits) for metric in by_class]
    return report(results, numbers, tables, with_alone(columns, by_class))


def _scores(numbers: Numbers, metrics: Sequence[str], digits: int) -> Table:
    rows = [
        (
            *method_names(method),
            *(Score(numbers.get(method, metric).score, digits, unit=unit_of(metric)) for metric in metrics),
        )
        for method in numbers.methods
    ]
    caption = f"Scores {in_units(metrics)}{numbers.bracketed}."
    return Table("scores", caption, ("predictions", "refiner", *metrics), 2, tuple(rows))


def _gains(numbers: Numbers, metrics: Sequence[str], digits: int) -> Table:
    rows = [
        (
            *method_names(method),
            *(Score(numbers.get(method, metric).gain, digits, signed=True, unit=unit_of(metric)) for metric in metrics),
        )
        for method in numbers.methods
        if method.refiner != BASELINE
    ]
    units = in_units(metrics, gains=True)
    caption = f"Gains over the unrefined predictions {units}, on the same images{numbers.bracketed}."
    return Table("gains", caption, ("predictions", "refiner", *metrics), 2, tuple(rows))


def recoveries(results: Results, numbers: Numbers, metrics: Sequence[str]) -> list[Table]:
    """Share of an oracle's gain that the others reach, if the experiment asks for it."""
    bound = (results.provenance["experiment"] or {}).get("recovery_of")
    if bound is None:
        return []
    methods = [method for method in numbers.methods if method.refiner not in (BASELINE, bound)]
    if not methods:
        return []
    shares = {method: [numbers.get(method, metric).recovery for metric in metrics] for method in methods}
    rows = tuple((*method_names(method), *(Score(share, 0) for share in shares[method])) for method in methods)
    some = any(not math.isnan(share.low) for row in shares.values() for share in row)
    caption = f"Gains in per cent of those of {bound}, on the same images{numbers.bracketed if some else ''}."
    return [Table("recoveries", caption, ("predictions", "refiner", *metrics), 2, rows)]


def _per_class(numbers: Numbers, metric: str, digits: int) -> Table:
    rows = [
        (
            *method_names(method),
            *(_bare(numbers.get(method, metric, name), digits, unit_of(metric)) for name in numbers.classes),
        )
        for method in numbers.methods
    ]
    caption = f"{metric} of each class {in_units([metric])}."
    return Table(f"classes-{metric}", caption, ("predictions", "refiner", *numbers.classes), 2, tuple(rows))


def class_columns(numbers: Numbers, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """Metrics with a table per class: those asked for, else IoU and the strictest boundary F, and none of masks."""
    if wanted:
        named = {class_counterpart(metric) for metric in wanted}
        return tuple(metric for metric in numbers.class_metrics if metric in named)
    if numbers.of_masks:
        return ()
    boundary = [metric for metric in numbers.class_metrics if metric.startswith("boundary_f@")][:1]
    return tuple(metric for metric in numbers.class_metrics if metric in CLASS_HEADLINES or metric in boundary)


def with_alone(metrics: Sequence[str], by_class: Sequence[str]) -> tuple[str, ...]:
    """Metrics, and the numbers by class that are behind none of them."""
    behind = {class_counterpart(metric) for metric in metrics}
    return (*metrics, *(metric for metric in by_class if metric not in behind))


def method_names(method: Method) -> tuple[TableCell, TableCell]:
    """The first two cells of a row."""
    return method.predictions, Mark(method.refiner) if method.oracle else method.refiner


def _bare(entry: Entry, digits: int, unit: Unit) -> Score:
    """Without its interval: a column for each class leaves no room."""
    return Score(Interval(entry.score.value), digits, unit=unit)


def report(
    results: Results,
    numbers: Numbers,
    tables: Sequence[Table],
    metrics: Sequence[str],
    *,
    suffix: str = "",
    shown: Sequence[Interval] | None = None,
) -> Report:
    """Tables with what is said of all of them; suffix goes into the heading, shown is that of `notes`."""
    dataset = results.dataset
    heading = f"{dataset['name']}, {dataset['split']}: {images(dataset['samples'])}{suffix}"
    said = notes(results, numbers, metrics, shown)
    return Report(heading, tuple(tables), said, definition_notes(results.definitions, metrics))
