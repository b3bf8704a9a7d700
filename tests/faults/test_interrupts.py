"""Ctrl-C and SIGTERM: what is finished is kept, the user is told how to go on, and nothing is counted twice or lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml

from boundary_bench.bench.results.store import Store
from tests import children
from tests.bench.worlds import document
from tests.paths import REPOSITORY

TRIALS, ROWS = 50, 20


def _environment(tmp_path: Path) -> dict[str, str]:
    return children.environment(TRIAL_OUTPUT=str(tmp_path / "said.txt"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the trials are forks of one process")
def test_ctrl_c_at_fifty_random_times(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.faults.trials", str(tmp_path), str(TRIALS), "0"]
    settings = {"capture_output": True, "text": True, "env": _environment(tmp_path), "cwd": REPOSITORY}
    done = children.called(command, **settings)
    assert done.returncode == 0, done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(found) == TRIALS
    for trial in found:
        assert trial["code"] in (0, 130), trial
        assert (trial["same"], trial["identities"], trial["lost"], trial["resumed"]) == (True, ROWS, 0, 0), trial
        # There is nothing to go on with where nothing is kept, and where the tables are written.
        assert trial["told"] or not trial["kept"] or trial["whole"], trial
    # The times were spread over the whole run: some before the first row was kept, some in the middle, some after.
    assert len({trial["kept"] for trial in found}) >= 4


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_workers_are_stopped_and_their_finished_work_is_kept(tmp_path: Path, number: int, code: int) -> None:
    sign = tmp_path / "asleep"
    slow = {"name": "tests.faults.world:Slow", "label": "slow", "on": 3, "seconds": 600, "sign": str(sign)}
    executor = {"name": "processes", "workers": 2}
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(document(tmp_path, refiners=["identity", slow], executor=executor)))
    command = [sys.executable, "-m", "boundary_bench", "run", str(path)]
    with children.started(command, stderr=subprocess.PIPE, text=True, env=_environment(tmp_path)) as run:
        while not sign.exists():
            assert run.poll() is None
        workers = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(number)
        said = run.communicate(timeout=120)[1]
    assert run.returncode == code
    assert "Traceback" not in said
    assert f"resume with: bench run {path} --resume" in said
    assert psutil.wait_procs(workers, timeout=60)[1] == []
    # All that came before the one that sleeps, except for what was on its way.
    assert len(Store.open(tmp_path / "out").done()) in (8, 12, 16)


def test_before_the_first_job_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    path = tmp_path / "experiment.yaml"
    described = document(tmp_path)
    described["predictions"][0]["format"] = "tests.faults.world:InterruptsCheck"
    path.write_text(yaml.safe_dump(described))
    command = [sys.executable, "-m", "boundary_bench", "run", str(path)]
    done = children.called(command, capture_output=True, text=True, env=_environment(tmp_path))
    assert done.returncode == 130
    assert done.stderr.strip().endswith("interrupted before the first image: nothing was written")
    assert not (tmp_path / "out").exists()
