"""The numbers of one prediction set: those that were asked for, as tables and as CSV."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.numbers import Interval, Method, Numbers, class_counterpart
from boundary_bench.bench.analysis.units import in_units, unit_of
from boundary_bench.bench.report.notes import title
from boundary_bench.bench.report.sizes import by_size, object_counts, size_tables
from boundary_bench.bench.report.tables import Report, Score, Table, TableCell, class_columns, report, with_alone

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

CSV = ("metric", "class", "value", "low", "high", "scored", "undefined", "failed", "missing", "samples", "no_interval")
"""Columns of the long table that say something of unrefined predictions alone."""
FEW_CLASSES = 30
"""More than so many rows are printed on demand alone."""
FEW_COLUMNS = 4
"""More leave no room for intervals."""
MOST_COLUMNS = 10
"""More go into a further table."""
OF_OBJECTS = re.compile(r"(AP50|AP_[^_]+|AR)(_lvis)?")


def chosen(results: Results, names: Collection[str]) -> Results:
    """Results with these numbers alone, and with the numbers by class behind those that are means."""
    kept = {*names, *map(class_counterpart, names)}
    return replace(results, numbers=results.numbers[results.numbers["metric"].isin(kept)].reset_index(drop=True))


def evaluation(
    results: Results, *, digits: int = 1, every_class_metric: bool = False, every_class: bool = False
) -> Report:
    """Scores of unrefined predictions: one row a metric, one row a size of objects, then one row a class.

    Args:
        results: of one prediction set.
        digits: decimals of per cent.
        every_class_metric: a column by class for every metric that has one, else for those that stand for the others.
        every_class: rows of all classes however many there are.
    """
    numbers = Numbers(results)
    columns = _class_columns(numbers, every=every_class_metric)
    many = len(numbers.classes) > FEW_CLASSES and not (every_class or every_class_metric)
    tables: list[Table] = []
    for method in numbers.methods:
        tables += [_overall(results, numbers, method, digits)] if numbers.metrics else []
        tables += size_tables(results, numbers, method, digits)
        some = [] if many else [columns[i : i + MOST_COLUMNS] for i in range(0, len(columns), MOST_COLUMNS)]
        tables += [_classes(results, numbers, method, each, digits) for each in some]
    shown = report(results, numbers, tables, with_alone(numbers.metrics, columns))
    if not many or not columns:
        return shown
    said = f"{len(numbers.classes)} classes: --per-class prints what each has, --csv and --json hold it too."
    return replace(shown, notes=(*shown.notes, said))


def evaluation_csv(results: Results) -> str:
    """One row a metric, with an empty class, and one for each of its classes: as stored, empty where undefined."""
    return str(results.numbers[list(CSV)].to_csv(index=False, lineterminator="\n"))


def _class_columns(numbers: Numbers, *, every: bool) -> tuple[str, ...]:
    """Columns by class: of objects more than those that stand for the others, AP and AR first."""
    usual = {*class_columns(numbers, None), *(name for name in numbers.class_metrics if OF_OBJECTS.fullmatch(name))}
    columns = [name for name in numbers.class_metrics if every or name in usual]
    return tuple(sorted(columns, key=lambda name: not name.startswith(("AP", "AR"))))


def _overall(results: Results, numbers: Numbers, method: Method, digits: int) -> Table:
    apart = by_size(results, numbers)
    entries = [(metric, numbers.get(method, metric)) for metric in numbers.metrics if metric not in apart]
    rows: list[tuple[TableCell, ...]] = [
        (metric, Score(entry.score, digits, unit=unit_of(metric)), str(entry.scored), str(entry.undefined))
        for metric, entry in entries
    ]
    caption = f"{title(method)}: scores {in_units(metric for metric, _ in entries)}{numbers.bracketed}."
    return Table("scores", caption, ("metric", "score", "scored", "undefined"), 1, tuple(rows))


def _classes(results: Results, numbers: Numbers, method: Method, metrics: tuple[str, ...], digits: int) -> Table:
    """Intervals are left out where there are many columns."""
    counts = _counts(results, method)
    rows: list[tuple[TableCell, ...]] = []
    for name in numbers.classes:
        scores = [numbers.get(method, metric, name).score for metric in metrics]
        if len(metrics) > FEW_COLUMNS:
            scores = [Interval(score.value) for score in scores]
        count = [counts.get(name, "")] if counts else []
        rows.append(
            (name, *count, *(Score(s, digits, unit=unit_of(metric)) for metric, s in zip(metrics, scores, strict=True)))
        )
    header = ("class", *(["objects"] if counts else []), *metrics)
    without = "; --csv has the intervals" if numbers.bracketed and len(metrics) > FEW_COLUMNS else ""
    return Table("classes", f"{title(method)}: each class {in_units(metrics)}{without}.", header, 1, tuple(rows))


def _counts(results: Results, method: Method) -> dict[str, str]:
    """Class -> how many true objects it has; empty where the run did not count them, or not by class."""
    counted, classes = object_counts(results, method).get("any size", ()), results.dataset["classes"]
    same = len(counted) == len(classes)
    return {name: str(count) for name, count in zip(classes, counted, strict=True)} if same else {}
