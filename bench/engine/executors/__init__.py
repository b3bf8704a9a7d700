"""Where jobs run: in this process, in several of this machine, on a Dask cluster. A run knows the protocol only."""

from __future__ import annotations

from boundary_bench.bench.engine.executors.processes import Processes, default_workers
from boundary_bench.bench.engine.executors.protocol import Executor, Serial

__all__ = ["Executor", "Processes", "Serial", "default_workers", "local", "named"]


def local(workers: int | None = None) -> Executor:
    """This process for one worker, else several of this machine; None = as many as cores and memory allow."""
    return Serial() if workers == 1 else Processes(workers)


def named(name: str = "processes", workers: int | None = None) -> Executor:
    """The executor of a name.

    Args:
        name: `serial`, `processes`, `dask-local` (a cluster of this machine's processes, for this run), or
            `dask://host:port` (a scheduler that runs already).
        workers: of `processes` and `dask-local`; None = as many as cores and memory allow.

    Raises:
        InputError: Dask is not installed, or nothing listens at its address.
    """
    if name == "serial":
        return Serial()
    if name == "processes":
        return Processes(workers)
    from boundary_bench.bench.engine.executors.cluster import Dask

    return Dask(None, workers) if name == "dask-local" else Dask(name.removeprefix("dask://"))
