"""Scoring and refining objects and panoptic maps from the command line, on the built-in scenes."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.formats.writers import write_coco_panoptic, write_coco_results
from boundary_bench.metrics.structures.masks import Masks
from tests.bench.cli.street import call

SCENES = 2


def shifted(masks: Masks) -> Masks:
    dense = [np.roll(masks.dense(index), (1, 2), axis=(0, 1)) for index in range(len(masks))]
    return Masks.from_dense(masks.size, dense)


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """Task -> predictions: the truth two pixels off, with falling scores."""
    folder = tmp_path_factory.mktemp("objects")
    objects, segments = (Synthetic("val", task=task, images=SCENES) for task in ("instance", "panoptic"))
    items = []
    for sample in objects.samples():
        truth = objects.truth(sample)
        scores = np.linspace(0.9, 0.2, len(truth))
        items.append((sample, replace(truth, masks=shifted(truth.masks), scores=scores, areas=None, void=None)))
    write_coco_results(folder / "objects.json", objects, items)
    maps = []
    for sample in segments.samples():
        truth = segments.truth(sample)
        ids = np.roll(truth.ids, (1, 2), axis=(0, 1))
        kept = np.isin(truth.segments, ids)
        columns = {name: getattr(truth, name)[kept] for name in ("segments", "categories", "crowd", "scores")}
        maps.append((sample, replace(truth, ids=ids, **columns)))
    write_coco_panoptic(folder / "segments.json", segments, maps, truth=False)
    return {"instance": folder / "objects.json", "panoptic": folder / "segments.json"}


def scores(task, predictions, tmp_path, *options):
    target = tmp_path / f"{predictions.stem}-scores.json"
    arguments = ("--dataset", "synthetic", "--task", task, "--split", "val", "--first", SCENES, "--workers", 1)
    format_ = "coco_results" if task == "instance" else "coco_panoptic"
    code = call("evaluate", *arguments, "--format", format_, "--predictions", predictions, "--json", target, *options)
    assert code == 0
    return json.loads(target.read_text())["metrics"]


HEADLINES = {
    "instance": ("AP", "AP50", "AP75", "AP90", "AP_S", "AP_M", "AR", "boundary_AP", "boundary_AP50", "AF"),
    "panoptic": ("PQ", "SQ", "RQ", "PQ_th", "PQ_st", "boundary_PQ"),
}


@pytest.mark.parametrize("task", ["instance", "panoptic"])
def test_the_main_numbers_are_there(saved, tmp_path, task):
    found = scores(task, saved[task], tmp_path)
    assert set(HEADLINES[task]) <= found.keys()
    first, boundary = HEADLINES[task][0], f"boundary_{HEADLINES[task][0]}"
    assert 0.2 < found[boundary]["value"] < found[first]["value"] < 1
    assert found[first]["definition"]["source"]


@pytest.mark.parametrize("task", ["instance", "panoptic"])
def test_what_an_oracle_writes_scores_higher(saved, tmp_path, task):
    refined = tmp_path / "refined.json"
    options = ("--dataset", "synthetic", "--task", task, "--split", "val", "--first", SCENES, "--workers", 1)
    format_ = "coco_results" if task == "instance" else "coco_panoptic"
    source = ("--format", format_, "--predictions", saved[task])
    oracle = ("--refiner", "oracle_replace", "--param", "distance_px=3")
    assert call("refine", *options, *source, *oracle, "--out", refined) == 0
    first = HEADLINES[task][0]
    before, after = (scores(task, one, tmp_path)[first]["value"] for one in (saved[task], refined))
    assert after > before + 0.02


def test_a_band_can_be_chosen(saved, tmp_path):
    wide, narrow = (
        scores("panoptic", saved["panoptic"], tmp_path, "--band-ratio", ratio)["boundary_PQ"] for ratio in (0.05, 0.004)
    )
    assert narrow["value"] < wide["value"]
    assert narrow["definition"]["band_ratio"] == 0.004


def test_the_one_tolerance_of_af_can_be_chosen(saved, tmp_path):
    found = scores("instance", saved["instance"], tmp_path, "--tolerance-px", 3)["AF"]
    assert found["definition"]["tolerance_px"] == 3
    assert found["value"] > scores("instance", saved["instance"], tmp_path)["AF"]["value"]


def test_an_option_of_no_metric_is_refused(saved, capsys):
    arguments = ("--dataset", "synthetic", "--task", "panoptic", "--split", "val", "--first", SCENES)
    source = ("--format", "coco_panoptic", "--predictions", saved["panoptic"])
    assert call("evaluate", *arguments, *source, "--tolerance-px", 2) == 2
    assert "--tolerance-px" in capsys.readouterr().err


def test_objects_are_not_written_into_a_folder(saved, tmp_path, capsys):
    options = ("--dataset", "synthetic", "--task", "instance", "--split", "val", "--first", SCENES, "--workers", 1)
    source = ("--format", "coco_results", "--predictions", saved["instance"])
    assert call("refine", *options, *source, "--refiner", "identity", "--out", tmp_path / "out") == 2
    assert "a .json file" in capsys.readouterr().err
