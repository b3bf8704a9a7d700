"""Definition cards: what a metric's name stands for, to be looked up where the name stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from boundary_bench.bench.analysis.numbers import class_counterpart
from boundary_bench.bench.report.notes import card_rows


@dataclass(frozen=True, slots=True)
class Card:
    """One definition, which several metrics may share."""

    id: str
    title: str
    rows: tuple[tuple[str, str], ...]


def cards(definitions: Mapping[str, Mapping[str, Any]], metrics: Iterable[str]) -> tuple[Card, ...]:
    """A card for each definition among those of the metrics, in their order."""
    groups: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for metric in metrics:
        if rows := card_rows(definitions.get(metric, {})):
            groups.setdefault(rows, []).append(metric)
    return tuple(
        Card(f"definition-{place}", ", ".join(names), rows) for place, (rows, names) in enumerate(groups.items())
    )


def ids_by_metric(found: Iterable[Card]) -> dict[str, str]:
    """Metric -> id of its card; also for headers that say `mIoU gain` or name the metric of a class."""
    names = {name: card.id for card in found for name in card.title.split(", ")}
    derived = {class_counterpart(name): each for name, each in names.items()}
    return {**derived, **names, **{f"{name} gain": each for name, each in names.items()}}
