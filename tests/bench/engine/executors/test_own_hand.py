"""Workers are started where they pay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from boundary_bench.bench.engine.executors import Processes
from boundary_bench.bench.engine.executors.own_hand import OwnHand
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.runner import SampleTask
from tests.bench.engine.executors.tasks import Where
from tests.bench.worlds import experiment


def where(task: Where, jobs: int, workers: int = 2) -> list[bool]:
    """Whether each job ran in this process."""
    found = dict(Processes(workers).map(task, range(jobs)))
    assert len(found) == jobs
    return [found[job] == os.getpid() for job in range(jobs)]


def test_a_few_quick_jobs_need_no_worker() -> None:
    assert all(where(Where(0.001), 20))


def test_one_worker_is_this_process() -> None:
    assert all(where(Where(0.2), 8, workers=1))


def test_long_jobs_get_workers_of_their_own() -> None:
    own = where(Where(0.5), 18)
    assert own[0]
    assert not any(own[3:])


def test_short_jobs_are_done_beside_workers() -> None:
    own = where(Where(0.02), 400)
    assert 0 < own.count(False) < 400
    assert own[-1]  # from the end, while the worker was starting


def test_what_may_not_run_here_runs_elsewhere() -> None:
    assert where(Where(0.001, elsewhere=0), 4) == [False] * 4
    assert where(Where(0.001, elsewhere=2), 4) == [True, True, False, False]


def test_the_first_job_says_nothing() -> None:
    hand = OwnHand(Where(0.4))
    hand.result(0)
    assert hand.suffices(1000, 2)
    hand.result(1)
    assert hand.suffices(5, 2)
    assert not hand.suffices(100, 2)


@pytest.mark.parametrize("changes", [{"refiners": ["majority_filter"]}, {}])
def test_only_scores_by_the_projects_own_code_are_made_here(changes: dict[str, object], tmp_path: Path) -> None:
    from boundary_bench.bench.engine.runner import pending

    planned = plan(experiment(tmp_path, **changes))  # its dataset is a plug-in
    assert not SampleTask(planned).here(next(pending(planned, {})))


def test_small_samples_of_saved_predictions_are_scored_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from boundary_bench.bench.engine import runner
    from tests.bench.label_files import write_camvid

    write_camvid(tmp_path, ["a"])
    document = {
        "dataset": {"name": "camvid", "root": str(tmp_path), "split": "test"},
        "predictions": [{"name": "p", "path": str(tmp_path / "testannot")}],
    }
    planned = plan(runner.Experiment.model_validate(document))
    task, (job,) = SampleTask(planned), tuple(runner.pending(planned, {}))
    assert task.here(job)
    monkeypatch.setattr(runner, "PIXELS_HERE", 5)
    assert not task.here(job)
