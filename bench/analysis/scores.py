"""Numbers of each cell with their intervals, and paired with those of the unrefined predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.analysis.plan_rows import Key, Measured
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.io.json_file import plain
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.metrics.functional.statistics import Measurement, Summary

Kind = Literal["values", "per_class"]
KINDS: tuple[Kind, ...] = ("values", "per_class")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Score:
    """A number, or one per class, with the ends of its interval: float64 (1,) or (K,)."""

    value: Floats
    low: Floats
    high: Floats


class Comparison:
    """Numbers of the cells of a plan.

    The replicates are drawn once, over all samples of the plan, and serve every cell: so differences are paired.

    Args:
        plan: the experiment.
        measured: its rows.
        clusters: of its samples.

    Raises:
        InputError: no cell has a single measurement of some metric, or two metrics give a number one name.
    """

    def __init__(self, plan: Plan, measured: Mapping[Key, Measured], clusters: Sequence[str | None]) -> None:
        spec = plan.experiment.bootstrap
        self._plan, self._measured = plan, measured
        self._identity = next((label for label, built in plan.refiners.items() if built.identity), None)
        self._bound = plan.experiment.recovery_of
        self._units = bootstrap.cluster_numbers(clusters)
        self._weights = bootstrap.weights(clusters, spec.replicates, spec.seed)
        self._wholes: dict[tuple[Key, tuple[int, ...]], Summary] = {}
        self._replicates: dict[tuple[Key, tuple[int, ...]], Summary] = {}
        self._examples = {label: self._example(label) for label in plan.metrics}
        self._require_own_names()

    def records(self, cell: Cell) -> Iterator[dict[str, Any]]:
        """Rows of the long table of `Results`."""
        for label, example in self._examples.items():
            for kind in KINDS:
                for name in getattr(example, kind):
                    yield from self._records(cell, label, kind, name)
        # Those that others are compared with are wanted again; of all cells at once they would need too much memory.
        if not self._plan.refiners[cell.refiner].identity and cell.refiner != self._bound:
            cells = (cell.predictions, cell.refiner)
            self._replicates = {key: kept for key, kept in self._replicates.items() if key[0][:2] != cells}

    def curves(self, cell: Cell) -> dict[str, dict[str, NDArray[Any]]]:
        """Curve -> series -> array, of all metrics."""
        curves = {}
        for label, built in self._plan.metrics.items():
            samples = self._samples(cell, label)
            if samples:
                whole = self._whole(cell, label, samples)
                curves.update({name + built.suffix: curve for name, curve in whole.curves.items()})
        return curves

    def definitions(self) -> dict[str, dict[str, Any]]:
        """What each metric and each curve means, by name."""
        found: dict[str, dict[str, Any]] = {}
        for label, example in self._examples.items():
            built = self._plan.metrics[label]
            for name in (*example.values, *example.per_class, *example.curves):
                found[name + built.suffix] = plain(built.metric.definition())
        return found

    def _records(self, cell: Cell, label: str, kind: Kind, name: str) -> Iterator[dict[str, Any]]:
        key, samples = (cell.predictions, cell.refiner, label), self._samples(cell, label)
        own = self._score(cell, label, kind, name, samples)
        gain = self._gain(cell, label, kind, name, samples)
        recovery = self._recovery(cell, label, kind, name, samples)
        summary = self._whole(cell, label, samples) if samples else self._examples[label]
        for position, class_name in enumerate(self._class_names(own) if kind == "per_class" else [None]):
            defined = not np.isnan(own.value[position])
            is_whole = class_name is None and bool(samples)
            yield {
                "predictions": cell.predictions,
                "refiner": cell.refiner,
                "oracle": self._plan.refiners[cell.refiner].oracle,
                "metric": name + self._plan.metrics[label].suffix,
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
                "scored": summary.scored.get(name, int(defined)) if is_whole else int(defined),
                "undefined": summary.undefined.get(name, int(not defined)) if is_whole else int(not defined),
                "failed": self._measured[key].failed,
                "missing": self._measured[key].missing,
                "samples": len(samples),
            }

    def _score(self, cell: Cell, label: str, kind: Kind, name: str, samples: tuple[int, ...]) -> _Score:
        if not samples:
            return self._undefined(label, kind, name)
        value = getattr(self._whole(cell, label, samples), kind)[name]
        replicates = getattr(self._replicated(cell, label, samples), kind)[name]
        return self._with_interval(value, replicates, samples)

    def _gain(self, cell: Cell, label: str, kind: Kind, name: str, samples: tuple[int, ...]) -> _Score:
        """Difference to the identity over the samples that both have; undefined for the identity itself."""
        baseline = self._cell_of(cell, self._identity)
        common = self._common(samples, label, baseline)
        if baseline is None or not common:
            return self._undefined(label, kind, name)
        gain, drawn = self._differences(cell, baseline, label, kind, name, common)
        return self._with_interval(gain, drawn, common)

    def _recovery(self, cell: Cell, label: str, kind: Kind, name: str, samples: tuple[int, ...]) -> _Score:
        """Gain as a share of the bound's, over the samples that all have; undefined where the bound gains nothing."""
        baseline, bound = self._cell_of(cell, self._identity), self._cell_of(cell, self._bound)
        common = self._common(samples, label, baseline, bound)
        if baseline is None or bound is None or not common:
            return self._undefined(label, kind, name)
        gain, drawn = self._differences(cell, baseline, label, kind, name, common)
        most, most_drawn = self._differences(bound, baseline, label, kind, name, common)
        return self._with_interval(_share(gain, most), _share(drawn, most_drawn), common)

    def _differences(
        self, cell: Cell, baseline: Cell, label: str, kind: Kind, name: str, samples: tuple[int, ...]
    ) -> tuple[Floats, Floats]:
        """Cell minus baseline over these samples, and in all replicates."""
        own, base = (getattr(self._whole(each, label, samples), kind)[name] for each in (cell, baseline))
        drawn, base_drawn = (getattr(self._replicated(each, label, samples), kind)[name] for each in (cell, baseline))
        return own - base, drawn - base_drawn

    def _common(self, samples: tuple[int, ...], label: str, *others: Cell | None) -> tuple[int, ...]:
        """Samples that these cells have, too."""
        return tuple(sorted({*samples}.intersection(*(self._samples(each, label) for each in others if each))))

    def _with_interval(self, value: Floats, replicates: Floats, samples: tuple[int, ...]) -> _Score:
        spec = self._plan.experiment.bootstrap
        units = len(set(self._units[list(samples)].tolist()))
        low, high = bootstrap.interval(value, replicates, level=spec.level, units=units, method=spec.interval)
        return _Score(np.atleast_1d(value), np.atleast_1d(low), np.atleast_1d(high))

    def _undefined(self, label: str, kind: Kind, name: str) -> _Score:
        nothing = np.full(np.atleast_1d(getattr(self._examples[label], kind)[name]).shape, np.nan)
        return _Score(nothing, nothing, nothing)

    def _whole(self, cell: Cell, label: str, samples: tuple[int, ...]) -> Summary:
        """Summary of these samples, each counted once."""
        key = (cell.predictions, cell.refiner, label)
        if (key, samples) not in self._wholes:
            self._wholes[key, samples] = self._metric(label).summarise(self._measurements(key, samples))
        return self._wholes[key, samples]

    def _replicated(self, cell: Cell, label: str, samples: tuple[int, ...]) -> Summary:
        """Summary of these samples in all replicates at once."""
        key = (cell.predictions, cell.refiner, label)
        if (key, samples) not in self._replicates:
            weights = self._weights[:, list(samples)]
            measurements = self._measurements(key, samples)
            self._replicates[key, samples] = self._metric(label).summarise(measurements, weights)
        return self._replicates[key, samples]

    def _metric(self, label: str) -> Metric:
        return self._plan.metrics[label].metric

    def _measurements(self, key: Key, samples: tuple[int, ...]) -> list[Measurement]:
        return [self._measured[key].rows[number].arrays for number in samples]

    def _samples(self, cell: Cell, label: str) -> tuple[int, ...]:
        return tuple(self._measured[cell.predictions, cell.refiner, label].rows)

    def _cell_of(self, cell: Cell, refiner: str | None) -> Cell | None:
        """The cell of a refiner on the same predictions, unless that is the cell itself."""
        other = Cell(cell.predictions, refiner) if refiner is not None else None
        return other if other != cell and other in self._plan.cells else None

    def _example(self, label: str) -> Summary:
        """A summary of some cell, for the names and the numbers of classes of a metric."""
        for cell in self._plan.cells:
            if samples := self._samples(cell, label):
                return self._whole(cell, label, samples)
        errors = (each.error for (_, _, metric), each in self._measured.items() if metric == label)
        found = f"no measurement; {next(filter(None, errors), 'no predictions')}"
        raise InputError(Problem(f"metric {label}", found, "at least one sample that can be measured"))

    def _class_names(self, score: _Score) -> list[str]:
        classes = list(self._plan.dataset.classes)
        return classes if len(score.value) == len(classes) else [str(i) for i in range(len(score.value))]

    def _require_own_names(self) -> None:
        owner: dict[tuple[Kind, str], str] = {}
        for label, example in self._examples.items():
            for kind in KINDS:
                for name in getattr(example, kind):
                    full = name + self._plan.metrics[label].suffix
                    other = owner.setdefault((kind, full), label)
                    if other != label:
                        found = f"{other} and {label} both make {full!r}"
                        raise InputError(Problem("metrics", found, "names of their own", "give one of them a label"))


def _share(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
