"""A real scheduler and two real workers, each a process of its own."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from boundary_bench.bench.analysis.summary import summarise_run
from boundary_bench.bench.engine.executors import cluster as dask
from boundary_bench.bench.engine.executors import named
from boundary_bench.bench.engine.executors.cluster import Dask
from boundary_bench.bench.engine.plan import plan
from boundary_bench.bench.engine.runner import SampleTask, run
from boundary_bench.bench.errors import InputError
from tests.bench.engine.executors.tasks import Blamed, DiesOnce, interrupted, square
from tests.bench.worlds import experiment, require_equal
from tests.dask_cluster import Cluster, cluster


@pytest.fixture(scope="module")
def two() -> Iterator[Cluster]:
    with cluster(2) as found:
        yield found


@pytest.fixture
def soon_given_up() -> Iterator[None]:
    """Dask blames a task with the second worker that dies of it instead of the fourth: each takes a second to start."""
    pytest.importorskip("distributed")  # which brings the defaults that are put back
    from dask import config

    with config.set({"distributed.scheduler.allowed-failures": 1}):
        yield


def test_a_cluster_does_every_job_once(two: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(named(two.executor).map(square, range(50))) == [n * n for n in range(50)]
    monkeypatch.setattr(dask, "SHARDS", 7)
    assert sorted(named(two.executor).map(square, range(50))) == [n * n for n in range(50)]
    assert list(named(two.executor).map(square, [])) == []


def test_shards_hold_every_job_once() -> None:
    assert [list(shard) for shard in dask._shards(range(3))] == [[0], [1], [2]]
    shards = list(dask._shards(range(2500)))
    assert len(shards) <= dask.SHARDS
    assert [job for shard in shards for job in shard] == list(range(2500))


def test_an_error_of_the_task_itself_comes_through(two: Cluster) -> None:
    with pytest.raises(ValueError, match="job 1"):
        list(named(two.executor).map(interrupted, [0, 1]))


def test_a_cluster_gives_the_numbers_of_one_process(two: Cluster, tmp_path: Path) -> None:
    serial = run(experiment(tmp_path))
    several = run(experiment(tmp_path, output="b", executor=two.executor))
    assert (several.computed, several.failures) == (30, ())
    require_equal(summarise_run(serial.store, serial.plan), summarise_run(several.store, several.plan))
    assert str(two.port) not in (tmp_path / "b" / "manifest.json").read_text()


def test_other_software_in_a_worker_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pickle

    task = SampleTask(plan(experiment(tmp_path)))
    away = pickle.dumps(task)
    monkeypatch.setattr("boundary_bench.bench.engine.provenance.software", lambda: {"code": "another", "numpy": "1"})
    with pytest.raises(InputError, match=r"executor: a worker: code another, numpy 1.*as where the run was"):
        pickle.loads(away)(None)


def test_what_does_not_listen_is_refused_at_once(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"dask://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(InputError, match=rf"executor: {address}: nothing that listens there"):
            run(experiment(tmp_path, executor=address))
    assert not (tmp_path / "out").exists()


def test_without_dask_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"executor: dask: .*pip install 'boundary-bench\[dask\]'"):
        Dask(None)


def test_a_cluster_of_its_own_and_dead_workers(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    task = DiesOnce(tmp_path, {0: 1, 3: 9})
    assert sorted(named("dask-local", 2).map(task, range(8)), key=str) == [0, 1, 2, 4, 5, 6, 7, "lost 3"]


@pytest.mark.parametrize(("shards", "blamed"), [(1000, {2, 3, 4, 5, 6}), (2, {2, 6})])
def test_a_job_that_was_only_near_where_workers_died_is_tried_by_itself(
    two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shards: int, blamed: set[int]
) -> None:
    monkeypatch.setattr(dask, "SHARDS", shards)
    task = Blamed(tmp_path, blamed)
    assert sorted(named(two.executor).map(task, range(9))) == list(range(9))


@pytest.mark.usefixtures("soon_given_up")
def test_jobs_that_always_die_end_no_run_in_which_others_finish(tmp_path: Path) -> None:
    task = DiesOnce(tmp_path, {1: 99, 2: 99, 3: 99})
    assert sorted(named("dask-local", 2).map(task, range(5)), key=str) == [0, 4, "lost 1", "lost 2", "lost 3"]


@pytest.mark.usefixtures("soon_given_up")
def test_a_run_whose_every_job_dies_ends(tmp_path: Path) -> None:
    task = DiesOnce(tmp_path, dict.fromkeys(range(9), 99))
    with pytest.raises(InputError, match="3 worker processes in turn that died"):
        list(named("dask-local", 2).map(task, range(9)))
