"""Measurements of a resumed run that are not those of the plan: of other code, inputs or parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from boundary_bench.bench.engine.job import Job
from boundary_bench.bench.engine.measuring_code import code_digest
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import Store


def outdated(jobs: Sequence[Job], before: Mapping[str, Row]) -> set[str]:
    """Identities of measured rows that the jobs will measure again under the same names.

    Args:
        jobs: what is left to do.
        before: rows in the folder by identity.
    """
    again = {
        (job.sample.id, todo.cell.predictions, todo.cell.refiner, todo.metric) for job in jobs for todo in job.todo
    }
    wanted = {todo.identity for job in jobs for todo in job.todo}
    return {
        identity
        for identity, row in before.items()
        if row.status != "failed"
        and identity not in wanted
        and (row.sample, row.predictions, row.refiner, row.metric) in again
    }


def outdated_note(store: Store, count: int) -> str:
    """Note to the user about such rows."""
    made = store.manifest().get("provenance", {})
    commit = str((made.get("git") or {}).get("commit", ""))[:10]
    if made.get("code") == code_digest():
        cause = "of other inputs or parameters"
    else:
        cause = f"of other code (commit {commit})" if commit else "of other code"
    return f"{count} measurements in {store.folder.name} are {cause} than now; they are measured again and replaced"
