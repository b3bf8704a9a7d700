"""A table's spec and what there is to make it from, brought together: which rows can be run, and as what experiment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from boundary_bench.bench.errors import Problem
from boundary_bench.bench.papers.inputs import Materials
from boundary_bench.bench.papers.published import ColumnKey, RowKey, unique
from boundary_bench.bench.papers.recipes import CLOSED, DATASETS, ELSEWHERE, SPLITS, Measure
from boundary_bench.bench.papers.spec import SpecRow, TableSpec
from boundary_bench.bench.plugins import former_names, registry

TRUTH = "truth"
"""The set of rows that need no model."""


@dataclass(frozen=True)
class Line:
    """A row, and what of an experiment it is.

    Attributes:
        cell: prediction set and refiner, by their labels in the experiment; None where it cannot be run.
        missing: what for, each with a way to have it; empty where it can.
    """

    row: SpecRow
    cell: tuple[str, str] | None
    missing: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Arrangement:
    """A table and the materials for it.

    Attributes:
        spec: the table.
        materials: what there is.
    """

    spec: TableSpec
    materials: Materials

    @cached_property
    def origin(self) -> tuple[str, str]:
        """Dataset and split of the printed rows that are made again: those of the materials, else the first."""
        origins = unique((row.key.dataset, row.key.split) for row in self.spec.rows)
        return next((each for each in origins if self._is_own(*each)), origins[0])

    @property
    def comparable(self) -> bool:
        """Whether the numbers ought to be the printed ones: same dataset, same split, no stand-ins."""
        return self._is_own(*self.origin)

    @property
    def has_differences(self) -> bool:
        """Whether there is something printed that ours can be compared with."""
        return self.comparable and self.spec.published.is_printed

    @cached_property
    def lines(self) -> Sequence[Line]:
        """The rows of `origin`."""
        chosen = (row for row in self.spec.rows if (row.key.dataset, row.key.split) == self.origin)
        return tuple(self._line(row) for row in chosen)

    @property
    def other_rows(self) -> Sequence[RowKey]:
        """Printed rows of other datasets and splits."""
        return tuple(row.key for row in self.spec.rows if (row.key.dataset, row.key.split) != self.origin)

    @cached_property
    def problems(self) -> Sequence[Problem]:
        """Everything that is missing, each once."""
        columns = [problem for metric in self.metrics if (problem := self.unmeasured(ColumnKey(metric)))]
        return unique((*(problem for line in self.lines for problem in line.missing), *columns))

    def unmeasured(self, column: ColumnKey) -> Problem | None:
        """Why a column is not measured; None where it is."""
        where = f"column {column.metric}"
        if column.metric in ELSEWHERE:
            return Problem(where, "a column that no run measures", f"what `{ELSEWHERE[column.metric]}` says")
        measure = self.spec.measured[column.metric]
        if not registry.is_known("metrics", measure.metric):
            return Problem(where, f"no metric {measure.metric} in the catalogue", "one that is there")
        if (measure.metric == "lvis_ap") != (self.materials.dataset["name"] == "lvis"):
            needed = "lvis" if measure.metric == "lvis_ap" else "coco"
            if "lvis" in (needed, self.materials.dataset["name"]):
                return Problem(where, f"annotations of {self.materials.dataset['name']}", f"--dataset {needed}")
        return None

    def measure(self, column: ColumnKey, row: RowKey) -> tuple[Measure, str]:
        """The metric of a cell, and what its value is called."""
        measure = self.spec.measured[column.metric]
        return measure, (measure.ours or column.metric).format(**row.settings)

    @property
    def metrics(self) -> Sequence[str]:
        """The printed metrics."""
        return unique(column.metric for column in self.spec.columns)

    def _is_own(self, dataset: str, split: str) -> bool:
        given = self.materials.dataset
        same = not self.materials.stand_in and given["name"].replace("-", "_") in DATASETS[dataset]
        return same and given.get("split") in (None, SPLITS.get(split, split))

    def _line(self, row: SpecRow) -> Line:
        missing = tuple(self._missing(row))
        return Line(row, None, missing) if missing else Line(row, (self._set(row), self._label(row)))

    def _missing(self, row: SpecRow) -> Iterator[Problem]:
        if row.stages and not row.roles:
            yield Problem(_title(row), "a network by itself", "what `bench score-segfix` says")
            return
        for role in row.roles:
            if role not in self.materials.roles:
                closed = "neither code nor predictions were released" if row.key.baseline in CLOSED else ""
                yield Problem(f"predictions of {role}", "none", f"--predictions {role}=DIR", closed)
            elif row.needs_probabilities and not self._has_probabilities(role):
                yield Problem(f"predictions of {role}", "labels only", f"--probabilities {role}=DIR")
        for stage in row.stages:
            if not registry.is_known("refiners", stage.name):
                yield Problem(f"refiner {stage.name}", "none of that name", "one of the catalogue")
            elif stage.network and stage.network not in self.materials.networks:
                yield Problem(f"network {stage.network}", "none", f"--checkpoint {stage.network}=FILE")

    def _has_probabilities(self, role: str) -> bool:
        document = self.materials.sets[self.materials.roles[role]]
        form = document.get("format", "label_maps")
        # Of a format of its own, the run finds out.
        return "probabilities" in document or former_names.CATALOGUE.get(form, form) != "label_maps"

    def _set(self, row: SpecRow) -> str:
        return " + ".join(self.materials.roles[role] for role in row.roles) or TRUTH

    def _label(self, row: SpecRow) -> str:
        """Where a refiner is tuned for each set, so is its name."""
        own = any(self._set(row) in self.materials.tuned.get(stage.name, {}) for stage in row.stages)
        return f"{row.label} ({self._set(row)})" if own else row.label


def _title(row: SpecRow) -> str:
    return ", ".join(part for part in (row.key.baseline, row.key.refiner, row.key.setting) if part)
