"""Protocol of executors, the serial executor, and the handling of jobs that kill their workers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol, TypeVar

from boundary_bench.bench.errors import InputError, Problem

Job = TypeVar("Job")
Result = TypeVar("Result")

ATTEMPTS = 3
"""A job is given up when so many workers have died of it; a run, when so many jobs in a row were given up."""


class Executor(Protocol):
    """Runs independent jobs."""

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """One result for each job, in the order in which they are ready.

        The task and the jobs may be pickled, the task more than once; a job may be begun again where its worker was
        lost. A task may have `lost(job) -> Result`, what stands for the result of a job that was given up, and
        `here(job) -> bool`, whether a job may run in the process that calls this, which then need not start others.
        Closing the iterator ends the work that is still going on.

        Raises:
            InputError: a job was given up, and the task has no `lost`; or one after another was.
        """


class Serial:
    """One job after the other, in this process."""

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results in the order of the jobs."""
        return map(task, jobs)


class Losses:
    """Jobs that are given up, and when to give up the run: where every job is lost, the fault is not in a job.

    Args:
        task: what the jobs are for.
        where: the executor, for messages.
    """

    def __init__(self, task: Any, where: str) -> None:
        self._stand_in = getattr(task, "lost", None)
        self._where = where
        self._in_a_row = 0

    def finished(self) -> None:
        """A job was finished."""
        self._in_a_row = 0

    def result(self, job: Any) -> Any:
        """Result recorded for a job that is given up.

        Raises:
            InputError: nothing does, or too many were given up one after another.
        """
        self._in_a_row += 1
        if self._stand_in is None or self._in_a_row >= ATTEMPTS:
            found = f"{ATTEMPTS} worker processes in turn that died before their job was finished"
            hint = "often too little memory: try fewer workers; what was finished is kept, --resume does the rest"
            raise InputError(Problem(f"executor: {self._where}", found, "workers that live", hint))
        return self._stand_in(job)
