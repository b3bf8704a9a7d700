"""`bench run` and what reads its folder: table, plot, compare."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest
import yaml

from boundary_bench.bench.results.table import Results
from tests.bench.cli.street import IDS, call, read, write

FILES = {
    "manifest.json",
    "results.json",
    "shards",
    "figures",
    *(f"comparison.{k}" for k in ("md", "tex", "csv", "html", "json")),
}


@pytest.fixture
def experiment(street, tmp_path):
    """Two prediction sets x four refiners; a network without probabilities cannot do prior_shift."""
    document = {
        "dataset": {"name": "camvid", "root": str(street.root), "split": "test"},
        "predictions": [
            {"name": "net", "format": "label_png", "path": "net/test", "probabilities": "prob"},
            {"name": "bare", "format": "label_png", "path": "net/test"},
        ],
        "refiners": [
            "identity",
            {"name": "majority_filter", "label": "majority"},
            {"name": "oracle_replace", "distance_px": 1, "label": "oracle"},
            {"name": "prior_shift", "weights": [1.0] * 11, "label": "prior"},
        ],
        "metrics": ["mean_iou", {"name": "boundary_f", "tolerances_px": [1, 2]}, "error_distance"],
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 50, "unit": "image"},
        "output": "out",
    }
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.fixture
def finished(experiment, capsys, monkeypatch):
    monkeypatch.setattr("boundary_bench.bench.report.figures.draw_all", lambda *_args, **_options: [])
    assert call("run", experiment) == 0
    capsys.readouterr()
    return experiment.parent / "out"


def test_a_run_leaves_measurements_tables_and_figures(experiment, capsys):
    assert call("run", experiment) == 0
    shown = capsys.readouterr()
    out = experiment.parent / "out"
    assert {path.name for path in out.iterdir()} == FILES
    assert len(list((out / "figures").glob("*.svg"))) == len(list((out / "figures").glob("*.png"))) > 5
    assert "| net         | oracle †" in shown.out
    assert "Not run: bare, prior: needs class probabilities" in shown.out
    assert str(out) in shown.err


def test_the_oracle_wins_and_the_gain_is_that_worked_out_by_hand(finished):
    numbers = Results.load(finished).numbers.query("predictions == 'net' and refiner == 'oracle'")
    # It mends column 17, within 1 px of the predicted edge; column 16 stays wrong.
    whole = numbers[(numbers["metric"] == "error_rate") & numbers["class"].isna()].iloc[0]
    assert whole["value"] == pytest.approx(1 / 31)
    assert whole["difference"] == pytest.approx(-1 / 31)


@pytest.mark.parametrize("kind", ["md", "tex", "csv", "html", "json"])
def test_table_prints_what_the_run_wrote(finished, capsys, kind):
    assert call("table", finished, "--format", kind) == 0
    out = capsys.readouterr().out
    assert out == (finished / f"comparison.{kind}").read_text(encoding="utf-8")
    if kind == "json":
        json.loads(out, parse_constant=pytest.fail)
    if kind == "html":
        ET.fromstring(out)


def test_table_takes_metrics_and_refuses_unknown_ones(finished, capsys):
    assert call("table", finished, "--metric", "mIoU") == 0
    assert "boundary_f" not in capsys.readouterr().out
    assert call("table", finished, "--metric", "mIuO") == 2
    assert "mIoU" in capsys.readouterr().err


def test_plot_draws_chosen_methods(finished, capsys, tmp_path, monkeypatch):
    monkeypatch.undo()
    options = ("plot", finished, "--out", tmp_path / "f", "--format", "svg", "--methods")
    assert call(*options, "majority") == 0
    written = capsys.readouterr().out.split()
    assert sorted(written) == sorted(str(path) for path in (tmp_path / "f").iterdir())
    assert {path.rpartition(".")[2] for path in written} == {"svg"}
    assert call(*options, "majorty") == 2


def test_a_run_is_not_overwritten_unless_asked(finished, experiment, capsys):
    assert call("run", experiment) == 2
    assert "--resume" in capsys.readouterr().err
    assert call("run", experiment, "--overwrite", "--set", "refiners=[identity]") == 0
    assert set(Results.load(finished).numbers["refiner"]) == {"identity"}


def test_output_and_values_can_be_set(experiment, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("boundary_bench.bench.report.figures.draw_all", lambda *_args, **_options: [])
    monkeypatch.chdir(tmp_path)
    assert call("run", experiment, "--output", "elsewhere", "--set", "samples.first=1") == 0
    assert Results.load(tmp_path / "elsewhere").dataset["samples"] == 1
    assert not (tmp_path / "out").exists()


def test_a_failed_job_is_counted_and_resumed(experiment, street, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("boundary_bench.bench.report.figures.draw_all", lambda *_args, **_options: [])
    (tmp_path / "mine.py").write_text(
        "from pathlib import Path\n"
        "class Mine:\n"
        "    tasks = frozenset({'semantic'})\n"
        "    def __init__(self, switch: str): self.switch = Path(switch)\n"
        "    def refine(self, image, prediction):\n"
        "        if self.switch.read_text() == 'broken': raise RuntimeError('out of luck')\n"
        "        return prediction\n"
    )
    switch = tmp_path / "switch.txt"
    switch.write_text("broken")
    mine = json.dumps([{"name": "identity"}, {"name": "mine.py:Mine", "switch": str(switch), "label": "mine"}])
    assert call("run", experiment, "--set", f"refiners={mine}") == 1
    err = capsys.readouterr().err
    assert "RuntimeError: out of luck" in err
    assert "18 measurements failed" in err  # 3 images x 2 prediction sets x 3 metrics
    assert "--resume" in err
    failed = Results.load(tmp_path / "out").numbers.query("refiner == 'mine'")["failed"]
    assert (failed == len(IDS)).all()
    switch.write_text("mended")
    assert call("run", experiment, "--resume", "--set", f"refiners={mine}") == 0
    assert (Results.load(tmp_path / "out").numbers["failed"] == 0).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("datset: {name: camvid}", ("datset", "did you mean 'dataset'?")),
        ("dataset: [", ("YAML",)),
        ("- 1", ("a list",)),
    ],
)
def test_a_bad_experiment_is_refused(tmp_path, capsys, text, said):
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    for command in ("run", "check"):
        assert call(command, path) == 2
        err = capsys.readouterr().err
        assert err.startswith("error: bad.yaml")
        assert all(word in err for word in said)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_no_run_is_refused(tmp_path, capsys):
    for command, said in (("table", "results.json"), ("compare", "which is no run")):
        assert call(command, tmp_path) == 2
        assert said in capsys.readouterr().err


def test_a_run_of_another_schema_is_refused(finished, capsys):
    path = finished / "results.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    assert call("table", finished) == 2
    assert "schema 99" in capsys.readouterr().err


def test_check_runs_nothing_and_says_what_is_there(experiment, street, capsys):
    assert call("check", experiment) == 0
    shown = capsys.readouterr()
    assert "3 samples, 2 prediction sets, 7 combinations" in shown.out
    assert "bare x prior is not run" in shown.err
    assert not (experiment.parent / "out").exists()
    (street.root / "test" / f"{IDS[0]}.png").write_bytes(b"spoiled")
    assert call("check", experiment) == 2
    assert IDS[0] in capsys.readouterr().err


def test_check_looks_into_what_refiners_read_and_at_registered_sets(experiment, street, capsys, tmp_path):
    assert call("make-offsets", *street.options, "--out", tmp_path / "o", "--workers", 1) == 0
    (tmp_path / "o" / f"{IDS[1]}.npz").write_bytes(b"spoiled")
    refiners = "refiners=[identity, {name: segfix_offsets, offsets: o}]"
    assert call("check", experiment, "--set", refiners) == 2
    assert f"{IDS[1]}.npz" in capsys.readouterr().err
    assert call("register", "mine", *street.options, "--path", street.predictions) == 0
    changed = read(street.predictions / f"{IDS[0]}.png")
    changed[0, 0] = 5
    write(street.predictions / f"{IDS[0]}.png", changed)
    assert call("check", experiment, "--set", "predictions=[{registered: mine}]") == 2
    assert "changed since it was registered" in capsys.readouterr().err


def test_check_takes_the_options_of_evaluate(street, capsys):
    assert call("check", *street.scored) == 0
    assert "3 samples" in capsys.readouterr().out
    assert call("check", "--dataset", "camvid") == 2
    (street.predictions / f"{IDS[0]}.png").unlink()
    assert call("check", *street.scored) == 2
    assert IDS[0] in capsys.readouterr().err
