from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.engine import run
from bench.errors import InputError
from bench.executors import Processes, Serial, default_workers
from bench.plan import plan
from bench.store import Store
from bench.summary import summarise_run
from tests.bench.worlds import HERE, experiment, require_equal


def _square(number: int) -> int:
    return number * number


def _environment(name: str) -> tuple[str | None, int]:
    import cv2

    return os.environ.get(name), cv2.getNumThreads()


def _interrupted(job: int) -> int:
    if job:
        raise ValueError(f"job {job}")
    return job


def test_serial_is_lazy_and_in_order() -> None:
    done: list[int] = []

    def task(number: int) -> int:
        done.append(number)
        return number

    results: Iterator[int] = Serial().map(task, [3, 1, 2])
    assert next(results) == 3
    assert done == [3]
    assert list(results) == [1, 2]


def test_processes_do_every_job_once() -> None:
    assert sorted(Processes(2).map(_square, range(20))) == [n * n for n in range(20)]


def test_workers_have_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    assert list(Processes(1).map(_environment, ["OMP_NUM_THREADS", "NUMBA_NUM_THREADS"])) == [("1", 1), ("1", 1)]
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "NUMBA_NUM_THREADS" not in os.environ


def test_an_error_of_the_task_itself_comes_through() -> None:
    with pytest.raises(ValueError, match="job 1"):
        list(Processes(1).map(_interrupted, [0, 1]))


def test_default_workers_are_limited_by_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    class Memory:
        available = 1100 * 2**20

    monkeypatch.setattr(psutil, "cpu_count", lambda logical: 64)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(32)), raising=False)
    monkeypatch.setattr(psutil, "virtual_memory", Memory)
    assert default_workers() == 2
    Memory.available = 10
    assert default_workers() == 1
    Memory.available = 2**40
    assert default_workers() == 32


def test_processes_give_the_numbers_of_one_process(tmp_path: Path) -> None:
    serial = run(experiment(tmp_path))
    several = run(experiment(tmp_path, output="b", executor={"name": "processes", "workers": 2}))
    assert (several.computed, several.failures) == (30, ())
    planned = plan(experiment(tmp_path))
    require_equal(summarise_run(serial.store, planned), summarise_run(several.store, planned))


def test_a_dying_worker_is_told_and_finished_work_kept(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "dies_on": 4}]
    one = {"name": "processes", "workers": 1}
    with pytest.raises(InputError, match=r"a worker process that died.*--resume does the rest"):
        run(experiment(tmp_path, refiners=refiners, executor=one))
    # Whatever came back before the death was noticed is whole: four rows a sample.
    kept = len(Store.open(tmp_path / "out").done())
    assert kept % 4 == 0
    assert kept <= 16
    refiners[1] = {"name": f"{HERE}:Fill", "label": "fill"}
    outcome = run(experiment(tmp_path, refiners=refiners), resume=True)
    assert outcome.failures == ()
    summarise_run(outcome.store, outcome.plan)
