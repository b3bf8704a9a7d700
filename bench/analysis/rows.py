"""Rows of a run in the order of its dataset: the one reader that every printed number comes from.

Order matters: where scores of detections tie, the image that comes first decides, and replicates are drawn by place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from boundary_bench.bench.config.defaults import built_metric
from boundary_bench.bench.config.experiment import BootstrapSpec, Experiment, MetricSpec, PredictionSpec, RefinerSpec
from boundary_bench.bench.config.overrides import parse_part
from boundary_bench.bench.engine.job import todos
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.plugins.components import BuiltMetric, Cell
from boundary_bench.bench.results.rows import MEASURED, Row
from boundary_bench.bench.results.store import Store

Key = tuple[Cell, str]
"""A cell and the label of a metric."""


@dataclass
class CellRows:
    """Rows of one metric of one cell.

    Attributes:
        rows: place of the sample -> its measured row, in the order of the samples.
        failed, missing: how many samples failed, and had no prediction (measured as empty or skipped).
        error: what the first of the failed ones died of.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    failed: int = 0
    missing: int = 0
    error: str | None = None

    def add(self, place: int, row: Row | None) -> None:
        """Count the next sample; None is one whose failure is known by name only."""
        if row is None or row.status == "failed":
            self.failed += 1
            self.error = self.error or (row.error if row else None)
            return
        if row.status in MEASURED:
            self.rows[place] = row
        if row.status != "ok":
            self.missing += 1


@dataclass(frozen=True, eq=False)
class RunRows:
    """Everything that a run has measured.

    Attributes:
        samples: ids of all samples, in the order of the dataset.
        clusters: of each; None where images are resampled one by one.
        bootstrap: how intervals are made.
        metrics: by label, in the order of the experiment.
        cells: of the table, in its order.
        in_dataset_order: False for runs of earlier versions, which do not say what it was: samples are sorted then.
    """

    samples: tuple[str, ...]
    clusters: tuple[str | None, ...]
    bootstrap: BootstrapSpec
    metrics: Mapping[str, BuiltMetric]
    cells: tuple[Cell, ...]
    _of: Mapping[Key, CellRows]
    in_dataset_order: bool = True

    def of(self, cell: Cell, metric: str) -> CellRows:
        """Of a cell and a metric by its label; nothing where the run has no such cell."""
        return self._of.get((cell, metric), _NOTHING)

    def row(self, cell: Cell, metric: str, sample: str) -> Row | None:
        """The measured row of a sample; None where it has none."""
        return self.of(cell, metric).rows.get(self._places[sample])

    @property
    def is_clustered(self) -> bool:
        """Whether images that depend on each other are resampled together."""
        return any(cluster is not None for cluster in self.clusters)

    @property
    def unit(self) -> str:
        """Of resampling: `cluster` or `image`."""
        return "cluster" if self.is_clustered else "image"

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {sample: place for place, sample in enumerate(self.samples)}


_NOTHING = CellRows()


def rows_of_plan(store: Store, plan: Plan) -> RunRows:
    """Rows of a plan, known by their fingerprints, whatever the order of the shards.

    Raises:
        InputError: some are not in the store.
    """
    known = store.rows()
    # A file that has become unreadable since then has another fingerprint now; its failure is known by name.
    failed = {(r.sample, r.predictions, r.refiner, r.metric) for r in known.values() if r.status == "failed"}
    found: dict[Key, CellRows] = {}
    absent = 0
    for place, sample in enumerate(plan.samples):
        for todo in todos(plan, sample):
            row = known.get(todo.identity)
            if row is None and (sample.id, todo.cell.predictions, todo.cell.refiner, todo.metric) not in failed:
                absent += 1
            else:
                found.setdefault((todo.cell, todo.metric), CellRows()).add(place, row)
    if absent:
        raise InputError(_absent(store, absent))
    ids = tuple(sample.id for sample in plan.samples)
    return RunRows(ids, _clusters(plan), plan.experiment.bootstrap, plan.metrics, tuple(plan.cells), found)


def rows_of_run(store: Store, dataset: Mapping[str, Any]) -> RunRows:
    """Rows of a run, known by their names. Neither dataset nor predictions are needed.

    Args:
        store: the run.
        dataset: what `Results.dataset` says of it.

    Raises:
        InputError: measurements of different versions of inputs or code.
    """
    experiment, where = store.experiment(), f"run {store.folder.name}"
    bootstrap = parse_part(BootstrapSpec, experiment.get("bootstrap") or {}, f"{where}: bootstrap")
    rows = store.rows_by_name()
    clusters = {row.sample: None if bootstrap.unit == "image" else row.cluster for row in rows}
    # A folder may have rows of samples that an earlier run selected and this one does not.
    samples = tuple(dataset.get("sample_ids") or sorted(clusters))
    found = _by_cell(rows, samples, where)
    return RunRows(
        samples=samples,
        clusters=tuple(clusters.get(sample) for sample in samples),
        bootstrap=bootstrap,
        metrics=_metrics(experiment, dataset, where),
        cells=_cells(experiment, {cell for (cell, _), each in found.items() if each.rows}, where),
        _of=found,
        in_dataset_order="sample_ids" in dataset,
    )


def _by_cell(rows: Sequence[Row], samples: Sequence[str], where: str) -> dict[Key, CellRows]:
    named: dict[Key, dict[str, Row]] = {}
    selected = set(samples)
    for row in (each for each in rows if each.sample in selected):
        of_cell = named.setdefault((Cell(row.predictions, row.refiner), row.metric), {})
        before = of_cell.setdefault(row.sample, row)
        if before is row or row.status not in MEASURED:
            continue
        if before.status in MEASURED:
            hint = "inputs or code changed between its parts; run it again with --overwrite"
            raise InputError(Problem(where, f"two measurements of {row.sample}", "one for each combination", hint))
        of_cell[row.sample] = row
    found: dict[Key, CellRows] = {}
    for key, of_cell in named.items():
        cell = found[key] = CellRows()
        for place, sample in enumerate(samples):
            if sample in of_cell:
                cell.add(place, of_cell[sample])
    return found


def _cells(experiment: Mapping[str, Any], measured: set[Cell], where: str) -> tuple[Cell, ...]:
    """In the order of the experiment, whatever that of the rows."""
    sets = [parse_part(PredictionSpec, item, f"{where}: predictions") for item in experiment.get("predictions") or ()]
    named = experiment.get("refiners") or Experiment.model_fields["refiners"].default
    refiners = [parse_part(RefinerSpec, item, f"{where}: refiners") for item in named]
    cells = [Cell(spec.label, refiner.title) for spec in sets for refiner in refiners]
    return tuple(cell for cell in cells if cell in measured)


def _clusters(plan: Plan) -> tuple[str | None, ...]:
    by_image = plan.experiment.bootstrap.unit == "image"
    return tuple(None if by_image else sample.cluster for sample in plan.samples)


def _metrics(experiment: Mapping[str, Any], dataset: Mapping[str, Any], where: str) -> dict[str, BuiltMetric]:
    specs = [parse_part(MetricSpec, item, f"{where}: metrics") for item in experiment.get("metrics") or ()]
    return {spec.title: built_metric(spec, spec.name, spec.parameters, dataset["offered"]) for spec in specs}


def _absent(store: Store, count: int) -> Problem:
    hint = "the run is not finished, or inputs or code have changed since; --resume makes what is missing"
    return Problem(f"run {store.folder.name}", f"{count} measurements are not in it", "all", hint)
