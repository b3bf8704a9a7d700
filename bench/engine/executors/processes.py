"""Jobs in several processes of this machine, which end with the process that started them, however it ends."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from queue import SimpleQueue
from threading import Thread
from typing import Any

from boundary_bench.bench.engine.executors.own_hand import OwnHand, alone
from boundary_bench.bench.engine.executors.protocol import ATTEMPTS, Job, Losses, Result

WORKER_BYTES = 500 * 2**20
"""Memory that one worker may need at 1024 x 2048 pixels."""

AHEAD = 8
"""How many short jobs a worker is given at a time, so that it has some while this process does one or writes."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""Variables by which libraries, when they are imported, learn how many threads to use."""


class Processes:
    """Jobs side by side in fresh processes of one thread each.

    A worker that dies is replaced, and its job begun again. Workers die with this process, even where it is killed.
    Jobs of a task that has `here` begin in this process, and workers are started when they pay.

    Args:
        workers: how many processes work; None = `default_workers()`.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = default_workers() if workers is None else workers

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results as completed; an error of the task itself comes through.

        Raises:
            InputError: as of `Executor.map`.
        """
        waiting, hand = deque(_Attempt(job) for job in jobs), OwnHand(task)
        while alone(hand, waiting, self.workers):
            yield hand.result(waiting.popleft().job)
        losses = Losses(task, f"processes, {max(1, min(self.workers, len(waiting)))} workers")
        crew: list[_Worker] = []
        try:
            while waiting or any(worker.given for worker in crew):
                self._staff(crew, task, len(waiting), hand)
                _hand_out(waiting, crew, AHEAD if hand.helps else 2)
                helps = bool(waiting) and hand.helps and hand.may(waiting[-1].job)
                ready = _ready(crew, None if not helps else 0)
                if helps and not ready:
                    yield hand.result(waiting.pop().job)
                for place in ready:
                    try:
                        result = crew[place].answer()
                        losses.finished()
                    except _WorkerDiedError:
                        lost = crew[place].buried(waiting)
                        crew[place] = _Worker.started(task)
                        if lost is None:
                            continue
                        result = losses.result(lost.job)
                    yield result
            for worker in crew:
                worker.dismiss()
        finally:
            for worker in crew:
                worker.end()

    def _staff(self, crew: list[_Worker], task: Callable[[Any], Any], left: int, hand: OwnHand) -> None:
        """Start the workers that are lacking: where this process works too, it is one of them."""
        wanted = max(1, self.workers - hand.helps)
        for _ in range(min(wanted - len(crew), left)):
            crew.append(_Worker.started(task))


def default_workers() -> int:
    """As many as there are physical cores for this process and memory for workers, at least 1."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(psutil.cpu_count(logical=False) or usable, usable)
    return max(1, min(cores, int(psutil.virtual_memory().available) // WORKER_BYTES))


def limit_threads() -> None:
    """One thread for the libraries of this process that are imported already."""
    import cv2

    cv2.setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


_STOP = b""
"""Sent to a worker instead of a job when there are no more jobs."""


class _WorkerDiedError(Exception):
    """A worker's end of the line is closed."""


@dataclass
class _Attempt:
    """A job, and how many workers have died of it."""

    job: Any
    deaths: int = 0


@dataclass(eq=False)
class _Worker:
    """A process, the line to it, and the jobs that it was given and has not answered, the first of them in work."""

    process: SpawnProcess
    line: Connection
    given: deque[_Attempt] = field(default_factory=deque)

    @classmethod
    def started(cls, task: Callable[[Any], Any]) -> _Worker:
        # Fresh processes: a fork would copy the locks of this one's threads in whatever state they are.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, task), daemon=True)
        with _one_thread_each(), _deaf_to_ctrl_c():
            process.start()
        theirs.close()
        return cls(process, ours)

    def give(self, attempt: _Attempt) -> None:
        self.given.append(attempt)
        with suppress(OSError):  # a dead worker is noticed when it should answer
            self.line.send_bytes(pickle.dumps(attempt.job))

    def answer(self) -> Any:
        """The result of its first job; raises what the task raised."""
        try:
            message = self.line.recv_bytes()
        except (EOFError, OSError) as error:
            raise _WorkerDiedError from error
        self.given.popleft()
        result, failure = pickle.loads(message)
        if failure is not None:
            raise failure
        return result

    def buried(self, waiting: deque[_Attempt]) -> _Attempt | None:
        """Put what a dead worker was given back to the waiting; returns the job it died of if that is given up."""
        self.end()
        blamed = self.given[0] if self.given else None
        lost = None
        if blamed is not None:
            blamed.deaths += 1
            if blamed.deaths >= ATTEMPTS:
                lost = self.given.popleft()
        waiting.extendleft(reversed(self.given))
        self.given.clear()
        return lost

    def dismiss(self) -> None:
        """Let it end in its own time, which is short: it has nothing to do."""
        with suppress(OSError):
            self.line.send_bytes(_STOP)
        self.process.join(1)

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.line.close()


def _hand_out(waiting: deque[_Attempt], crew: list[_Worker], most: int) -> None:
    """Give every worker something to do, and while there is plenty, what to do next: nobody waits for this process."""
    for ahead in range(1, most + 1):
        for worker in crew:
            plenty = len(waiting) > most * len(crew)
            if waiting and len(worker.given) < ahead and (ahead == 1 or plenty):
                worker.give(waiting.popleft())


def _ready(crew: list[_Worker], seconds: float | None) -> list[int]:
    """Places of workers that answer or are dead; waits until there is one, or for so long."""
    ready = set(map(id, wait([worker.line for worker in crew], seconds)))
    return [place for place, worker in enumerate(crew) if id(worker.line) in ready]


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Libraries read these once, when a worker imports them, so they must be set before it starts."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches the whole group; this process decides what it means. A child inherits what is blocked."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(line: Connection, task: Callable[[Any], Any]) -> None:
    """A worker's life: answer jobs until told to stop."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_threads()
    jobs: SimpleQueue[bytes] = SimpleQueue()
    Thread(target=_listen, args=(line, jobs), daemon=True).start()
    while (job := jobs.get()) != _STOP:
        line.send_bytes(_answered(task, job))


def _listen(line: Connection, jobs: SimpleQueue[bytes]) -> None:
    """Take jobs from the line even while one is worked on; a line that is closed means that the parent is gone."""
    try:
        while (job := line.recv_bytes()) != _STOP:
            jobs.put(job)
        jobs.put(_STOP)
    except (EOFError, OSError):
        os._exit(1)


def _answered(task: Callable[[Any], Any], job: bytes) -> bytes:
    """Result and error, of which one is None, as bytes."""
    try:
        return pickle.dumps((task(pickle.loads(job)), None))
    except Exception as error:
        error.add_note(f"in a worker process:\n{traceback.format_exc()}")
        try:
            pickle.loads(message := pickle.dumps((None, error)))
        except Exception:  # what cannot travel is told in words
            return pickle.dumps((None, RuntimeError("".join(traceback.format_exception(error)))))
        return message
