"""A real Dask cluster: a scheduler and workers as processes of their own, on loopback, that end with the tests."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import pytest

from tests import children


@dataclass
class Cluster:
    """A scheduler at a port that stays the same when it is started again, and its workers."""

    port: int
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def executor(self) -> str:
        return f"dask://127.0.0.1:{self.port}"

    def add_worker(self) -> subprocess.Popen[bytes]:
        address = f"tcp://127.0.0.1:{self.port}"
        settings = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "30")
        self.workers.append(_started("dask_worker", address, *settings))
        return self.workers[-1]

    def restart_scheduler(self) -> None:
        self.scheduler = _scheduler(self.port)

    def end(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()


@contextmanager
def cluster(workers: int = 2) -> Iterator[Cluster]:
    """Skips the test where Dask is not installed."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'boundary-bench[dask]'")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = Cluster(port, _scheduler(port))
    try:
        for _ in range(workers):
            found.add_worker()
        yield found
    finally:
        found.end()


def _scheduler(port: int) -> subprocess.Popen[bytes]:
    process = _started(
        "dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"
    )
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return process
        assert process.poll() is None, "the scheduler ended"
        time.sleep(0.05)
    raise TimeoutError("no scheduler within two minutes")


def _started(module: str, *arguments: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.{module}", *arguments]
    environment = children.environment(OMP_NUM_THREADS="1", NUMBA_NUM_THREADS="1")
    return children.started(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
