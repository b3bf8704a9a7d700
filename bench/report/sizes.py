"""Numbers of objects by size, as a table with a row a size."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.numbers import Method, Numbers
from boundary_bench.bench.report.notes import title
from boundary_bench.bench.report.tables import Score, Table, TableCell

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

RANGES = "areas_px"
"""Key of a definition: names of ranges -> their ends."""
COUNTS = "objects"
"""Curve of `boundary_bench.metrics.instance.object_counts`."""
WITHOUT_END = 1e9
"""Px from which on the upper end of a range means none."""


def by_size(results: Results, numbers: Numbers) -> dict[str, tuple[str, str]]:
    """Numbers of one size alone -> the number of all sizes, and the name of the size."""
    found = {}
    for metric in numbers.metrics:
        for size in results.definitions.get(metric, {}).get(RANGES) or ():
            base = metric.replace(f"_{size}", "", 1)
            if base != metric and base in numbers.metrics:
                found[metric] = (base, size)
    return found


def size_tables(results: Results, numbers: Numbers, method: Method, digits: int) -> list[Table]:
    """A row a size, with how many objects it has: of precision, and of recall; none where no number goes by size."""
    sizes = by_size(results, numbers)
    bases = sorted({base for base, _ in sizes.values()}, key=lambda base: (base.startswith("boundary_"), base))
    kinds = {"AP": [base for base in bases if "AR" not in base], "AR": [base for base in bases if "AR" in base]}
    return [_table(results, numbers, method, digits, kind, some) for kind, some in kinds.items() if some]


def _table(results: Results, numbers: Numbers, method: Method, digits: int, kind: str, bases: Sequence[str]) -> Table:
    of = {pair: metric for metric, pair in by_size(results, numbers).items()}
    ranges = next(results.definitions[metric][RANGES] for (base, _), metric in of.items() if base in bases)
    counts = object_counts(results, method)
    rows: list[tuple[TableCell, ...]] = []
    for size, ends in ranges.items():
        cells = [Score(numbers.get(method, of.get((base, size), "")).score, digits) for base in bases]
        rows.append((in_words(size, ends), *([str(sum(counts[size]))] if size in counts else []), *cells))
    header = ("area in px", *([COUNTS] if counts else []), *bases)
    caption = f"{title(method)}: {kind} by size of objects in per cent{numbers.bracketed}."
    return Table(f"sizes-{kind}", caption, header, 1, tuple(rows))


def object_counts(results: Results, method: Method) -> Mapping[str, Sequence[int]]:
    """Size -> objects of each class; empty where the run did not count them."""
    curves: Mapping[str, Any] = results.curves.get((method.predictions, method.refiner), {})
    return {name: [int(count) for count in counts] for name, counts in curves.get(COUNTS, {}).items()}


def in_words(size: str, ends: Sequence[float]) -> str:
    """A range of areas: `S: to 1024`, `M: 1024 to 9216`, `L: from 9216`."""
    low, high = (math.inf if end is None else float(end) for end in ends)
    if high >= WITHOUT_END:
        return f"{size}: from {_number(low)}"
    return f"{size}: to {_number(high)}" if low == 0 else f"{size}: {_number(low)} to {_number(high)}"


def _number(value: float) -> str:
    return f"{value:.15g}"
