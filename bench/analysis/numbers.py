"""The numbers of a run, indexed for tables and figures: which methods, metrics and classes there are."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from boundary_bench.bench.analysis.bootstrap import NOT_ASKED
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
    """A fraction with the ends of its interval.

    Attributes:
        value, low, high: NaN where undefined.
        without: why it has no interval although one was asked for; "" where it has one or none was asked for.
    """

    value: float = math.nan
    low: float = math.nan
    high: float = math.nan
    without: str = ""


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
        bracketed: says of a table that it holds intervals; "" where the run has none.
        methods: in the order of the table.
        metrics: those with an overall value, in the order of the table.
        class_metrics: those with values per class.
        classes: names, in the order of the table.
    """

    def __init__(self, results: Results) -> None:
        records = results.numbers.to_dict("records")
        drawn = results.provenance["bootstrap"]
        self.level = f"{100 * drawn['level']:g} %"
        self.bracketed = f", with {self.level} intervals in brackets" if drawn.get("interval") != "none" else ""
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

    @property
    def of_masks(self) -> bool:
        """Whether the numbers are those of binary masks, whose IoU is one of the whole run: classes add nothing."""
        return MASK_HEADLINES[0] in self.metrics

    def choose_metrics(self, wanted: Sequence[str] | None, *, by_class: bool = False) -> tuple[str, ...]:
        """Metrics for the columns of a table.

        Args:
            wanted: names, kept in this order; None takes those that do not merely explain others.
            by_class: whether numbers that are there by class alone may be wanted, such as IoU.

        Raises:
            InputError: a name that the run did not measure.
        """
        if not wanted:
            passed_over = {"mIoU"} if self.of_masks else set[str]()
            main = (name for name in self.metrics if not is_supporting(name) and name not in passed_over)
            return tuple(main) or self.metrics
        known = _unique((*self.metrics, *self.class_metrics)) if by_class else self.metrics
        unknown = [metric for metric in wanted if metric not in known]
        if unknown:
            allowed = "one of " + ", ".join(known)
            raise InputError(Problem("--metric", metric, allowed) for metric in unknown)
        return tuple(wanted)


SUPPORTING = (
    *("precision", "recall", "share", "accuracy", "error_rate", "dice", "frequency_weighted", "without_background"),
    *("over_images", "image_mIoU", "trimap"),
)
"""Words in the names of metrics that explain others; tables of many methods have no room for them unasked."""


_SECONDARY = re.compile(
    r"AP_[SML]|(boundary_)?AR\w*|boundary_AP\w+|(boundary_)?[SR]Q_(th|st)|boundary_[SR]Q|IoU_(before|after)|AF_\w+"
    r"|(HD|HD95_pooled|ASD)_(px|mm)|boundary_IoU_(max|mean)"
)
"""Likewise: parts of AP and PQ, all of their boundary variants but the first, and distances but HD95 and ASSD."""

MASK_HEADLINES = ("IoU", "mBA", "boundary_IoU", "HD95_px")
"""Metrics of binary masks that stand for the others where there is room for few."""
HEADLINES = (
    *("mIoU", "AP", "boundary_AP", "AF", "AP_cityscapes", "AP_lvis", "PQ", "boundary_PQ", "MF_ODS", "edge_AP"),
    "HD95_px",
)
"""Likewise of everything else, by themselves and (below) by class."""
CLASS_HEADLINES = ("IoU", *HEADLINES[1:])


_OF_CLASSES = {"mean_dice": "Dice", "mean_class_accuracy": "class_accuracy"}


def class_counterpart(metric: str) -> str:
    """Name of a metric for one class: mIoU is the mean of IoU."""
    return _OF_CLASSES.get(metric, metric.replace("mIoU", "IoU"))


def is_supporting(metric: str) -> bool:
    """Whether a number merely explains others."""
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
    why, why_gain = (record.get(name) for name in ("no_interval", "difference_no_interval"))
    score = _interval(record, why, "value", "low", "high")
    gain, recovery = (
        _interval(record, why_gain, name, f"{name}_low", f"{name}_high") for name in ("difference", "recovery")
    )
    return Entry(score, gain, recovery, **counts)


def _interval(record: dict[Any, Any], why: Any, *names: str) -> Interval:
    value, low, high = (_number(record[name]) for name in names)
    lacks = not math.isnan(value) and math.isnan(low) and isinstance(why, str) and why != NOT_ASKED
    return Interval(value, low, high, why if lacks else "")


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _count(value: Any) -> int:
    return 0 if math.isnan(_number(value)) else int(value)
