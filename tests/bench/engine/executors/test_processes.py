from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.engine.executors import Processes, default_workers
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from tests import children
from tests.bench.engine.executors.tasks import DiesOnce, dies, environment, interrupted, square, untravelled
from tests.bench.worlds import HERE, experiment, require_equal


def test_processes_do_every_job_once() -> None:
    assert sorted(Processes(2).map(square, range(50))) == [n * n for n in range(50)]
    assert list(Processes(2).map(square, [])) == []


def test_workers_have_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    assert list(Processes(1).map(environment, ["OMP_NUM_THREADS", "NUMBA_NUM_THREADS"])) == [("1", 1), ("1", 1)]
    assert os.environ["OMP_NUM_THREADS"] == "5"
    assert "NUMBA_NUM_THREADS" not in os.environ


def test_an_error_of_the_task_itself_comes_through() -> None:
    with pytest.raises(ValueError, match="job 1") as caught:
        list(Processes(1).map(interrupted, [0, 1]))
    assert "in interrupted" in caught.value.__notes__[0]
    with pytest.raises(RuntimeError, match="needs two"):
        list(Processes(1).map(untravelled, [0]))


def test_default_workers_are_limited_by_memory(monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_jobs_of_dead_workers_are_done_again(tmp_path: Path) -> None:
    task = DiesOnce(tmp_path, {0: 1, 3: 9})
    assert sorted(Processes(2).map(task, range(8)), key=str) == [0, 1, 2, 4, 5, 6, 7, "lost 3"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.0", "3.0", "3.1", "3.2"]


def test_a_job_without_stand_in_that_kills_ends_the_run() -> None:
    with pytest.raises(InputError, match=r"processes, 1 workers: 3 worker processes in turn"):
        list(Processes(1).map(dies, range(9)))


def test_workers_end_where_nobody_asks_for_more() -> None:
    results = Processes(2).map(time.sleep, [0, 600, 600, 600])
    next(results)
    start = time.monotonic()
    results.close()
    assert time.monotonic() - start < 300  # or it waited for them
    assert not [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_workers_do_not_outlive_their_parent(tmp_path: Path, number: int) -> None:
    code = (
        "import time; from boundary_bench.bench.engine.executors import Processes\n"
        "if __name__ == '__main__':\n"
        "    for _ in Processes(2).map(time.sleep, [0, 0, *[600] * 9]): print(flush=True)"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    with children.started([sys.executable, script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        workers = psutil.Process(parent.pid).children(recursive=True)
        assert len(workers) >= 2
        parent.send_signal(number)
    assert psutil.wait_procs(workers, timeout=60)[1] == []


def test_processes_give_the_numbers_of_one_process(tmp_path: Path) -> None:
    serial = run(experiment(tmp_path))
    several = run(experiment(tmp_path, output="b", executor={"name": "processes", "workers": 2}))
    assert (several.computed, several.failures) == (30, ())
    planned = plan(experiment(tmp_path))
    require_equal(summarise_run(serial.store, planned), summarise_run(several.store, planned))


def test_a_sample_that_kills_its_worker_fails_alone(tmp_path: Path) -> None:
    refiners = ["identity", {"name": f"{HERE}:Fill", "label": "fill", "dies_on": 2}]
    outcome = run(experiment(tmp_path, refiners=refiners, executor={"name": "processes", "workers": 1}))
    assert {(row.sample, row.status) for row in outcome.failures} == {("s2", "failed")}
    assert (len(outcome.failures), outcome.computed) == (4, 20)
    assert "the worker process died every time" in str(outcome.failures[0].error)
    refiners[1] = {"name": f"{HERE}:Fill", "label": "fill"}
    mended = run(experiment(tmp_path, refiners=refiners), resume=True)
    assert (mended.failures, mended.reused) == ((), 8)
    whole = run(experiment(tmp_path, refiners=refiners, output="whole"))
    require_equal(summarise_run(whole.store, whole.plan), summarise_run(mended.store, mended.plan))
