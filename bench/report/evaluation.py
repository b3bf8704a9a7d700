"""The numbers of one prediction set: those that were asked for, as tables and as CSV."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from boundary_bench.bench.analysis.numbers import Method, Numbers, class_counterpart
from boundary_bench.bench.report.notes import title
from boundary_bench.bench.report.tables import Report, Score, Table, TableCell, class_columns, report, with_alone

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

CSV = ("metric", "class", "value", "low", "high", "scored", "undefined", "failed", "missing", "samples", "no_interval")
"""Columns of the long table that say something of unrefined predictions alone."""


def chosen(results: Results, names: Collection[str]) -> Results:
    """Results with these numbers alone, and with the numbers by class behind those that are means."""
    kept = {*names, *map(class_counterpart, names)}
    return replace(results, numbers=results.numbers[results.numbers["metric"].isin(kept)].reset_index(drop=True))


def evaluation(results: Results, *, digits: int = 1, every_class_metric: bool = False) -> Report:
    """Scores of unrefined predictions: one row a metric, then one row a class.

    Args:
        results: of one prediction set.
        digits: decimals of per cent.
        every_class_metric: a column by class for every metric that has one, else for those that stand for the others.
    """
    numbers = Numbers(results)
    columns = numbers.class_metrics if every_class_metric else class_columns(numbers, None)
    tables = [_overall(numbers, method, digits) for method in numbers.methods if numbers.metrics]
    tables += [_classes(numbers, method, columns, digits) for method in numbers.methods if columns]
    return report(results, numbers, tables, with_alone(numbers.metrics, columns))


def evaluation_csv(results: Results) -> str:
    """One row a metric, with an empty class, and one for each of its classes: fractions, empty where undefined."""
    return str(results.numbers[list(CSV)].to_csv(index=False, lineterminator="\n"))


def _overall(numbers: Numbers, method: Method, digits: int) -> Table:
    entries = [(metric, numbers.get(method, metric)) for metric in numbers.metrics]
    rows: list[tuple[TableCell, ...]] = [
        (metric, Score(entry.score, digits), str(entry.scored), str(entry.undefined)) for metric, entry in entries
    ]
    caption = f"{title(method)}: scores in per cent{numbers.bracketed}."
    return Table("scores", caption, ("metric", "score", "scored", "undefined"), 1, tuple(rows))


def _classes(numbers: Numbers, method: Method, metrics: tuple[str, ...], digits: int) -> Table:
    rows: list[tuple[TableCell, ...]] = [
        (name, *(Score(numbers.get(method, metric, name).score, digits) for metric in metrics))
        for name in numbers.classes
    ]
    return Table("classes", f"{title(method)}: each class in per cent.", ("class", *metrics), 1, tuple(rows))
