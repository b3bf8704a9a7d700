"""The committed experiments on some of their images: the tables are the same, byte for byte, wherever jobs run."""

from __future__ import annotations

from pathlib import Path

import pytest

from boundary_bench.bench.config.experiment import load_experiment
from boundary_bench.bench.engine.runner import run
from tests.dask_cluster import cluster
from tests.faults.world import tables
from tests.paths import REPOSITORY, data_dir

PARTS = {
    "camvid": ("camvid_predictions", ["samples.every=40", "refiners=[identity, majority_filter, grabcut]"]),
    "nuclei": (
        "nuclei",
        ["samples.every=20", "recovery_of=null", "refiners=[identity, {name: oracle_replace, distance_px: 1}]"],
    ),
}


@pytest.fixture(scope="module", params=PARTS)
def serial(request, tmp_path_factory):
    """Name of the experiment, what part of it is run, and the tables of a run in one process."""
    needed, part = PARTS[request.param]
    data_dir(needed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_DATA", str(data_dir()))
        part = [*part, "bootstrap.replicates=50"]
        yield request.param, part, _tables(request.param, part, "serial", tmp_path_factory.mktemp("serial"))


def _tables(name: str, part: list[str], executor: str, folder: Path) -> dict[str, str]:
    path = REPOSITORY / "results" / "tables" / name / "experiment.yaml"
    outcome = run(load_experiment(path, [*part, f"executor={executor}", f"output={folder}"]))
    assert not outcome.failures
    return tables(outcome)


def test_two_processes(serial, tmp_path):
    name, part, expected = serial
    assert _tables(name, part, "{name: processes, workers: 2}", tmp_path) == expected


def test_two_workers_of_a_cluster(serial, tmp_path):
    name, part, expected = serial
    with cluster(2) as found:
        assert _tables(name, part, f"{{name: '{found.executor}'}}", tmp_path) == expected
