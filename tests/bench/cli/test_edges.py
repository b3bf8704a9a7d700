"""Edge maps from the command line: numbers worked out by hand, published ones, and bad input."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.io import loadmat

from tests.bench.cli.street import IDS, SIZE, call
from tests.bench.edge_maps_on_disk import write_npz, write_pngs
from tests.paths import data_dir

BUILDING, ROAD = 1, 3
RAW = ("--dataset-param", "thin_truth=false", "--metric-param", "thin_prediction=false")


def maps() -> np.ndarray:
    """Building and road meet between columns 15 and 16, which are the true edge of both."""
    probabilities = np.zeros((11, *SIZE), np.uint8)
    probabilities[BUILDING][:, 15] = 200
    probabilities[ROAD][:, [4, 15, 16]] = 200
    return probabilities


@pytest.fixture
def edges(street, tmp_path):
    """Predictions for the street, as PNGs; options that score them."""
    for sample in IDS:
        write_pngs(tmp_path / "edges", sample, maps())
    return street, tmp_path / "edges"


def options(edges, *more: object) -> tuple[object, ...]:
    street, folder = edges
    return ("--task", "edges", *street.options, "--predictions", folder, *more)


def evaluated(edges, capsys, *more: object) -> Any:
    assert call("evaluate", *options(edges, "--workers", 1, "--json", "-", *more)) == 0
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def test_numbers_are_those_worked_out_by_hand(edges, capsys):
    found = evaluated(edges, capsys, *RAW)
    # Building: half of its two columns, nothing else; road: both, and one that is none.
    building, road = 2 * 1 * 0.5 / 1.5, 2 * (2 / 3) * 1 / (5 / 3)
    assert found["per_class"]["MF_ODS"]["building"] == pytest.approx(building)
    assert found["per_class"]["MF_ODS"]["road"] == pytest.approx(road)
    assert found["per_class"]["MF_ODS"]["sky"] is None
    for name in ("MF_ODS", "MF_OIS"):
        assert found["metrics"][name]["value"] == pytest.approx((building + road) / 2)
        assert (found["metrics"][name]["scored"], found["metrics"][name]["undefined"]) == (2, 9)
    assert found["per_class"]["ODS_precision"]["road"] == pytest.approx(2 / 3)
    assert found["per_class"]["ODS_recall"]["building"] == pytest.approx(1 / 2)
    assert found["predictions"]["format"] == "edge_maps"
    assert len(found["curves"]["edges"]["threshold"]) == 99


def test_parameters_reach_the_truth_and_the_metric(edges, capsys):
    own = evaluated(edges, capsys, *RAW, "--dataset-param", "sides=own")
    # Only column 15 is building's now, and only 16 road's.
    assert own["per_class"]["MF_ODS"]["building"] == pytest.approx(1)
    assert own["per_class"]["ODS_precision"]["road"] == pytest.approx(1 / 3)
    # Column 4 is not looked at.
    inner = evaluated(edges, capsys, *RAW, "--metric-param", "margins_px=[0, 0, 5, 0]")
    assert inner["per_class"]["MF_ODS"]["road"] == pytest.approx(1)
    assert inner["metrics"]["MF_ODS"]["definition"]["thin_prediction"] is False
    drawn = {"radius_px": 1, "thin_truth": False, "instance_sensitive": False, "sides": "both", "binary": False}
    assert inner["dataset"]["truth"] == drawn
    few = evaluated(edges, capsys, *RAW, "--metric-param", "thresholds=[0.2, 0.9]")
    assert few["curves"]["edges"]["threshold"] == [0.2, 0.9]


def test_missing_predictions_are_left_out_or_hold_no_edge(edges, capsys):
    _, folder = edges
    for place in folder.iterdir():
        (place / f"{IDS[0]}.png").unlink()
    skipped = evaluated(edges, capsys, *RAW, "--missing", "skip")
    empty = evaluated(edges, capsys, *RAW, "--missing", "empty")
    assert skipped["per_class"]["ODS_recall"]["building"] == pytest.approx(1 / 2)
    assert empty["per_class"]["ODS_recall"]["building"] == pytest.approx(1 / 3)


def test_other_sizes_are_resampled_on_request(edges, capsys, tmp_path):
    street, _ = edges
    for sample in IDS:
        write_npz(tmp_path / "half", sample, edges=maps()[:, ::2, ::2])
    half = (street, tmp_path / "half")
    assert call("evaluate", *options(half, "--workers", 1)) == 2
    assert "12x16 px; allowed: 24x32, as the truth (resize" in capsys.readouterr().err
    assert evaluated(half, capsys, "--resize")["metrics"]["MF_ODS"]["scored"] == 2


def test_synthetic_scenes_told_apart_by_object(capsys, tmp_path):
    dataset = {"images": 1, "height_px": 64, "width_px": 96, "instance_sensitive": "true"}
    own = [part for key, value in dataset.items() for part in ("--dataset-param", f"{key}={value}")]
    write_npz(tmp_path, "val_0000", edges=np.zeros((19, 64, 96), np.float32))
    arguments = ("--task", "edges", "--dataset", "synthetic", "--split", "val", "--predictions", tmp_path, *own)
    assert call("evaluate", *arguments, "--workers", 1, "--json", "-") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["metrics"]["MF_ODS"]["value"] == 0
    assert "no edge anywhere of 19 of 19 classes" in shown.err


def test_a_run_stores_resumes_and_shows_them(edges, capsys, tmp_path):
    street, folder = edges
    experiment = {
        "dataset": {"name": "camvid", "root": str(street.root), "split": "test", "task": "edges", "radius_px": 2},
        "predictions": [{"name": "mine", "path": str(folder)}],
        "executor": {"name": "processes", "workers": 2},
        "bootstrap": {"replicates": 20},
        "output": "run",
    }
    (tmp_path / "experiment.yaml").write_text(yaml.safe_dump(experiment))
    assert call("check", tmp_path / "experiment.yaml") == 0
    assert call("run", tmp_path / "experiment.yaml") == 0
    assert call("run", tmp_path / "experiment.yaml", "--resume") == 0
    capsys.readouterr()
    assert call("table", tmp_path / "run") == 0
    shown = capsys.readouterr().out
    assert "MF_ODS" in shown
    assert "thresholds: 0.01 to 0.99, 99 values" in shown
    assert "Truth: radius px: 2; thin truth: True;" in shown


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--metric-param", "thresholds=[0.1, 0.2, 0.2]"), "rising, none twice"),
        (("--metric-param", "threshold=[0.1]"), "--metric-param threshold"),
        (("--metric-param", "classes"), "--metric-param classes: no '='"),
        (("--dataset-param", "radius=2"), "did you mean 'radius_px'?"),
        (("--dataset-param", "instance_sensitive=true"), "semantic truth; allowed: panoptic truth"),
        (("--format", "label_png", "--resize"), "unknown parameter 'resize'"),
        (("--tolerance-px", 2), "--tolerance-px"),
    ],
)
def test_bad_options_are_refused(edges, capsys, more, said):
    assert call("evaluate", *options(edges, "--workers", 1, *more)) == 2
    assert said in capsys.readouterr().err


def test_bad_maps_are_refused_before_anything_runs(edges, capsys, tmp_path):
    street, folder = edges
    for place in (folder / "class_007").iterdir():
        place.unlink()
    assert call("evaluate", *options(edges, "--workers", 1)) == 2
    assert "class_007: an empty folder" in capsys.readouterr().err
    for sample in IDS:
        write_npz(tmp_path / "logits", sample, edges=maps().astype(np.float32) - 3)
    assert call("evaluate", *options((street, tmp_path / "logits"), "--workers", 1)) == 2
    err = capsys.readouterr().err
    assert all(f"{sample}.npz[edges]: values in [-3, 197]" in err for sample in IDS)


def test_the_published_score_of_a_bsds_image(capsys, tmp_path):
    root = data_dir("bsds_sample")
    with (root / "published_per_image.csv").open() as table:
        published = next(csv.DictReader(table))
    ucm = loadmat(root / "ucm2" / f"{published['image']}.mat")["ucm2"][2::2, 2::2]
    write_npz(tmp_path, published["image"], edges=ucm[None].astype(np.float32))
    around = "thresholds=[0.12, 0.13, 0.14, 0.15, 0.16]"
    arguments = ("--dataset", "bsds", "--task", "edges", "--root", root, "--predictions", tmp_path, "--first", 1)
    assert call("evaluate", *arguments, "--metric-param", around, "--workers", 1, "--json", "-") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["metrics"]["MF_ODS"]["value"] == pytest.approx(float(published["f"]), abs=0.002)
    assert found["per_class"]["ODS_precision"]["boundary"] == pytest.approx(float(published["precision"]), abs=0.003)
    assert found["per_class"]["ODS_recall"]["boundary"] == pytest.approx(float(published["recall"]), abs=0.003)


def test_everything_is_listed(capsys):
    assert call("list") == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("semantic_edges", "edge_maps", "sbd ", "bsds "))


def test_the_folder_is_what_predictions_are_called(edges, capsys):
    assert evaluated(edges, capsys, *RAW)["predictions"]["name"] == Path(edges[1]).name


def test_a_folder_of_true_edges_scores_maps_turned_and_thinned(capsys, tmp_path):
    truth = np.zeros((40, 60), np.uint8)
    truth[:, 29] = 255
    thick = np.zeros((40, 60), np.uint8)
    thick[:, 25:34] = [60, 120, 180, 230, 255, 230, 180, 120, 60]
    for folder, drawn in (("truth", truth), ("maps", 255 - thick)):
        (tmp_path / folder).mkdir()
        Image.fromarray(drawn).save(tmp_path / folder / "a.png")
    own = ("--task", "edges", "--truth", tmp_path / "truth", "--predictions", tmp_path / "maps", "--workers", 1)
    raw = ("--metric-param", "thin_prediction=false", "--metric-param", "thresholds=[0.2]")
    values, said = {}, {}
    for options_ in ((), ("--invert",), ("--invert", "--nms")):
        assert call("evaluate", *own, *raw, *options_, "--json", "-") == 0
        shown = capsys.readouterr()
        found = json.loads(shown.out)
        values[options_], said[options_] = found["per_class"]["ODS_precision"]["edge"], shown.err
        assert [found["predictions"].get(name, False) for name in ("invert", "nms")] == [
            f"--{name}" in options_ for name in ("invert", "nms")
        ]
    assert values["--invert", "--nms"] == 1
    assert values[("--invert",)] < 0.5
    assert "are edges drawn dark on white? invert: true (--invert) turns them" in said[()]
    assert "dark on white" not in said[("--invert",)]
    assert "thinned by non-maximum suppression" in said["--invert", "--nms"]
    assert call("evaluate", *own, "--nms", "--format", "label_maps") == 2
    assert "nms" in capsys.readouterr().err
