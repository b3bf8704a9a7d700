"""Jobs on a Dask cluster: the user's own, or one of this machine's processes for the time of a run."""

from __future__ import annotations

import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

from boundary_bench.bench.engine.executors.processes import THREADS, default_workers, limit_threads
from boundary_bench.bench.engine.executors.protocol import ATTEMPTS, Job, Losses, Result
from boundary_bench.bench.errors import InputError, Problem

INSTALL = "pip install 'boundary-bench[dask]'"
SHARDS = 1000
"""Tasks that a run is cut into at most: a scheduler has its price for each, whatever is in it."""

CONNECT_SECONDS = 10.0
_SCHEDULER = "host:port of a running scheduler"
_SILENT = 100
"""A level of logging that nothing has: a run tells of lost workers itself."""


class Dask:
    """Jobs as tasks of a Dask scheduler, each a shard of jobs. Only their results travel back.

    Workers may come and go: what a lost worker had in work or had not yet handed over is done again elsewhere. In a
    worker one job runs at a time, on one thread, however many threads it has. The same version of this package has to
    be installed there, and files have to lie in the same places.

    Args:
        address: host:port of a scheduler; None starts a cluster of this machine's processes for each `map`.
        workers: of the latter; None = `default_workers()`.

    Raises:
        InputError: Dask is not installed, or nothing listens at the address.
    """

    def __init__(self, address: str | None, workers: int | None = None) -> None:
        try:
            import distributed  # noqa: F401
        except ImportError as error:
            raise InputError(Problem("executor: dask", str(error), "Dask's distributed", INSTALL)) from error
        self._where = "dask-local" if address is None else f"dask://{address}"
        self._address = address
        self.workers = workers or default_workers() if address is None else None
        if address is not None:
            self._require_listening(address)

    def map(self, task: Callable[[Job], Result], jobs: Iterable[Job]) -> Iterator[Result]:
        """Results as completed; an error of the task itself comes through.

        Raises:
            InputError: as of `Executor.map`; the scheduler was lost; the workers lack this package.
        """
        run = partial(_run, pickle.dumps(task))
        with self._told(), self._client() as client:
            shards = list(_shards(list(jobs)))
            while shards:
                losses = Losses(task, self._where)
                found = yield from _side_by_side(client, run, shards)
                for job in found.suspects:
                    if found.any_finished:
                        losses.finished()
                    yield from _alone(client, run, job, losses)
                shards = found.left

    @contextmanager
    def _client(self) -> Iterator[Any]:
        import dask
        from distributed import Client, LocalCluster

        settings = {"timeout": CONNECT_SECONDS, "set_as_default": False, "name": "bench"}
        if self._address is not None:
            try:
                client = Client(f"tcp://{self._address}", **settings)
            except OSError as error:
                raise self._refused(f"something that is no scheduler ({error})", _SCHEDULER) from error
            with client:
                yield client
            return
        local = LocalCluster(
            n_workers=self.workers,
            threads_per_worker=1,
            dashboard_address="127.0.0.1:0",
            env=dict.fromkeys(THREADS, "1"),
            silence_logs=_SILENT,
        )
        # A worker that dies again while it starts is given up after a while: then another takes its place.
        local.adapt(minimum=self.workers, maximum=self.workers)
        patience = dask.config.set({"distributed.deploy.lost-worker-timeout": "60s"})
        with patience, _closed(local), Client(local, **settings) as client:
            try:
                yield client
            except BaseException:  # nobody waits for what is in work any more, as closing would
                _kill_workers(local)
                raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn failures between this process and the workers into InputErrors."""
        from distributed.comm import CommClosedError

        try:
            yield
        except (CommClosedError, CancelledError) as error:
            hint = "what was finished is kept, --resume does the rest"
            raise self._refused("a connection that broke", "a scheduler that stays", hint) from error
        except ModuleNotFoundError as error:
            allowed = "workers in an environment with the same version of this package"
            raise self._refused(f"a worker without the module {error.name}", allowed) from error

    def _require_listening(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
        except (OSError, OverflowError) as error:
            raise self._refused(f"nothing that listens there ({error})", _SCHEDULER) from error

    def _refused(self, found: str, allowed: str, hint: str = "") -> InputError:
        return InputError(Problem(f"executor: {self._where}", found, allowed, hint))


@contextmanager
def _closed(local: Any) -> Iterator[None]:
    """Close a cluster in the end. Dask cannot wait for a worker that is being started again in that very moment, and
    asserts; all results are there by then."""
    try:
        yield
    finally:
        try:
            local.close()
        except AssertionError:
            _kill_workers(local)
            with suppress(AssertionError):
                local.close()


def _kill_workers(local: Any) -> None:
    for nanny in local.workers.values():
        nanny.auto_restart = False
        with suppress(TypeError, ProcessLookupError):  # no process yet, or none any more
            os.kill(nanny.pid, signal.SIGKILL)


@dataclass
class _Round:
    """Results of shards that were run in parallel.

    Attributes:
        suspects: jobs of shards with which workers died. A scheduler blames whatever the worker had, begun or not.
        left: shards that were called off.
    """

    suspects: list[Any] = field(default_factory=list)
    left: list[Sequence[Any]] = field(default_factory=list)
    any_finished: bool = False


def _side_by_side(
    client: Any, run: Callable[..., Any], shards: Iterable[Sequence[Any]]
) -> Generator[Any, None, _Round]:
    """Results as completed. Where `ATTEMPTS` shards in a row are given up, the rest is called off."""
    from distributed import as_completed
    from distributed.scheduler import KilledWorker

    waiting = {client.submit(run, shard, pure=False): shard for shard in shards}
    found, given_up = _Round(), 0
    for future in as_completed(waiting, loop=client.loop):
        shard = waiting.pop(future)
        try:
            results = future.result()
        except KilledWorker:
            found.suspects += shard
            given_up += 1
            if given_up == ATTEMPTS:
                break
        else:
            found.any_finished, given_up = True, 0
            yield from results
    client.cancel(list(waiting))
    found.left = list(waiting.values())
    return found


def _alone(client: Any, run: Callable[..., Any], job: Any, losses: Losses) -> list[Any]:
    """The result of a job while no other is in work: workers that die now die of it."""
    from distributed.scheduler import KilledWorker

    try:
        results: list[Any] = client.submit(run, [job], pure=False).result()
    except KilledWorker:
        return [losses.result(job)]
    losses.finished()
    return results


def _shards(jobs: Sequence[Job]) -> Iterator[Sequence[Job]]:
    size = max(1, -(-len(jobs) // SHARDS))
    return (jobs[first : first + size] for first in range(0, len(jobs), size))


_ALONE = threading.Lock()
"""Metrics remember geometry, and measure memory, for a process that does one thing at a time."""


def _run(task: bytes, jobs: Sequence[Any]) -> list[Any]:
    """In a worker: the results of a shard."""
    with _ALONE:
        work = _unpickled(task)
        limit_threads()
        return [work(job) for job in jobs]


@lru_cache(maxsize=1)
def _unpickled(task: bytes) -> Callable[[Any], Any]:
    """The task, which keeps what it has loaded for all shards of a run."""
    loaded: Callable[[Any], Any] = pickle.loads(task)
    return loaded
