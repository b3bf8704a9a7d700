"""`bench tune densecrf` with a refiner whose best setting is known: a weight that rounds to 2."""

from __future__ import annotations

import json
import os
from dataclasses import fields

import pytest

from boundary_bench.bench.plugins import catalogue
from boundary_bench.bench.training.tuning.densecrf import OBJECTIVES
from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters, parameters_of
from boundary_bench.refiners.densecrf.refiner import DenseCRF
from tests.bench import binary_world
from tests.bench.cli.street import build, call

F = "boundary_f@1px"


@pytest.fixture
def street(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_HOME", str(tmp_path / "home"))
    monkeypatch.setitem(catalogue.REFINERS, "densecrf", "tests.bench.training.tuning.fakes:Shift")
    return build(tmp_path / "street")


def tune(street, out, *more, refiner="densecrf", split="val"):
    scored = ("--dataset", "camvid", "--root", street.root, "--split", split, "--predictions", street.predictions)
    return call("tune", refiner, *scored, "--out", out, "--workers", 1, "--trials", 20, *more)


@pytest.mark.parametrize(
    ("objective", "best"),
    # The first found of several that are within 1 px.
    [("mIoU", 2), (F, 1), ("mean", 2)],
)
def test_the_known_best_is_found_and_read_back(street, tmp_path, capsys, objective, best):
    out = tmp_path / "made" / "preset.json"
    assert tune(street, out, "--objective", objective) == 0
    assert "-> 100.00 % on 3 images, the best of 24 settings" in capsys.readouterr().out
    document = json.loads(out.read_text())
    assert set(document["parameters"]) == {field.name for field in fields(Parameters)}
    assert round(document["parameters"]["bilateral_compat"]) == best
    assert parameters_of(out) == Parameters(**document["parameters"])
    after = document["scores"]["after"]
    assert after == {"objective": 1, "mIoU": 1 if best == 2 else pytest.approx((16 / 17 + 14 / 15) / 2), F: 1}
    before = document["scores"]["before"]
    # The truth's 16 and 15 columns, 2 of which are predicted wrongly.
    assert before["mIoU"] == pytest.approx((16 / 18 + 13 / 15) / 2)
    assert before["objective"] == pytest.approx(
        sum(before[name] for name in OBJECTIVES["semantic"][objective]) / len(document["objective"])
    )
    assert document["fitted_on"] == {"dataset": "camvid", "split": "val", "predictions": "test", "images": 3}
    assert [trial["preset"] for trial in document["trials"]] == [*PRESETS, *[None] * 20]
    assert max(trial["score"] for trial in document["trials"]) == 1


def test_the_same_seed_writes_the_same_file(street, tmp_path):
    files = [tmp_path / f"{number}.json" for number in range(3)]
    for file, seed in zip(files, (5, 5, 6), strict=True):
        assert tune(street, file, "--seed", seed) == 0
    first, second, other = (file.read_bytes() for file in files)
    assert first == second != other


def test_parameters_that_are_not_tuned_reach_the_refiner_and_the_file(street, tmp_path, capsys):
    assert tune(street, tmp_path / "p.json", "--param", "refuses=99") == 0
    document = json.loads((tmp_path / "p.json").read_text())
    assert document["refiner"] == {"name": "densecrf", "refuses": 99}
    assert tune(street, tmp_path / "q.json", "--param", "refuses=10") == 2
    assert "ZeroDivisionError: asked to" in capsys.readouterr().err
    assert not (tmp_path / "q.json").exists()


@pytest.mark.parametrize("split", ["test", "my-Test"])
def test_a_test_split_is_never_seen(street, tmp_path, capsys, split):
    assert tune(street, tmp_path / "p.json", split=split) == 2
    assert "tuning never sees a test split" in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()


@pytest.mark.parametrize(
    ("refiner", "more", "said"),
    [
        ("densecrf", ("--objective", "miou"), "did you mean 'mIoU'"),
        ("densecrf", ("--param", "iterations=5"), "a parameter that is tuned"),
        ("densecrf", ("--param", "colour=red"), "unknown parameter 'colour'"),
        ("dense-crf", (), "did you mean 'densecrf'"),
        ("prior_shift", (), "unknown parameter 'trials'"),
    ],
)
def test_what_cannot_be_tuned_is_said_at_once(street, tmp_path, capsys, refiner, more, said):
    assert tune(street, tmp_path / "p.json", *more, refiner=refiner) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "p.json").exists()


def test_a_folder_in_place_of_the_file_is_refused(street, tmp_path, capsys):
    assert tune(street, tmp_path) == 2
    assert "allowed: a file" in capsys.readouterr().err


def test_an_interrupted_write_leaves_what_was_there(street, tmp_path, monkeypatch):
    def interrupted(*_names):
        raise KeyboardInterrupt

    out = tmp_path / "made" / "preset.json"
    monkeypatch.setattr(os, "replace", interrupted)
    assert tune(street, out) != 0
    assert list(out.parent.iterdir()) == []


def test_a_true_densecrf_is_tuned_and_takes_its_preset(street, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(catalogue.REFINERS, "densecrf", "boundary_bench.refiners.densecrf.refiner:DenseCRF")
    out = tmp_path / "p.json"
    assert tune(street, out) == 2
    assert "labels only" in capsys.readouterr().err
    assert tune(street, out, "--probabilities", street.probabilities) == 0
    assert DenseCRF(out).parameters == Parameters(**json.loads(out.read_text())["parameters"])
    assert tune(street, out, "--param", "source=labels", "--param", "certainty=0.6") == 0
    assert json.loads(out.read_text())["refiner"] == {"name": "densecrf", "source": "labels", "certainty": 0.6}


def of_masks(world, out, *more):
    scored = ("--task", "binary", "--truth", world.truth, "--images", world.images, "--predictions", world.coarse)
    return call("tune", "densecrf", *scored, "--out", out, "--workers", 1, "--trials", 3, *more)


@pytest.mark.parametrize(("objective", "numbers"), [("IoU", ["IoU"]), ("mean", ["IoU", "mBA"])])
def test_tuned_for_binary_masks(tmp_path, capsys, objective, numbers):
    world, out = binary_world.build(tmp_path), tmp_path / "p.json"
    assert of_masks(world, out, "--objective", objective) == 0
    document = json.loads(out.read_text())
    assert "IoU 49.20 -> " in capsys.readouterr().out
    assert document["objective"] == numbers
    assert document["scores"]["after"].keys() == {"objective", "IoU", "mBA"}
    assert document["scores"]["after"]["objective"] > document["scores"]["before"]["objective"]
    tuned = DenseCRF(str(out))
    assert tuned.mask_parameters == Parameters(**document["parameters"])
    assert tuned.notes("binary") == []


def test_an_objective_of_another_task_is_refused(street, tmp_path, capsys):
    assert of_masks(binary_world.build(tmp_path), tmp_path / "p.json", "--objective", "mIoU") == 2
    assert "'mIoU' of binary predictions; allowed: IoU, mBA, mean" in capsys.readouterr().err
    assert tune(street, tmp_path / "q.json", "--objective", "mBA") == 2
    assert "'mBA' of semantic predictions; allowed: mIoU" in capsys.readouterr().err


def test_weights_of_classes_are_not_for_masks(tmp_path, capsys):
    world = binary_world.build(tmp_path)
    options = ("--task", "binary", "--truth", world.truth, "--images", world.images, "--predictions", world.soft)
    assert call("tune", "prior_shift", *options, "--out", tmp_path / "p.json") == 2
    assert "binary predictions; allowed: semantic predictions" in capsys.readouterr().err
