"""Whether two versions of the program measure the same: `python -m tests.same_numbers BEFORE AFTER`.

Both are folders of runs of the same experiments, one folder a run. Of runs with the same name every stored measurement
is compared by its names and its bits, and every number of the table with its interval. Names that metrics had in
earlier versions count as today's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from boundary_bench.bench.plugins.former_names import CATALOGUE
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import Store
from boundary_bench.bench.results.table import Results

Name = tuple[str, str, str, str]
"""sample, predictions, refiner, metric."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; 0 where all is the same, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.same_numbers", description=__doc__)
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    given = parser.parse_args(arguments)
    names = sorted(folder.name for folder in given.before.iterdir() if Store.is_run(folder))
    wrong = 0
    for name in names:
        found = list(differences(given.before / name, given.after / name))
        rows = len(Store.open(given.before / name).rows_by_name())
        print(f"{name}: {rows} rows, {len(found)} differences")
        print("".join(f"  {each}\n" for each in found[:10]), end="")
        wrong += len(found)
    print(f"{len(names)} runs, {wrong} differences")
    return 1 if wrong or not names else 0


def differences(before: Path, after: Path) -> Iterator[str]:
    """What differs between two runs."""
    if not Store.is_run(after):
        yield "there is no such run"
        return
    first, second = (measurements(folder) for folder in (before, after))
    yield from (f"only in one: {name}" for name in first.keys() ^ second.keys())
    yield from (
        f"{name}: {found}" for name in first.keys() & second.keys() if (found := differing(first[name], second[name]))
    )
    yield from table_differences(Results.load(before), Results.load(after))


def measurements(folder: Path) -> dict[Name, Row]:
    """Rows by their names, with the metric as it is called today."""
    rows = Store.open(folder).rows_by_name()
    return {(row.sample, row.predictions, row.refiner, CATALOGUE.get(row.metric, row.metric)): row for row in rows}


def differing(one: Row, other: Row) -> str:
    """What of two measurements is not the same; "" where nothing is."""
    if (one.status, one.error, one.cluster) != (other.status, other.error, other.cluster):
        return f"{one.status}, {one.error} and {other.status}, {other.error}"
    if one.arrays.keys() != other.arrays.keys():
        return f"arrays {sorted(one.arrays)} and {sorted(other.arrays)}"
    return ", ".join(name for name in one.arrays if not same_bits(one.arrays[name], other.arrays[name]))


def table_differences(first: Results, second: Results) -> Iterator[str]:
    """Columns of the long table, and curves, that are not the same."""
    for column in first.numbers.columns:
        one, other = (results.numbers[column].to_numpy() for results in (first, second))
        if not (same_bits(one, other) if one.dtype != object else one.tolist() == other.tolist()):
            yield f"table: {column}"
    for method, curves in first.curves.items():
        for name, series in curves.items():
            wrong = [key for key in series if not same_bits(series[key], second.curves[method][name][key])]
            yield from (f"curve {name} of {', '.join(method)}: {key}" for key in wrong)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays have one type, one shape and the same bytes."""
    return (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())


if __name__ == "__main__":
    sys.exit(main())
