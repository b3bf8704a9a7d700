"""What workers are given to do; imports little, since every worker does."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace


def square(number: int) -> int:
    return number * number


def environment(name: str) -> tuple[str | None, int]:
    import cv2

    return os.environ.get(name), cv2.getNumThreads()


def interrupted(job: int) -> int:
    if job:
        raise ValueError(f"job {job}")
    return job


class _UntravelledError(Exception):
    def __init__(self, first: int, second: int) -> None:
        super().__init__("needs two")


def untravelled(job: int) -> int:
    raise _UntravelledError(job, job)


def dies(job: int) -> int:
    os._exit(3)


class DiesOnce:
    """Kills its worker on some jobs, on each as often as it says."""

    def __init__(self, folder: Path, deaths: dict[int, int]) -> None:
        self.folder, self.deaths = folder, deaths

    def __call__(self, job: int) -> int:
        before = len(list(self.folder.glob(f"{job}.*")))
        if before < self.deaths.get(job, 0):
            (self.folder / f"{job}.{before}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return job

    def lost(self, job: int) -> str:
        return f"lost {job}"


class Blamed:
    """Has some jobs blamed for deaths of workers, once each, as Dask's scheduler blames whatever a worker had."""

    def __init__(self, folder: Path, blamed: Iterable[int]) -> None:
        self.folder, self.blamed = folder, set(blamed)

    def __call__(self, job: int) -> int:
        from distributed.scheduler import KilledWorker

        if job in self.blamed and not (mark := self.folder / str(job)).exists():
            mark.touch()
            raise KilledWorker(task=str(job), last_worker=SimpleNamespace(address=""), allowed_failures=3)
        return job


class Where:
    """Process that a job ran in; each takes so long, and those below `elsewhere` may run in the caller's own."""

    def __init__(self, seconds: float, elsewhere: int = 10**9) -> None:
        self.seconds, self.elsewhere = seconds, elsewhere

    def __call__(self, job: int) -> tuple[int, int]:
        time.sleep(self.seconds)
        return job, os.getpid()

    def here(self, job: int) -> bool:
        return job < self.elsewhere
