"""`bench estimate`: the table, its JSON, and refiners that fail."""

from __future__ import annotations

import json

import pytest
import yaml

from boundary_bench.bench.cli.measure.estimate import duration
from tests.bench.cli.street import IDS, call

PATCHY = """
import os
class Patchy:
    tasks = frozenset({"semantic"})
    def __init__(self):
        assert "kept" not in os.environ["XDG_CACHE_HOME"]
    def refine(self, image, prediction):
        return prediction
    def count(self, prediction):
        return 17
class Broken(Patchy):
    def refine(self, image, prediction):
        raise RuntimeError("out of luck")
"""


@pytest.fixture
def experiment(street, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "kept"))
    (tmp_path / "mine.py").write_text(PATCHY)
    document = {
        "dataset": {"name": "camvid", "root": str(street.root), "split": "test"},
        "predictions": [{"name": "net", "format": "label_png", "path": "net/test"}],
        "refiners": [
            {"name": "majority_filter", "label": "majority"},
            {"name": "mine.py:Patchy", "label": "patchy"},
            {"name": "oracle_replace", "distance_px": 1, "label": "oracle"},
            {"name": "prior_shift", "weights": [1.0] * 11, "label": "prior"},
        ],
        "metrics": ["mean_iou"],
        "executor": {"name": "serial"},
    }
    path = tmp_path / "experiment.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_prints_a_row_for_each_cell_and_writes_nothing(experiment, tmp_path, capsys):
    before = set(tmp_path.rglob("*"))
    assert call("estimate", experiment) == 0
    shown = capsys.readouterr()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in shown.out.splitlines() if "|" in line]
    assert rows[0] == ["predictions", "refiner", "s an image", "patches an image", "images", "total"]
    assert [(row[0], row[1], row[3], row[4]) for row in rows[2:]] == [
        ("net", "majority", "–", "3"),
        ("net", "patchy", "17", "3"),
        ("net", "oracle †", "–", "3"),
        ("–", "reading, measuring", "–", "3"),
    ]
    assert "net x prior is not run: needs class probabilities" in shown.err
    assert "from 2 images" in shown.out  # of three, one warms up
    assert "Traceback" not in shown.err
    assert {path for path in tmp_path.rglob("*") if path.suffix != ".pyc" and path.name != "__pycache__"} == before


def test_json_holds_the_same(experiment, tmp_path, capsys):
    assert call("estimate", experiment, "--images", "1", "--json", "-") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == 1
    assert document["dataset"] == {"name": "camvid", "split": "test"}
    assert document["tried"] == [IDS[2]]
    (_, patchy, oracle) = document["costs"]
    assert (patchy["refiner"], patchy["patches_per_image"], patchy["images"]) == ("patchy", 17, 3)
    assert patchy["seconds"] == pytest.approx(3 * patchy["seconds_per_image"])
    assert oracle["oracle"]
    whole = sum(cost["seconds"] for cost in document["costs"]) + document["other_seconds"]
    assert document["seconds"] == pytest.approx(whole)
    assert call("estimate", experiment, "--json", tmp_path / "e.json") == 0
    assert "| net " in capsys.readouterr().out
    assert json.loads((tmp_path / "e.json").read_text())["tried"] == list(IDS[1:])


def test_a_refiner_that_fails_is_shown_with_the_reason(experiment, capsys):
    refiners = "refiners=[identity, {name: mine.py:Broken, label: broken}]"
    assert call("estimate", experiment, "--set", refiners) == 1
    lines = [line for line in capsys.readouterr().out.splitlines() if "|" in line]
    assert lines[0].rstrip("| ").endswith("failed")
    (broken,) = [line for line in lines if "broken" in line]
    assert "RuntimeError: out of luck" in broken
    assert "17" in broken
    (identity,) = [line for line in lines if "identity" in line]
    assert "0.000" in identity
    assert "RuntimeError" not in identity


def test_bad_input_is_refused(experiment, street, capsys):
    assert call("estimate", experiment, "--images", "0") == 2
    assert call("estimate", experiment, "--set", "refiners=[majorty_filter]") == 2
    assert "did you mean 'majority_filter'" in capsys.readouterr().err
    for number, prediction in enumerate(list(street.predictions.iterdir())):
        prediction.rename(prediction.with_name(f"other{number}.png"))
    assert call("estimate", experiment) == 2
    assert "net: no image that every set has a prediction for" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (7.26, "7.3 s"), (59.97, "0:01:00"), (3725.4, "1:02:05")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text
