"""`bench compare` on a run whose numbers are known."""

from __future__ import annotations

import csv
import io
import json
import shutil

import pytest
import yaml

from tests.bench.cli.street import IDS, call


@pytest.fixture
def finished(street, tmp_path, capsys, monkeypatch):
    """Six equal images: what one refiner does to one it does to all."""
    for folder in (street.root / "test", street.root / "testannot", street.predictions):
        for name in IDS:
            shutil.copy(folder / f"{name}.png", folder / f"{name.replace('seq', 'two')}.png")
    monkeypatch.setattr("boundary_bench.bench.report.figures.draw_all", lambda *_args, **_options: [])
    document = {
        "dataset": {"name": "camvid", "root": str(street.root), "split": "test"},
        "predictions": [{"name": "net", "format": "label_png", "path": "net/test"}],
        "refiners": [
            "identity",
            {"name": "majority_filter", "label": "majority"},
            {"name": "oracle_replace", "distance_px": 1, "label": "oracle"},
        ],
        "metrics": ["mean_iou", {"name": "boundary_f", "tolerances_px": [1, 2]}],
        "recovery_of": "oracle",
        "executor": {"name": "serial"},
        "bootstrap": {"replicates": 50, "unit": "image"},
        "output": "out",
    }
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(document))
    assert call("run", tmp_path / "experiment.yaml") == 0
    capsys.readouterr()
    return tmp_path / "out"


def rows(text):
    """Cells of all pipe tables."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def test_compare_shows_gains_tests_classes_shares_and_costs(finished, capsys):
    assert call("compare", finished, "--against", "identity", "--against", "majority", "--metric", "mIoU") == 0
    out = capsys.readouterr().out
    assert "against identity, majority" in out
    assert "Gains over identity" in out
    assert "Gains over majority" in out
    found = rows(out)
    # The edge is 2 px off; the oracle mends one column of 24 px. Six images have 32 exchanges: p is 1/32 or 1.
    gain = next(row for row in found if row[:3] == ["net", "oracle †", "mIoU"])
    assert float(gain[3].split()[0]) > 0
    assert gain[4:] == ["0.031", "0.094", "6 / 0 / 0", "2 / 0 / 0"]
    assert ["net", "oracle †", "2: building, road", "0", "9"] in found
    assert "p (Holm): corrected for all 3 tests of this report; below 0.05: 0." in out
    assert "Gains in per cent of those of oracle" in out
    cost = next(row for row in found if row[:2] == ["net", "majority"] and len(row) == 7)
    assert float(cost[2]) >= 0
    assert cost[3:5] == ["–", "–"]


def test_csv_and_json_hold_everything(finished, capsys):
    options = ("compare", finished, "--against", "oracle", "--metric", "boundary_f@1px", "--format")
    assert call(*options, "csv") == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    whole = [row for row in table if not row["class"]]
    assert [(row["refiner"], row["against"]) for row in whole] == [("identity", "oracle"), ("majority", "oracle")]
    assert len(table) == 2 * 12
    assert all(float(row["difference"]) < 0 and row["images_worse"] == "6" for row in whole)
    assert call(*options, "json") == 0
    document = json.loads(capsys.readouterr().out)
    assert document["wanted"]["against"] == ["oracle"]
    assert [row["p"] for row in document["rows"][:2]] == [1 / 32, 1 / 32]
    assert {each["refiner"] for each in document["costs"]} == {"identity", "majority", "oracle"}
    assert [each["sample"] for each in document["worst"][:3]] == ["seq_0001", "seq_0002", "seq_0003"]
    assert document["definitions"]["boundary_f@1px"]["metric"] == "boundary F-score"


@pytest.mark.parametrize(("form", "mark"), [("tex", r"\begin{table*}"), ("html", "<table>"), ("md", "## camvid")])
def test_other_formats(finished, capsys, form, mark):
    assert call("compare", finished, "--format", form, "--interval", "normal", "--metric", "mIoU") == 0
    out = capsys.readouterr().out
    assert mark in out
    assert "normal bootstrap with Student" in out


def test_unknown_refiners_and_metrics_are_refused(finished, capsys):
    assert call("compare", finished, "--against", "majorty") == 2
    assert "did you mean 'majority'?" in capsys.readouterr().err
    assert call("compare", finished, "--metric", "mIuO") == 2
    assert "mIoU" in capsys.readouterr().err


def test_a_comparison_without_intervals_shows_none_and_one_with_too_few_images_says_so(finished, capsys):
    assert call("compare", finished, "--interval", "none", "--metric", "mIoU", "--format", "md") == 0
    out = capsys.readouterr().out
    assert "No intervals: none were asked for." in out
    assert "in brackets" not in out
    assert "[" not in "".join(" ".join(row) for row in rows(out))
    manifest = json.loads((finished / "manifest.json").read_text())
    results = json.loads((finished / "results.json").read_text())
    # As if the dataset had said that the images are of few streets.
    assert manifest["experiment"]["bootstrap"]["unit"] == "image"
    results["dataset"]["sample_ids"] = results["dataset"]["sample_ids"][:4]
    results["dataset"]["samples"] = 4
    (finished / "results.json").write_text(json.dumps(results))
    assert call("compare", finished, "--metric", "mIoU", "--format", "md") == 0
    out = capsys.readouterr().out
    gain = next(row for row in rows(out) if row[:3] == ["net", "oracle †", "mIoU"])
    assert gain[3].endswith("[–]")
    assert "[–]: too few for an interval: 4 images, at least 5 are needed." in out
    assert call("compare", finished, "--metric", "mIoU", "--format", "csv") == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    found = {(row["low"], row["no_interval"]) for row in table if row["difference"]}
    assert found == {("", "too few for an interval: 4 images, at least 5 are needed")}
    assert call("compare", finished, "--metric", "mIoU", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["no_interval"] == found.pop()[1]


def test_a_table_of_numbers_by_class_alone(finished, capsys):
    assert call("table", finished, "--metric", "IoU") == 0
    out = capsys.readouterr().out
    # Two of 16 columns of road are called building.
    assert next(row for row in rows(out) if row[:2] == ["net", "identity"])[3] == "88.9"
    assert "IoU: intersection over union" in out
    assert "Gains" not in out
    assert "9 of 11 classes occur in neither truth nor prediction: sky, pole," in out
    for form in ("csv", "json", "tex", "html"):
        assert call("table", finished, "--metric", "IoU", "--format", form) == 0
        assert "building" in capsys.readouterr().out
    assert call("table", finished, "--metric", "IoY") == 2
    assert "did you mean" in (said := capsys.readouterr().err) or "IoU" in said
