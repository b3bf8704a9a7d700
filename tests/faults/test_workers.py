"""Workers and a scheduler that are killed while they work."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from boundary_bench.bench.engine.runner import run
from boundary_bench.bench.errors import InputError
from tests.dask_cluster import cluster
from tests.faults.world import deadly, require_whole, undisturbed

TWO = {"name": "processes", "workers": 2}


def expected(folder: Path) -> dict[str, str]:
    return undisturbed(deadly(folder, {}, output="undisturbed"))


@pytest.mark.parametrize("deaths", [{2: 1}, {0: 2, 1: 1, 4: 2}])
def test_workers_that_are_killed_cost_time_only(tmp_path: Path, deaths: dict[int, int]) -> None:
    outcome = run(deadly(tmp_path, deaths, executor=TWO))
    assert len(list((tmp_path / "graves").iterdir())) == sum(deaths.values())
    require_whole(outcome, expected(tmp_path))


def test_workers_of_a_cluster_that_are_killed_cost_time_only(tmp_path: Path) -> None:
    with cluster(4) as found:
        outcome = run(deadly(tmp_path, {1: 1, 3: 1}, executor=found.executor))
    assert len(list((tmp_path / "graves").iterdir())) == 2
    require_whole(outcome, expected(tmp_path))


def test_a_run_whose_scheduler_was_killed_resumes(tmp_path: Path) -> None:
    with cluster(1) as found:
        experiment = deadly(tmp_path, {}, executor=found.executor)

        def kill(done: int, total: int) -> None:
            if done == 2:
                os.kill(found.scheduler.pid, signal.SIGKILL)
                found.scheduler.wait()

        with pytest.raises(InputError, match=r"executor: dask://.*a connection that broke.*--resume"):
            run(experiment, progress=kill)
        found.restart_scheduler()
        found.add_worker()
        steps: list[Any] = []
        outcome = run(experiment, resume=True, progress=lambda *step: steps.append(step))
    assert outcome.reused >= 2 * 4
    assert steps[0] == (outcome.reused // 4, 5)
    require_whole(outcome, expected(tmp_path))
