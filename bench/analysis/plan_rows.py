"""Which stored rows belong to which cell of a plan, and what is missing from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from boundary_bench.bench.engine.job import todos
from boundary_bench.bench.engine.plan import Plan
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.results.store import MEASURED, Row, Store

Key = tuple[str, str, str]
"""predictions, refiner, metric; by label."""


@dataclass
class Measured:
    """What a store has of one metric of one cell.

    Attributes:
        rows: number of the sample -> its row, in the order of the samples.
        failed, missing: how many samples failed, and had no prediction (measured as empty or skipped).
        error: what the first of the failed ones died of.
    """

    rows: dict[int, Row] = field(default_factory=dict)
    failed: int = 0
    missing: int = 0
    error: str | None = None


def collect(store: Store, plan: Plan) -> dict[Key, Measured]:
    """Rows of a plan, whatever the order of the shards.

    Raises:
        InputError: some are not in the store.
    """
    rows = store.rows()
    # A file that has become unreadable since then has another identity now; its failure is known by name.
    failed = {(r.sample, r.predictions, r.refiner, r.metric) for r in rows.values() if r.status == "failed"}
    found: dict[Key, Measured] = {}
    absent = 0
    for number, sample in enumerate(plan.samples):
        for todo in todos(plan, sample):
            key = (todo.cell.predictions, todo.cell.refiner, todo.metric)
            row = rows.get(todo.identity)
            if row is None and (sample.id, *key) not in failed:
                absent += 1
            else:
                _add(found.setdefault(key, Measured()), number, row)
    if absent:
        hint = "the run is not finished, or inputs or code have changed since; --resume makes what is missing"
        raise InputError(Problem(f"run {store.folder.name}", f"{absent} measurements are not in it", "all", hint))
    return found


def _add(measured: Measured, number: int, row: Row | None) -> None:
    if row is None or row.status == "failed":
        measured.failed += 1
        measured.error = measured.error or (row.error if row else None)
        return
    if row.status in MEASURED:
        measured.rows[number] = row
    if row.status != "ok":
        measured.missing += 1
