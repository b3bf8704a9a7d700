"""Published numbers of the papers: tables, and numbers of the running text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files
from typing import TypeVar

from boundary_bench.bench.errors import InputError, Problem, did_you_mean

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RowKey:
    """One row of a table.

    Attributes:
        baseline: empty where the row is of the truth or of a network alone.
        refiner: empty for none.
        setting: `key=value;key=value`.
    """

    dataset: str
    split: str
    baseline: str
    refiner: str
    setting: str

    @property
    def settings(self) -> dict[str, str]:
        """The setting by keys, in its order."""
        return dict(part.split("=", 1) for part in self.setting.split(";") if part)


@dataclass(frozen=True, slots=True)
class ColumnKey:
    """One column: a metric, of one class or (empty) of the whole."""

    metric: str
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class Number:
    """One printed number; shares are in per cent."""

    printed: str
    note: str = ""

    @property
    def value(self) -> float:
        """The number as one."""
        return float(self.printed)

    @property
    def digits(self) -> int:
        """How many decimals are printed."""
        return len(self.printed.partition(".")[2])


@dataclass(frozen=True)
class Published:
    """A table as printed.

    Attributes:
        paper, table: `segfix`, `bpr`, `bpr_supp` or `steal`, and the number; figures begin with `fig`.
        caption: what it shows, in words of our own.
        task: kind of segmentation.
        numbers: by row and column, in the order of print; a row may lack columns.
    """

    paper: str
    table: str
    caption: str
    task: str
    numbers: Mapping[tuple[RowKey, ColumnKey], Number]

    @property
    def name(self) -> str:
        """Such as `segfix/5`."""
        return f"{self.paper}/{self.table}"

    @property
    def is_printed(self) -> bool:
        """Whether there are numbers: a figure has none."""
        return any(number.printed for number in self.numbers.values())

    @cached_property
    def rows(self) -> tuple[RowKey, ...]:
        """In the order of print."""
        return unique(row for row, _ in self.numbers)

    @cached_property
    def columns(self) -> tuple[ColumnKey, ...]:
        """In the order of print."""
        return unique(column for _, column in self.numbers)


@dataclass(frozen=True, slots=True)
class Fact:
    """A number of the running text or a caption; value as printed, which may be a list."""

    paper: str
    section: str
    fact: str
    value: str
    unit: str


def unique(items: Iterable[T]) -> tuple[T, ...]:
    """The items, each once, in the order of their first places."""
    return tuple(dict.fromkeys(items))


@lru_cache(maxsize=1)
def index() -> Mapping[str, tuple[str, int]]:
    """Caption and count of numbers of each table by name, in the papers' order."""
    return {f"{r['paper']}/{r['table']}": (r["caption"], int(r["rows"])) for r in _records("index.csv")}


def names() -> Sequence[str]:
    """Names of the tables, such as `segfix/5`."""
    return tuple(index())


@lru_cache(maxsize=64)
def published(name: str) -> Published:
    """A table by its name.

    Raises:
        InputError: no such table.
    """
    if name not in index():
        raise InputError(Problem("table", repr(name), "what `bench paper list` names", did_you_mean(name, index())))
    paper, _, table = name.partition("/")
    numbers: dict[tuple[RowKey, ColumnKey], Number] = {}
    task = ""
    for r in _records(f"{paper}_{table}.csv"):
        task = r["task"]
        row = RowKey(r["dataset"], r["split"], r["baseline"], r["refiner"], r["setting"])
        numbers[row, ColumnKey(r["metric"], r["class"])] = Number(r["value"], r["note"])
    return Published(paper, table, index()[name][0], task, numbers)


@lru_cache(maxsize=1)
def facts() -> Sequence[Fact]:
    """Numbers of the running text and captions, paper by paper."""
    return tuple(Fact(**record) for record in _records("facts.csv"))


def _records(file: str) -> Iterator[dict[str, str]]:
    text = (files("boundary_bench.bench.papers") / "data" / file).read_text(encoding="utf-8")
    yield from csv.DictReader(text.splitlines())
