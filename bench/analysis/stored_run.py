"""What a finished run measured, by cell. Comparisons need nothing else: no data set, no predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boundary_bench.bench.analysis import bootstrap
from boundary_bench.bench.config.defaults import with_offered
from boundary_bench.bench.config.experiment import BootstrapSpec, MetricSpec
from boundary_bench.bench.config.overrides import part_of
from boundary_bench.bench.errors import InputError, Problem, did_you_mean
from boundary_bench.bench.plugins import registry
from boundary_bench.bench.plugins.components import Cell
from boundary_bench.bench.plugins.protocols import Metric
from boundary_bench.bench.results.store import MEASURED, Row, Store
from boundary_bench.metrics.functional.statistics import Measurement

Rows = Mapping[str, Row]
"""By sample."""


@dataclass(frozen=True, eq=False)
class Shared:
    """What two cells have of one metric on the samples that both have.

    Attributes:
        places: int64 (M,), of these samples among all of the run.
        samples: their ids.
        first, second: M measurements each.
        units: int64 (M,), the cluster that each is in, or itself.
    """

    places: NDArray[np.int64]
    samples: tuple[str, ...]
    first: list[Measurement]
    second: list[Measurement]
    units: NDArray[np.int64]

    @property
    def unit_count(self) -> int:
        """How many clusters or samples are independent of each other."""
        return len(np.unique(self.units))


class Stored:
    """Measurements of a run, read once.

    Attributes:
        spec: how its intervals are made.
        metrics: label -> metric and the suffix of its numbers' names, as the run had them.
        cells: all that have a measurement.
        samples: ids of all samples, sorted: replicates draw them in this order.
        units: int64 (N,), the cluster of each, or itself.

    Args:
        store: the run.
        dataset: what `Results.dataset` says of it.

    Raises:
        InputError: measurements of different versions of inputs or code.
    """

    def __init__(self, store: Store, dataset: Mapping[str, Any]) -> None:
        experiment = store.experiment()
        self._where = f"run {store.folder.name}"
        self.spec = part_of(BootstrapSpec, experiment.get("bootstrap") or {}, f"{self._where}: bootstrap")
        self.metrics = dict(_metrics(experiment, dataset, self._where))
        rows = store.rows_by_name()
        clusters = {row.sample: None if self.spec.unit == "image" else row.cluster for row in rows}
        self.samples = tuple(sorted(clusters))
        self.units = bootstrap.cluster_numbers([clusters[sample] for sample in self.samples])
        self._clusters = [clusters[sample] for sample in self.samples]
        self._rows = self._sorted(rows)
        self.cells = list(dict.fromkeys(cell for cell, _ in self._rows))

    @cached_property
    def weights(self) -> NDArray[np.float64]:
        """float64 (R, N), how often each sample is in each replicate."""
        return bootstrap.weights(self._clusters, self.spec.replicates, self.spec.seed)

    def refiners(self, names: Sequence[str]) -> tuple[str, ...]:
        """Labels of refiners that are named by their labels, or by the names before their parameters.

        Raises:
            InputError: a name of none, or of several.
        """
        known = list(dict.fromkeys(cell.refiner for cell in self.cells))
        found = {name: [name] if name in known else _starting(known, name) for name in names}
        if unclear := [name for name, labels in found.items() if len(labels) != 1]:
            raise InputError(
                Problem("--against", repr(name), ", ".join(found[name] or known), did_you_mean(name, known))
                for name in unclear
            )
        return tuple(dict.fromkeys(labels[0] for labels in found.values()))

    def rows(self, cell: Cell, metric: str) -> Rows:
        """Measured rows of a cell, by sample; none where the run has no such cell."""
        return self._rows.get((cell, metric), {})

    def shared(self, metric: str, first: Cell, second: Cell) -> Shared:
        """What both cells have of a metric, by its label."""
        one, other = self.rows(first, metric), self.rows(second, metric)
        places = [place for place, sample in enumerate(self.samples) if sample in one and sample in other]
        samples = tuple(self.samples[place] for place in places)
        chosen = np.array(places, dtype=np.int64)
        return Shared(
            places=chosen,
            samples=samples,
            first=[one[sample].arrays for sample in samples],
            second=[other[sample].arrays for sample in samples],
            units=self.units[chosen],
        )

    def _sorted(self, rows: list[Row]) -> dict[tuple[Cell, str], dict[str, Row]]:
        found: dict[tuple[Cell, str], dict[str, Row]] = {}
        for row in rows:
            if row.status not in MEASURED:
                continue
            of_cell = found.setdefault((Cell(row.predictions, row.refiner), row.metric), {})
            if row.sample in of_cell:
                hint = "inputs or code changed between its parts; run it again with --overwrite"
                what = f"two measurements of {row.sample}"
                raise InputError(Problem(self._where, what, "one for each combination", hint))
            of_cell[row.sample] = row
        return found


def _starting(labels: Sequence[str], name: str) -> list[str]:
    """`segfix` of `segfix checkpoint=camvid`."""
    return [label for label in labels if label.partition(" ")[0] == name]


def _metrics(
    experiment: Mapping[str, Any], dataset: Mapping[str, Any], where: str
) -> Iterator[tuple[str, tuple[Metric, str]]]:
    for item in experiment.get("metrics") or ():
        spec = part_of(MetricSpec, item, f"{where}: metrics")
        parameters = with_offered("metrics", spec.name, spec.parameters, dataset["offered"])
        suffix = f" ({spec.label})" if spec.label else ""
        yield spec.title, (registry.build("metrics", spec.name, parameters), suffix)
