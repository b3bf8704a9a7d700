"""Notes on the numbers of a run: how they were made, what is missing, what they mean."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TYPE_CHECKING, Any

from boundary_bench.bench.analysis.bootstrap import FEWEST, INTERVALS, too_few
from boundary_bench.bench.analysis.numbers import BASELINE, Interval, Method, Numbers, class_counterpart
from boundary_bench.bench.report.absent import absent_notes

if TYPE_CHECKING:
    from boundary_bench.bench.results.table import Results

FEW_CLUSTERS = 10
NO_INTERVAL = "[–]"
"""Stands where an interval would."""
MANY = 20
"""Definitions list so many values, and say of more where they begin and end."""


def title(method: Method) -> str:
    """Name of a method in captions; unrefined predictions keep their own name."""
    return method.predictions if method.refiner == BASELINE else method.label


def images(count: int) -> str:
    """So many images, in words."""
    return f"{count} image" + ("s" if count != 1 else "")


def notes(
    results: Results, numbers: Numbers, metrics: Sequence[str], shown: Iterable[Interval] | None = None
) -> tuple[str, ...]:
    """On intervals, oracles, what is undefined, lost or was not run; a sentence each.

    Args:
        results, numbers: of the run.
        metrics: whose numbers are shown.
        shown: the intervals among them; by default scores and gains of these metrics.
    """
    found = _interval_notes(results, list(_intervals(numbers, metrics) if shown is None else shown))
    if settings := results.dataset.get("truth"):
        found.append(f"Truth: {_one_line(settings)}.")
    if any(method.oracle for method in numbers.methods):
        found.append("†: uses the ground truth; it bounds what refinement could reach and is no competitor.")
    found += _undefined_notes(numbers, metrics)
    found += absent_notes(numbers)
    found += _lost_notes(numbers, results.dataset["samples"])
    found += [f"Not run: {item['predictions']}, {item['refiner']}: {item['reason']}." for item in results.refused]
    return tuple(found)


def _intervals(numbers: Numbers, metrics: Sequence[str]) -> Iterator[Interval]:
    names = dict.fromkeys((*metrics, *map(class_counterpart, metrics)), (None, *numbers.classes))
    for method in numbers.methods:
        entries = (numbers.get(method, metric, name) for metric in names for name in names[metric])
        yield from (interval for entry in entries for interval in (entry.score, entry.gain))


def _interval_notes(results: Results, shown: Sequence[Interval]) -> list[str]:
    """How intervals were made, and why some or all numbers have none."""
    samples, clusters = results.dataset["samples"], results.dataset["clusters"]
    drawn = results.provenance["bootstrap"]
    if drawn["interval"] == "none":
        return ["No intervals: none were asked for."]
    without = without_notes(shown)
    if all(math.isnan(each.low) for each in shown):
        units, unit = (samples, "image") if clusters is None else (clusters, "cluster")
        return [*(without or [f"No intervals: {too_few(units, unit)}."]), *_other_unit(samples, clusters)]
    how = f"{INTERVALS[drawn['interval']]}, {drawn['replicates']} replicates"
    over = images(samples)
    if clusters is not None:
        few = "; with so few, read them as rough" if clusters < FEW_CLUSTERS else ""
        over = f"{clusters} clusters of images that are not independent{few}"
    return [f"Intervals: {how} over {over}.", *without]


def _other_unit(samples: int, clusters: int | None) -> list[str]:
    """What to do about too few clusters of enough images, and what that is worth."""
    if clusters is None or clusters >= FEWEST or samples < FEWEST:
        return []
    return [
        "bootstrap.unit image (--interval-unit image) resamples images one by one: their intervals say nothing of "
        "other clusters, and are too narrow where images of one are alike."
    ]


def without_notes(shown: Iterable[Interval]) -> list[str]:
    """Why some of these numbers have no interval, each reason once."""
    return [f"{NO_INTERVAL}: {why}." for why in dict.fromkeys(each.without for each in shown) if why]


def _undefined_notes(numbers: Numbers, metrics: Sequence[str]) -> list[str]:
    """Metrics that are means over fewer classes than there are; alike ones in one line."""
    groups: dict[tuple[int, int], list[str]] = {}
    for metric in metrics:
        counts = {(e.scored, e.undefined) for e in (numbers.get(m, metric) for m in numbers.methods)}
        for scored, undefined in sorted(counts):
            if undefined:
                groups.setdefault((scored, undefined), []).append(metric)
    return [
        f"–: undefined, left out of the mean. {_families(names)}: {scored} scored, {undefined} undefined."
        for (scored, undefined), names in groups.items()
    ]


def _lost_notes(numbers: Numbers, samples: int) -> list[str]:
    by_class = ((metric, name) for metric in numbers.class_metrics for name in numbers.classes)
    first = next(chain(((metric, None) for metric in numbers.metrics), by_class), None)
    if first is None:
        return []
    notes = []
    for method in numbers.methods:
        entry = numbers.get(method, *first)
        if entry.failed or entry.missing:
            notes.append(f"{title(method)}: {entry.failed} failed, {entry.missing} missing of {images(samples)}.")
    return notes or ["No image failed and none was missing."]


def definition_notes(definitions: Mapping[str, Mapping[str, Any]], metrics: Sequence[str]) -> tuple[str, ...]:
    """One line a definition, which several metrics may share."""
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        if metric in definitions:
            groups.setdefault(_one_line(definitions[metric]), []).append(metric)
    return tuple(f"{_families(names)}: {line}." for line, names in groups.items())


def _families(metrics: Sequence[str]) -> str:
    """Names without their tolerances and widths, each once."""
    return ", ".join(dict.fromkeys(metric.partition("@")[0] for metric in metrics))


def card_rows(card: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """A definition in words, item by item; the metric's name first, if given."""
    ordered = sorted(card.items(), key=lambda item: item[0] != "metric")
    return tuple((key.replace("_", " "), _plain(value)) for key, value in ordered if value not in ([], None))


def _one_line(card: Mapping[str, Any]) -> str:
    return "; ".join(text if key == "metric" else f"{key}: {text}" for key, text in card_rows(card))


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_plain(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)) and len(value) > MANY:
        return f"{_plain(value[0])} to {_plain(value[-1])}, {len(value)} values"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return str(value)
