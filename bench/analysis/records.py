"""The long table of a run: each number of each cell, and its difference to the unrefined predictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis.rows import CellRows
from boundary_bench.bench.analysis.scores import Number, PairedScores, Score, numbers_of, undefined
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.json_file import plain
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.metrics.functional.statistics import Summary


class Records:
    """Rows of the long table of `Results`.

    Args:
        plan: the experiment.
        scores: of its rows.

    Raises:
        InputError: no cell has a single measurement of some metric, or two metrics give a number one name.
    """

    def __init__(self, plan: Plan, scores: PairedScores) -> None:
        self._plan, self._scores = plan, scores
        self._identity = next((label for label, built in plan.refiners.items() if built.identity), None)
        self._bound = plan.experiment.recovery_of
        self._examples = {label: self._example(label) for label in plan.metrics}
        self._require_own_names()

    def of(self, cell: Cell) -> Iterator[dict[str, Any]]:
        """All rows of a cell, as mappings of `COLUMNS`."""
        for label, example in self._examples.items():
            for number in numbers_of(label, example):
                yield from self._rows(cell, number)
        self._scores.forget(lambda other: other.refiner in (self._identity, self._bound))

    def curves(self, cell: Cell) -> dict[str, dict[str, NDArray[Any]]]:
        """Curve -> series -> array, of all metrics."""
        curves = {}
        for label, built in self._plan.metrics.items():
            if places := self._scores.places(cell, label):
                whole = self._scores.whole(cell, label, places)
                curves.update({name + built.suffix: curve for name, curve in whole.curves.items()})
        return curves

    def definitions(self) -> dict[str, dict[str, Any]]:
        """Definitions of metrics and curves, by name."""
        found: dict[str, dict[str, Any]] = {}
        for label, example in self._examples.items():
            built = self._plan.metrics[label]
            for name in (*example.values, *example.per_class, *example.curves):
                found[name + built.suffix] = plain(built.metric.definition())
        return found

    def _rows(self, cell: Cell, number: Number) -> Iterator[dict[str, Any]]:
        of_cell, example = self._scores.rows.of(cell, number.label), self._examples[number.label]
        own = self._scores.score(cell, number) if of_cell.rows else undefined(number, example)
        gain, recovery = self._gain(cell, number), self._recovery(cell, number)
        for position, class_name in self._places(own) if number.part == "per_class" else [(0, None)]:
            yield {
                "predictions": cell.predictions,
                "refiner": cell.refiner,
                "oracle": self._plan.refiners[cell.refiner].oracle,
                "metric": number.name + self._plan.metrics[number.label].suffix,
                "class": class_name,
                "value": own.value[position],
                "low": own.low[position],
                "high": own.high[position],
                "difference": gain.value[position],
                "difference_low": gain.low[position],
                "difference_high": gain.high[position],
                "recovery": recovery.value[position],
                "recovery_low": recovery.low[position],
                "recovery_high": recovery.high[position],
                **self._counts(cell, number, of_cell, defined=not np.isnan(own.value[position])),
                "no_interval": own.without[position] or None,
                "difference_no_interval": gain.without[position] or None,
            }

    def _counts(self, cell: Cell, number: Number, of_cell: CellRows, *, defined: bool) -> dict[str, int]:
        scored, undefined_ = int(defined), int(not defined)
        if number.part == "values" and of_cell.rows:
            summary = self._scores.whole(cell, number.label, self._scores.places(cell, number.label))
            scored = summary.scored.get(number.name, scored)
            undefined_ = self._of_scored(scored, summary.undefined.get(number.name, undefined_))
        return {
            "scored": scored,
            "undefined": undefined_,
            "failed": of_cell.failed,
            "missing": of_cell.missing,
            "samples": len(of_cell.rows),
        }

    def _of_scored(self, scored: int, undefined_: int) -> int:
        """How many of the classes that are scored a number is undefined for, where it is a mean over all."""
        categories = self._plan.categories
        if categories is None or scored + undefined_ != len(self._plan.dataset.classes):
            return undefined_
        return len(categories) - scored

    def _gain(self, cell: Cell, number: Number) -> Score:
        """Difference to the identity over the samples that both have; undefined for the identity itself."""
        baseline = self._cell_of(cell, self._identity)
        common = self._scores.common(number.label, cell, *([baseline] if baseline else []))
        if baseline is None or not common:
            return undefined(number, self._examples[number.label])
        return self._scores.difference(cell, baseline, number, common)

    def _recovery(self, cell: Cell, number: Number) -> Score:
        """Gain as a share of the bound's, over the samples that all have; undefined where the bound gains nothing."""
        baseline, bound = self._cell_of(cell, self._identity), self._cell_of(cell, self._bound)
        if baseline is None or bound is None:
            return undefined(number, self._examples[number.label])
        common = self._scores.common(number.label, cell, baseline, bound)
        if not common:
            return undefined(number, self._examples[number.label])
        return self._scores.share(cell, bound, baseline, number, common)

    def _cell_of(self, cell: Cell, refiner: str | None) -> Cell | None:
        """The cell of a refiner on the same predictions, unless that is the cell itself."""
        other = Cell(cell.predictions, refiner) if refiner is not None else None
        return other if other != cell and other in self._plan.cells else None

    def _example(self, label: str) -> Summary:
        """A summary of some cell, for the names and the numbers of classes of a metric."""
        for cell in self._plan.cells:
            if places := self._scores.places(cell, label):
                return self._scores.whole(cell, label, places)
        errors = (self._scores.rows.of(cell, label).error for cell in self._plan.cells)
        found = f"no measurement; {next(filter(None, errors), 'no predictions')}"
        raise InputError(Problem(f"metric {label}", found, "at least one sample that can be measured"))

    def _places(self, score: Score) -> list[tuple[int, str | None]]:
        """Where the classes that are scored stand in a score, and their names."""
        classes, scored = self._plan.dataset.classes, self._plan.categories
        if len(score.value) != len(classes):
            return [(place, str(place)) for place in range(len(score.value))]
        return [(place, name) for place, name in enumerate(classes) if scored is None or place in scored]

    def _require_own_names(self) -> None:
        owner: dict[tuple[str, str], str] = {}
        for label, example in self._examples.items():
            for number in numbers_of(label, example):
                full = number.name + self._plan.metrics[label].suffix
                other = owner.setdefault((number.part, full), label)
                if other != label:
                    found = f"{other} and {label} both make {full!r}"
                    raise InputError(Problem("metrics", found, "names of their own", "give one of them a label"))
