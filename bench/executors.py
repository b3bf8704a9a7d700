"""Where jobs run: in this process, or in several of this machine. The protocol is all that a run knows."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from bench.errors import InputError, Problem

Job = TypeVar("Job")
Result = TypeVar("Result")

WORKER_BYTES = 500 * 2**20
"""Memory that one worker may need at 1024 x 2048 pixels."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Executor(Protocol):
    """Runs independent jobs."""

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results in the order in which they are ready. task and jobs may be pickled, the task once per worker."""


class Serial:
    """One job after the other, in this process."""

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results in the order of the jobs."""
        return map(task, jobs)


class Processes:
    """Jobs side by side in fresh processes of one thread each.

    Args:
        workers: how many; None = `default_workers()`.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = default_workers() if workers is None else workers

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results as completed.

        Raises:
            InputError: a worker process died.
        """
        jobs = list(jobs)
        # Fresh processes: a fork would copy the locks of this one's threads in whatever state they are.
        context = multiprocessing.get_context("spawn")
        workers = max(1, min(self.workers, len(jobs)))
        pool = ProcessPoolExecutor(workers, context, initializer=_start_worker, initargs=(task,))
        try:
            with _one_thread_each():
                futures = [pool.submit(_work, job) for job in jobs]
            for future in as_completed(futures):
                yield future.result()
        except BrokenProcessPool as error:
            raise InputError(_died(workers)) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def default_workers() -> int:
    """As many as there are physical cores for this process and memory for workers, at least 1."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(psutil.cpu_count(logical=False) or usable, usable)
    return max(1, min(cores, int(psutil.virtual_memory().available) // WORKER_BYTES))


def _died(workers: int) -> Problem:
    return Problem(
        where=f"executor: processes, {workers} workers",
        found="a worker process that died before its job was finished",
        allowed="workers that live",
        hint="often too little memory: try fewer workers; what was finished is kept, --resume does the rest",
    )


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries read these once, when a worker imports them, so they must be set before it starts."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


_task: Callable[[Any], Any] | None = None


def _start_worker(task: Callable[[Any], Any]) -> None:
    global _task  # noqa: PLW0603 a worker process has one task for its life
    # Ctrl-C reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import cv2

    cv2.setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
    _task = task


def _work(job: Any) -> Any:
    assert _task is not None
    return _task(job)
