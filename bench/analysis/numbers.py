"""The numbers of a run, indexed for tables and figures: which methods, metrics and classes there are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from boundary_bench.bench.errors import InputError, Problem

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

T = TypeVar("T")

BASELINE = "identity"
"""The refiner whose rows are the unrefined predictions; differences are taken to it."""


@dataclass(frozen=True, slots=True)
class Method:
    """One row of a comparison: a prediction set and what was done to it."""

    predictions: str
    refiner: str
    oracle: bool = False

    @property
    def label(self) -> str:
        """As figures and messages call it; a dagger marks that the ground truth was used."""
        return f"{self.predictions}, {self.refiner}{' †' if self.oracle else ''}"


@dataclass(frozen=True, slots=True)
class Interval:
    """A fraction with the ends of its 95 % interval; NaN where undefined."""

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


@dataclass(frozen=True, slots=True)
class Entry:
    """Numbers of one method, metric and class (or the whole)."""

    score: Interval = field(default_factory=Interval)
    gain: Interval = field(default_factory=Interval)
    recovery: Interval = field(default_factory=Interval)
    scored: int = 0
    undefined: int = 0
    failed: int = 0
    missing: int = 0
    samples: int = 0


class Numbers:
    """Index over the long table of a `Results`.

    Attributes:
        level: coverage of the intervals as text, such as `95 %`.
        methods: in the order of the table.
        metrics: those with an overall value, in the order of the table.
        class_metrics: those with values per class.
        classes: names, in the order of the table.
    """

    def __init__(self, results: Results) -> None:
        records = results.numbers.to_dict("records")
        self.level = f"{100 * results.provenance['bootstrap']['level']:g} %"
        self.methods = _unique(_method(record) for record in records)
        self.metrics = _unique(str(r["metric"]) for r in records if not _is_class(r))
        self.class_metrics = _unique(str(r["metric"]) for r in records if _is_class(r))
        self.classes = _unique(str(r["class"]) for r in records if _is_class(r))
        self._entries = {_key(record): _entry(record) for record in records}

    def get(self, method: Method, metric: str, name: str | None = None) -> Entry:
        """The entry of a class (None: overall); an undefined one where the table has no such row."""
        return self._entries.get((method, metric, name), Entry())

    def predictions(self) -> tuple[str, ...]:
        """Names of the prediction sets, in order."""
        return _unique(method.predictions for method in self.methods)

    def of(self, predictions: str) -> tuple[Method, ...]:
        """Methods on one prediction set, in order."""
        return tuple(method for method in self.methods if method.predictions == predictions)

    def choose_metrics(self, wanted: Sequence[str] | None) -> tuple[str, ...]:
        """Metrics for the columns of a table.

        Args:
            wanted: names, kept in this order; None takes those that do not merely explain others.

        Raises:
            InputError: a name that the run did not measure.
        """
        if not wanted:
            return tuple(metric for metric in self.metrics if not _is_supporting(metric)) or self.metrics
        unknown = [metric for metric in wanted if metric not in self.metrics]
        if unknown:
            allowed = "one of " + ", ".join(self.metrics)
            raise InputError(Problem("--metric", metric, allowed) for metric in unknown)
        return tuple(wanted)


SUPPORTING = (
    *("precision", "recall", "share", "accuracy", "error_rate", "dice", "frequency_weighted", "without_background"),
    *("over_images", "image_mIoU"),
)
"""Words in the names of metrics that explain others; tables of many methods have no room for them unasked."""


_SECONDARY = re.compile(
    r"AP_[SML]|(boundary_)?AR\w*|boundary_AP\w+|(boundary_)?[SR]Q_(th|st)|boundary_[SR]Q|IoU_(before|after)|AF_\w+"
)
"""Likewise: parts of AP and PQ, and all of their boundary variants but the first."""

HEADLINES = ("mIoU", "AP", "boundary_AP", "AF", "AP_cityscapes", "AP_lvis", "PQ", "boundary_PQ", "MF_ODS", "edge_AP")
"""Metrics that stand for the others where there is room for few, by themselves and (below) by class."""
CLASS_HEADLINES = ("IoU", *HEADLINES[1:])


_OF_CLASSES = {"mean_dice": "Dice", "mean_class_accuracy": "class_accuracy"}


def class_counterpart(metric: str) -> str:
    """Name of a metric for one class: mIoU is the mean of IoU."""
    return _OF_CLASSES.get(metric, metric.replace("mIoU", "IoU"))


def _is_supporting(metric: str) -> bool:
    return any(word in metric for word in SUPPORTING) or _SECONDARY.fullmatch(metric) is not None


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def _is_class(record: dict[Any, Any]) -> bool:
    return isinstance(record["class"], str)


def _method(record: dict[Any, Any]) -> Method:
    return Method(str(record["predictions"]), str(record["refiner"]), bool(record["oracle"]))


def _key(record: dict[Any, Any]) -> tuple[Method, str, str | None]:
    return _method(record), str(record["metric"]), record["class"] if _is_class(record) else None


def _entry(record: dict[Any, Any]) -> Entry:
    counts = {name: _count(record[name]) for name in ("scored", "undefined", "failed", "missing", "samples")}
    score = _interval(record, "value", "low", "high")
    gain, recovery = (_interval(record, name, f"{name}_low", f"{name}_high") for name in ("difference", "recovery"))
    return Entry(score, gain, recovery, **counts)


def _interval(record: dict[Any, Any], *names: str) -> Interval:
    return Interval(*(_number(record[name]) for name in names))


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _count(value: Any) -> int:
    return 0 if math.isnan(_number(value)) else int(value)
