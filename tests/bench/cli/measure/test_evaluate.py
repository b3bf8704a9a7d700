"""`bench evaluate`: numbers worked out by hand, the JSON contract, and every kind of bad input."""

from __future__ import annotations

import csv
import io
import json
import tempfile

import numpy as np
import pytest

from boundary_bench.bench.plugins.protocols import Sample
from tests.bench.cli.street import IDS, SIZE, call, read, save_probabilities, write


def evaluated(street, capsys, *more):
    assert call("evaluate", *street.scored, "--workers", 1, "--json", "-", *more) == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_numbers_are_those_worked_out_by_hand(street, capsys):
    found = evaluated(street, capsys)
    # Of 31 scored columns building has 16, road 15; two of road are called building: 16 / 18 and 13 / 15.
    building, road = 16 / 18, 13 / 15
    assert found["per_class"]["IoU"]["building"] == pytest.approx(building, abs=1e-12)
    assert found["per_class"]["IoU"]["road"] == pytest.approx(road, abs=1e-12)
    assert found["metrics"]["mIoU"]["value"] == pytest.approx((building + road) / 2, abs=1e-12)
    assert found["metrics"]["error_rate"]["value"] == pytest.approx(2 / 31, abs=1e-12)
    curve = found["curves"]["error_distance"]
    # Columns 16 and 17 are wrong: 1 and 2 px from building. Columns 15, 16 and 30 touch another label.
    per_column = len(IDS) * SIZE[0]
    assert curve["distance_px"][:2] == [1, 2]
    assert curve["errors"][:3] == [per_column, per_column, 0]
    assert curve["pixels"][0] == 3 * per_column


def test_json_keeps_its_contract(street, capsys):
    found = evaluated(street, capsys)
    assert found["schema"] == 1
    assert found["dataset"] == {"name": "camvid", "split": "test", "samples": 3}
    assert found["predictions"]["name"] == "net"
    assert {"mIoU", "boundary_f@1px", "boundary_f@2px", "boundary_f@3px", "boundary_mIoU"} <= found["metrics"].keys()
    for metric in found["metrics"].values():
        assert {"value", "interval", "scored", "undefined", "failed", "definition"} <= metric.keys()
    assert found["metrics"]["mIoU"]["scored"] == 2
    assert found["metrics"]["mIoU"]["undefined"] == 9
    assert found["metrics"]["mIoU"]["definition"]["metric"]
    assert {"IoU", "boundary_f@1px"} <= found["per_class"].keys()
    assert found["per_class"]["IoU"]["fence"] is None
    assert {"distance_px", "errors", "pixels"} == found["curves"]["error_distance"].keys()


def test_with_a_json_file_there_is_a_table_too(street, capsys, tmp_path):
    assert call("evaluate", *street.scored, "--workers", 1, "--json", tmp_path / "scores.json") == 0
    out = capsys.readouterr().out
    assert "| mIoU " in out
    assert "| building " in out
    assert json.loads((tmp_path / "scores.json").read_text())["metrics"]["mIoU"]["value"] > 0.8


def test_tolerances_can_be_chosen(street, capsys):
    found = evaluated(street, capsys, "--tolerance-px", 2, "--tolerance-px", 5)
    assert [name for name in found["metrics"] if name.startswith("boundary_f@")] == ["boundary_f@2px", "boundary_f@5px"]


def test_too_few_units_have_no_interval_and_say_so(street, capsys):
    found = evaluated(street, capsys)["metrics"]["mIoU"]
    why = "too few for an interval: 1 cluster, at least 5 are needed"
    assert (found["interval"], found["no_interval"]) == (None, why)
    assert call("evaluate", *street.scored, "--workers", 1, "--no-intervals", "--csv", "-") == 0
    said = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert {(row["low"], row["no_interval"]) for row in rows if row["value"]} == {("", "no interval was asked for")}
    assert "note: 9 of 11 classes occur in neither truth nor prediction: sky, pole, pavement" in said.err


def test_clusters_are_refused_before_the_work_where_there_are_none(street, capsys, monkeypatch):
    monkeypatch.setattr("boundary_bench.bench.datasets.camvid.Camvid.samples", lambda _: [Sample("seq_0001")])
    monkeypatch.setattr("boundary_bench.metrics.semantic.mean_iou.MeanIoU.measure", pytest.fail)
    assert call("evaluate", *street.scored, "--workers", 1, "--interval-unit", "cluster") == 2
    assert "bootstrap.unit, dataset camvid: 'cluster', but it declares no clusters" in capsys.readouterr().err


def test_units_of_intervals_can_be_chosen(street, capsys):
    for unit, of in (("image", "too few for an interval: 3 images"), ("cluster", "too few for an interval: 1 cluster")):
        assert evaluated(street, capsys, "--interval-unit", unit)["metrics"]["mIoU"]["no_interval"].startswith(of)


def test_metrics_are_chosen_by_their_names_or_those_of_their_values(street, capsys, monkeypatch):
    found = evaluated(street, capsys, "--metric", "mIoU", "--metric", "boundary_f@2px")
    assert list(found["metrics"]) == ["mIoU", "boundary_f@2px"]
    assert list(found["per_class"]) == ["IoU", "boundary_f@2px"]
    # Nothing else is measured.
    monkeypatch.setattr("boundary_bench.metrics.semantic.boundary_iou.BoundaryIoU.summarise", pytest.fail)
    found = evaluated(street, capsys, "--metric", "mean_iou")
    assert list(found["metrics"])[:3] == ["mIoU", "pixel_accuracy", "mean_class_accuracy"]
    assert "boundary_f@1px" not in found["metrics"]
    assert call("evaluate", *street.scored, "--workers", 1, "--metric", "IoU") == 0
    out = capsys.readouterr().out
    assert "| road " in out
    assert "| mIoU" not in out
    tolerances = ("--metric", "boundary_f@5px", "--tolerance-px", 5)
    assert list(evaluated(street, capsys, *tolerances)["metrics"]) == ["boundary_f@5px"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--metric", "mIuO"), "--metric: 'mIuO'; did you mean 'mIoU'? allowed: mean_iou, mIoU, pixel_accuracy, "),
        (("--metric", "boundary_f@5px"), "boundary_f@1px"),
        (("--metric", "mIoU", "--tolerance-px", 5), "--tolerance-px: no metric that has it"),
        (("--json", "-", "--csv", "-"), "there is one stdout"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_what_can(street, capsys, options, said):
    assert call("evaluate", *street.scored, "--workers", 1, *options) == 2
    assert said in capsys.readouterr().err


def test_csv_has_a_row_a_class(street, capsys, tmp_path):
    assert call("evaluate", *street.scored, "--workers", 1, "--metric", "mIoU", "--csv", tmp_path / "a.csv") == 0
    assert "| mIoU " in capsys.readouterr().out
    rows = list(csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text())))
    assert [(row["metric"], row["class"]) for row in rows][:3] == [("mIoU", ""), ("IoU", "sky"), ("IoU", "building")]
    assert float(rows[2]["value"]) == pytest.approx(16 / 18)
    assert (rows[1]["value"], rows[1]["scored"], rows[1]["undefined"]) == ("", "0", "1")


def test_nothing_is_left_behind(street, monkeypatch, tmp_path):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    before = sorted(tmp_path.rglob("*"))
    assert call("evaluate", *street.scored, "--workers", 1) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_missing_predictions_are_left_out_or_scored_as_void_on_request(street, capsys):
    (street.predictions / f"{IDS[0]}.png").unlink()
    skipped = evaluated(street, capsys, "--missing", "skip")
    empty = evaluated(street, capsys, "--missing", "empty")
    assert skipped["metrics"]["error_rate"]["value"] == pytest.approx(2 / 31)
    assert empty["metrics"]["error_rate"]["value"] == pytest.approx((2 / 31 * 2 + 1) / 3)
    assert skipped["metrics"]["mIoU"]["missing"] == empty["metrics"]["mIoU"]["missing"] == 1


def test_a_part_of_the_split_can_be_scored(street, capsys):
    (street.predictions / f"{IDS[1]}.png").unlink()
    assert evaluated(street, capsys, "--every", 2)["dataset"]["samples"] == 2
    assert evaluated(street, capsys, "--first", 1)["dataset"]["samples"] == 1


def test_registered_predictions_are_known_by_name(street, capsys):
    assert call("register", "mine", *street.options, "--path", street.predictions, "--source", "by hand") == 0
    assert call("list", "registered") == 0
    assert "mine" in capsys.readouterr().out
    assert call("evaluate", *street.options, "--predictions", "mine", "--workers", 1, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["predictions"]["name"] == "mine"


def _remove(street):
    for name in IDS[:2]:
        (street.predictions / f"{name}.png").unlink()


def _resize(street):
    write(street.predictions / f"{IDS[1]}.png", np.ones((12, 16), np.uint8))


def _odd_ids(street):
    write(street.predictions / f"{IDS[1]}.png", np.full(SIZE, 77, np.uint8))


def _truncate(street):
    path = street.predictions / f"{IDS[1]}.png"
    path.write_bytes(path.read_bytes()[:-20])


def _colour(street):
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[..., 1] = 128
    write(street.predictions / f"{IDS[1]}.png", picture)


def _empty(street):
    for path in street.predictions.iterdir():
        path.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_remove, ("no prediction, as for 2 of 3 samples", IDS[0], IDS[1])),
        (_resize, (f"{IDS[1]}.png", "12x16", "24x32")),
        (_odd_ids, (f"{IDS[1]}.png", "77", "0..10")),
        (_truncate, (f"{IDS[1]}.png", "truncated")),
        (_colour, (f"{IDS[1]}.png", "colour")),
        (_empty, ("an empty folder",)),
    ],
)
def test_bad_predictions_are_refused_before_anything_runs(street, capsys, tmp_path, spoil, said):
    spoil(street)
    assert call("evaluate", *street.scored, "--workers", 1, "--json", tmp_path / "no.json") == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert all(line.startswith(("error: ", "note: ")) for line in shown.err.splitlines())
    assert all(word in shown.err for word in said)
    assert not (tmp_path / "no.json").exists()


def test_all_that_is_wrong_is_said_at_once(street, capsys):
    _odd_ids(street)
    (street.predictions / f"{IDS[2]}.png").write_bytes(b"no picture")
    assert call("evaluate", *street.scored, "--workers", 1) == 2
    err = capsys.readouterr().err
    assert f"{IDS[1]}.png" in err
    assert f"{IDS[2]}.png" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--dataset": "camvit"}, ("camvit", "did you mean 'camvid'?")),
        ({"--split": "tset"}, ("tset", "did you mean 'test'?")),
        ({"--root": "/nowhere"}, ("/nowhere",)),
        ({"--predictions": "/nowhere"}, ("/nowhere", "no such folder")),
        ({"--format": "labelmaps"}, ("labelmaps", "did you mean 'label_maps'?")),
        ({"--task": "panoptic"}, ("panoptic", "semantic")),
        ({"--probabilities": "/nowhere"}, ("/nowhere",)),
    ],
)
def test_bad_options_are_refused_with_a_hint(street, capsys, change, said):
    options = dict(zip(street.scored[::2], street.scored[1::2], strict=True)) | change
    assert call("evaluate", *(part for pair in options.items() for part in pair), "--workers", 1) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert all(word in err for word in said)


@pytest.mark.parametrize("spoiled", [np.nan, 7.0])
def test_bad_probabilities_are_refused(street, capsys, spoiled):
    prob = np.full((11, *SIZE), 1 / 11, np.float32)
    prob[0, 0, 0] = spoiled
    np.savez(street.probabilities / f"{IDS[0]}.npz", prob=prob)
    assert call("evaluate", *street.scored, "--probabilities", street.probabilities, "--workers", 1) == 2
    assert f"{IDS[0]}.npz" in capsys.readouterr().err


def test_saved_probabilities_are_scored_by_themselves(street, capsys):
    save_probabilities(street.probabilities, IDS[0], read(street.root / "testannot" / f"{IDS[0]}.png") % 11)
    options = (*street.options, "--predictions", street.probabilities, "--format", "probabilities")
    assert call("evaluate", *options, "--workers", 1, "--json", "-") == 0
    # One image is now right, two are as before.
    rate = json.loads(capsys.readouterr().out)["metrics"]["error_rate"]["value"]
    assert rate == pytest.approx(2 / 31 * 2 / 3)
