"""`bench demo` on two scenes: the whole loop, and that its files serve the commands it names."""

from __future__ import annotations

import json

import pytest

from boundary_bench.bench.results.table import Results
from tests.bench.cli.street import call

pytest.importorskip("torch")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    assert call("demo", "--out", out, "--images", 2) == 0
    return out


def test_the_demo_leaves_everything_to_go_on_with(demo):
    assert {path.name for path in demo.iterdir()} == {"demo.yaml", "predictions", "prior_shift.json", "run"}
    assert json.loads((demo / "prior_shift.json").read_text())["fitted_on"]["split"] == "val"
    assert (demo / "run" / "comparison.md").exists()
    assert list((demo / "run" / "figures").glob("error-distance-*.svg"))


def test_the_oracles_beat_the_network_and_nothing_failed(demo):
    numbers = Results.load(demo / "run").numbers
    assert (numbers["failed"] == 0).all()
    overall = numbers[numbers["class"].isna() & (numbers["metric"] == "boundary_f@1px")].set_index("refiner")
    assert (overall.loc[overall["oracle"], "difference"] > 0.05).all()
    assert 0.2 < overall.loc["identity", "value"] < 0.8
    assert set(overall.index) >= {"majority_filter", "prior_shift", "guided_filter", "grabcut"}


def test_the_commands_it_names_work(demo, capsys):
    assert call("compare", demo / "run", "--against", "guided_filter") == 0
    scored = ("--dataset", "synthetic", "--split", "test", "--first", 2, "--predictions", demo / "predictions" / "test")
    capsys.readouterr()
    assert call("evaluate", *scored, "--workers", 1, "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)
    numbers = Results.load(demo / "run").numbers
    value = numbers[(numbers["refiner"] == "identity") & (numbers["metric"] == "mIoU")]["value"].iloc[0]
    assert found["metrics"]["mIoU"]["value"] == value


def test_it_writes_into_nothing_but_its_own_folder(tmp_path, capsys):
    (tmp_path / "mine.txt").write_text("precious")
    assert call("demo", "--out", tmp_path) == 2
    assert "no earlier demo" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_without_torch_it_says_what_to_install(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("boundary_bench.refiners.networks.device.find_spec", lambda _name: None)
    assert call("demo", "--out", tmp_path / "out") == 2
    assert "boundary-bench[torch]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
