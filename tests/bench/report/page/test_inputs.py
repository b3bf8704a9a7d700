"""From a run folder back to its inputs, and what is said where that is not possible."""

from __future__ import annotations

import json

import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.report.page.inputs import UnavailableError, reopen
from boundary_bench.bench.results.store import Store
from tests.bench.cli.street import Street, build, call

YAML = """
dataset: {{name: camvid, root: "{root}", split: test}}
predictions: [{{name: net, path: "{net}"}}]
refiners: [identity, majority_filter]
metrics: [mean_iou]
bootstrap: {{replicates: 20}}
executor: {{name: serial}}
output: {output}
"""


@pytest.fixture
def street(tmp_path, monkeypatch) -> Street:
    monkeypatch.setenv("BENCH_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("boundary_bench.bench.report.figures.draw_all", lambda *_args, **_options: [])
    return build(tmp_path)


def made(street, folder, output: str, root: str = "../camvid", net: str = "../net/test"):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "e.yaml").write_text(YAML.format(root=root, net=net, output=output))
    assert call("run", folder / "e.yaml") == 0
    return (folder / output).resolve()


def test_inputs_lie_where_the_output_folder_says(street, tmp_path, monkeypatch):
    run = made(street, tmp_path / "project", "runs/one")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    planned = reopen(run, Store.open(run).manifest())
    assert [sample.id for sample in planned.samples] == ["seq_0001", "seq_0002", "seq_0003"]
    assert list(planned.refiners) == ["identity", "majority_filter"]


def test_or_where_the_command_found_its_file(street, tmp_path):
    made(street, tmp_path / "project", "../runs/one")
    run = tmp_path / "runs" / "one"
    manifest = Store.open(run).manifest()
    manifest["provenance"]["command"] = ["bench", "run", "project/e.yaml"]
    assert len(reopen(run, manifest).samples) == 3


def test_or_in_the_folder_of_data(street, tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_DATA", str(tmp_path))
    run = made(street, tmp_path / "a" / "project", "run", str(tmp_path / "camvid"), "${BENCH_DATA}/net/test")
    manifest = Store.open(run).manifest()
    assert manifest["experiment"]["dataset"]["root"] == "$BENCH_DATA/camvid"
    assert len(reopen(run, manifest).samples) == 3


def test_a_moved_run_says_what_is_missing_and_takes_the_file(street, tmp_path):
    run = made(street, tmp_path / "project", "run")
    moved = tmp_path / "far" / "away" / "run"
    moved.parent.mkdir(parents=True)
    run.rename(moved)
    manifest = json.loads((moved / "manifest.json").read_text())
    manifest["provenance"]["command"] = []
    with pytest.raises(UnavailableError, match=r"camvid.*--experiment"):
        reopen(moved, manifest)
    assert len(reopen(moved, manifest, tmp_path / "project" / "e.yaml").samples) == 3


def test_predictions_that_are_gone_are_missed(street, tmp_path):
    run = made(street, tmp_path / "project", "run")
    for file in (tmp_path / "net" / "test").iterdir():
        file.unlink()
    with pytest.raises(UnavailableError, match="prediction"):
        reopen(run, Store.open(run).manifest())


def test_a_file_that_is_no_experiment_is_refused(street, tmp_path):
    with pytest.raises(InputError, match=r"nothing\.yaml"):
        reopen(tmp_path, {}, tmp_path / "nothing.yaml")
