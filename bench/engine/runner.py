"""Running an experiment: what is to do, one sample at a time (load, refine, measure), kept as it comes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any, Self

from boundary_bench.bench.config.experiment import Experiment
from boundary_bench.bench.engine.executors import Executor, named
from boundary_bench.bench.engine.input_checks import checked
from boundary_bench.bench.engine.job import Job, lost_rows, process_sample, todos
from boundary_bench.bench.engine.outdated import outdated, outdated_note
from boundary_bench.bench.engine.plan import Plan, plan
from boundary_bench.bench.engine.plan_task import PlanTask, scores_only
from boundary_bench.bench.io.lock import FolderLock
from boundary_bench.bench.plugins.protocols import Dataset, Progress, Sample
from boundary_bench.bench.results.memory_store import MemoryStore
from boundary_bench.bench.results.rows import Row
from boundary_bench.bench.results.store import Store, writing

PIXELS_HERE = 2**24
"""Larger samples need memory that may not be there; a worker that is killed for it costs one sample, not the run."""

FLUSH_SECONDS = 5.0
"""Finished samples wait at most so long before they are written."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """Outcome of a run.

    Attributes:
        computed, reused: how many rows were made now, and were there before.
        failures: the failed rows of this run.
        notes: what the checks and the store found worth saying.
    """

    store: Store
    plan: Plan
    computed: int
    reused: int
    failures: tuple[Row, ...]
    notes: tuple[str, ...]


def run(
    experiment: Experiment,
    *,
    resume: bool = False,
    overwrite: bool = False,
    check: bool = True,
    progress: Progress | None = None,
    checking: Progress | None = None,
    command: Sequence[str] = (),
) -> Outcome:
    """Run an experiment into its output folder. A failing job is stored as failed and stops no other.

    Args:
        experiment: a validated one.
        resume: continue the run in the output folder: only rows that are not there or failed are made.
        overwrite: discard the run in the output folder.
        check: check all input files of what is to do before the first job. Samples of which a job failed
            earlier are only tried again.
        progress, checking: called with how far the jobs, and before them the checks, are.
        command: what the user called; goes into the provenance.

    Raises:
        InputError: the experiment, its inputs or its output folder are not as they should be, another process is
            working in it, it cannot be written to any more; or what `Executor.map` raises.
    """
    from boundary_bench.bench.engine.provenance import described, manifest

    planned = plan(experiment)
    executor = named(experiment.executor.name, experiment.executor.workers)
    folder = experiment.output_folder
    with FolderLock(folder) as lock:
        earlier = _earlier(folder, lock, resume=resume, overwrite=overwrite)
        before = earlier.rows() if earlier else {}
        jobs = list(pending(planned, before))
        notes = checked(planned, jobs, before, checking) if check and jobs else []
        stale = outdated(jobs, before)
        if earlier and stale:
            notes.append(outdated_note(earlier, len(stale)))
        store = earlier or _started(folder, lock, manifest(planned, command), overwrite=overwrite)
        if earlier and (jobs or earlier.is_of_another(described(planned))):
            store.write_manifest(manifest(planned, command))
        computed, failures = _execute(executor, planned, jobs, store, progress or _silent)
        if stale:
            store.drop(stale)
    rows = len(planned.samples) * len(planned.cells) * len(planned.metrics)
    return Outcome(
        store, planned, computed, rows - sum(len(job.todo) for job in jobs), failures, (*notes, *store.notes)
    )


def measure(
    experiment: Experiment,
    dataset: Dataset,
    *,
    progress: Progress | None = None,
    checking: Progress | None = None,
    command: Sequence[str] = (),
) -> Outcome:
    """Run an experiment of which nothing is kept: no file is written.

    Args:
        experiment: a validated one.
        dataset: its dataset, which is not read again.
        progress, checking, command: as of `run`.

    Raises:
        InputError: the experiment or its inputs are not as they should be; or what `Executor.map` raises.
    """
    from boundary_bench.bench.engine.provenance import manifest

    planned = plan(experiment, dataset)
    jobs = list(pending(planned, {}))
    notes, store = checked(planned, jobs, {}, checking), MemoryStore(manifest(planned, command))
    executor = named(experiment.executor.name, experiment.executor.workers)
    computed, failures = _execute(executor, planned, jobs, store, progress or _silent)
    return Outcome(store, planned, computed, 0, failures, tuple(notes))


def _earlier(folder: Path, lock: FolderLock, *, resume: bool, overwrite: bool) -> Store | None:
    """The run that is to be resumed, if there is one; the folder is locked where there is one. Makes nothing."""
    continued = resume and Store.is_run(folder)
    if not continued:
        Store.require_free(folder, overwrite=overwrite)
    if folder.is_dir():
        with writing(folder):
            lock.take()
    if not continued:
        return None
    store = Store.open(folder)
    store.tidy()
    return store


def _started(folder: Path, lock: FolderLock, manifest: dict[str, Any], *, overwrite: bool) -> Store:
    """A new run in the folder, which is locked."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock.take()
    return Store.create(folder, manifest, overwrite=overwrite)


def pending(planned: Plan, before: Mapping[str, Row]) -> Iterator[Job]:
    """Jobs that are left, in the order of the samples, given the existing rows by identity.

    Failed rows are to be made again.
    """
    done = {identity for identity, row in before.items() if row.status != "failed"}
    for sample in planned.samples:
        todo = tuple(each for each in todos(planned, sample) if each.identity not in done)
        if todo:
            yield Job(sample, todo)


def _execute(
    executor: Executor, planned: Plan, jobs: Sequence[Job], store: Store, progress: Progress
) -> tuple[int, tuple[Row, ...]]:
    total = len(planned.samples)
    finished, failures = total - len(jobs), list[Row]()
    progress(finished, total)
    results = executor.map(SampleTask(planned), jobs)
    try:
        with _Keeper(store) as keeper:
            for rows in results:
                keeper.keep(rows)
                failures += [row for row in rows if row.status == "failed"]
                finished += 1
                progress(finished, total)
    finally:
        if hasattr(results, "close"):
            results.close()
    return keeper.kept, tuple(failures)


class _Keeper:
    """Writes rows a few seconds after they came, and the last ones however its block ends."""

    def __init__(self, store: Store) -> None:
        self.kept = 0
        self._store = store
        self._waiting: list[Row] = []
        self._written = time.monotonic()

    def keep(self, rows: Sequence[Row]) -> None:
        self._waiting += rows
        self.kept += len(rows)
        if time.monotonic() - self._written > FLUSH_SECONDS:
            self._flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._flush()
        except KeyboardInterrupt:  # it broke the writing itself; rows that are there twice count once
            self._flush()
            raise

    def _flush(self) -> None:
        self._store.append(self._waiting)
        self._waiting, self._written = [], time.monotonic()


def _silent(done: int, total: int) -> None:
    pass


class SampleTask(PlanTask):
    """`process_sample` for one plan."""

    _scores_only: bool | None = None

    def __call__(self, job: Job) -> list[Row]:
        """The rows of one sample."""
        return process_sample(self.planned(), job.sample, job.todo)

    def here(self, job: Job) -> bool:
        """Whether it may run in the process that started the run: nothing is refined, so that no time is taken that
        depends on who works beside it, all code is the project's own, and the memory for it is sure to be there."""
        if self._scores_only is None:
            self._scores_only = scores_only(self.planned())
        return self._scores_only and _pixels(self.planned(), job.sample) <= PIXELS_HERE

    def lost(self, job: Job) -> list[Row]:
        """Failed rows for a sample that killed its workers."""
        return lost_rows(job.sample, job.todo)


def _pixels(planned: Plan, sample: Sample) -> float:
    """Of a sample's truth; infinite where that is not known."""
    try:
        height, width = planned.dataset.size(sample)
    except Exception:  # the job will meet the same error and fail alone, in a worker if it must
        return inf
    return height * width
