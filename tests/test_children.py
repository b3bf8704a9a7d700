"""What tests start ends with them, even where they are killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

import boundary_bench
from tests import children

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent is gone")

SLEEPER = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(600)"]
PARENT = (
    f"from tests.children import started\nwith started({SLEEPER}) as child: print(child.pid, flush=True); child.wait()"
)
CLUSTER = """
import time
from tests.dask_cluster import cluster
with cluster(1) as found: print(found.scheduler.pid, found.workers[0].pid, flush=True); time.sleep(600)
"""
SESSION = """
import os, time
def test_sleeps():
    print(os.getpid(), file=open("worker", "w"), flush=True)
    os.rename("worker", "ready")
    time.sleep(600)
"""


def processes(numbers: str) -> list[psutil.Process]:
    return [psutil.Process(int(number)) for number in numbers.split()]


def require_gone(found: list[psutil.Process], seconds: float = 10) -> None:
    assert psutil.wait_procs(found, timeout=seconds)[1] == []


@pytest.mark.parametrize("code", [PARENT, CLUSTER], ids=["a child", "a cluster"])
def test_children_end_when_their_parent_is_killed(code: str) -> None:
    if code == CLUSTER:
        pytest.importorskip("distributed")
    with children.started([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        found = processes(parent.stdout.readline())
        assert found
        parent.kill()
    require_gone(found)


def test_a_worker_of_a_test_run_ends_when_the_run_is_killed(tmp_path: Path) -> None:
    (tmp_path / "test_session.py").write_text(SESSION)
    command = [sys.executable, "-m", "pytest", "-n", "1", "-p", "tests.conftest", "-c", "/dev/null", "test_session.py"]
    with children.started(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as run:
        while not (tmp_path / "ready").exists():
            assert run.poll() is None
            time.sleep(0.05)
        found = processes((tmp_path / "ready").read_text())
        run.kill()
    require_gone(found, 4)  # xdist itself takes from 5 to 15 seconds


def test_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    command = [sys.executable, "-I", "-S", children.__file__, "1", *SLEEPER]
    assert subprocess.run(command, check=False, timeout=60).returncode == 1


def test_children_import_this_checkout() -> None:
    code = "import boundary_bench, tests.children; print(boundary_bench.__file__)"
    done = children.called([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == boundary_bench.__file__


def test_a_child_is_the_program_itself() -> None:
    done = children.called([*SLEEPER[:-1], "import os; print(os.getpid()); raise SystemExit(7)"], capture_output=True)
    assert done.returncode == 7
