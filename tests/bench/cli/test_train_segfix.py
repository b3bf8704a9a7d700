"""`bench train segfix`: on a street small enough to learn in seconds."""

from __future__ import annotations

import re

import pytest
import torch

from boundary_bench.bench.cli.train.learned import _dataset
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from tests.bench.cli.street import IDS, ONE_CLASS, call, sets, with_one_class

SMALL = ("--backbone", "hrnet_tiny", "--threads", "1", *sets("batch=2", "crop=24x32", "learning_rate=0.02"))


@pytest.fixture
def train(street, tmp_path):
    """The command on the street's val split, into a file of that name."""

    def run(name, *extra, split="val", dataset="camvid"):
        data = ("--dataset", dataset, "--root", street.root, "--split", split)
        return call("train", "segfix", *data, "--out", tmp_path / name, *SMALL, *extra)

    return run


def test_writes_a_checkpoint_with_its_card(train, tmp_path, capsys):
    assert train("net.safetensors", "--steps", "30", *sets("width_px=inf", "directions=4")) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "net.safetensors")
    network, card = SEGFIX_CHECKPOINTS.load(tmp_path / "net.safetensors")
    losses = read_losses(tmp_path / "net.training")
    assert len(losses) == 30
    assert losses[-1]["loss"] < 0.7 * losses[0]["loss"]
    assert network(torch.zeros(1, 3, 24, 32))[1].shape[1] == 4
    assert card["kind"] == "segfix"
    assert (card["steps"], card["seed"], card["batch"], card["crop_px"]) == (30, 0, 2, [24, 32])
    assert (card["width_px"], card["loss"], card["targets"]) == ("inf", "paper", "released")
    (data,) = card["data"]
    assert (data["name"], data["split"], data["images"]) == ("camvid", "val", len(IDS))
    assert card["final_losses"]["loss"] == pytest.approx(sum(row["loss"] for row in losses) / 30, abs=1e-4)
    assert card["made_with"]["versions"]["torch"]
    assert str(tmp_path.parent) not in str(card)


def test_goes_on_where_it_was_stopped(train, tmp_path, capsys):
    assert train("whole.safetensors", "--steps", "3") == 0
    assert train("parts.safetensors", "--steps", "3", "--minutes", "0") == 1
    assert "the same command resumes it" in capsys.readouterr().err
    assert not (tmp_path / "parts.safetensors").exists()
    assert train("parts.safetensors", "--steps", "3") == 0
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    whole, parts = (
        SEGFIX_CHECKPOINTS.load(tmp_path / f"{name}.safetensors")[0].state_dict() for name in ("whole", "parts")
    )
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


def test_goes_on_with_the_same_options_only(train, capsys):
    assert train("net.safetensors", "--steps", "3", "--minutes", "0") == 1
    assert train("net.safetensors", "--steps", "4") == 2
    error = capsys.readouterr().err
    assert "steps is 3" in error
    assert "allowed: steps 4" in error
    assert "another --out" in error
    assert train("net.safetensors", "--steps", "3", *sets("loss=released")) == 2
    assert "loss is 'paper'" in capsys.readouterr().err


def test_several_data_sets_share_each_batch(street, tmp_path):
    other = "synthetic,split=train,images=2,height_px=64,width_px=64"
    data = ("--dataset", "camvid", "--root", street.root, "--split", "val", "--dataset", other)
    assert call("train", "segfix", *data, "--out", tmp_path / "n.safetensors", *SMALL, "--steps", "1") == 0
    card = SEGFIX_CHECKPOINTS.load(tmp_path / "n.safetensors")[1]
    assert [(one["name"], one["images"]) for one in card["data"]] == [("camvid", len(IDS)), ("synthetic", 2)]


def test_objects_are_learnt_too(tmp_path):
    data = ("--dataset", "synthetic,split=train,images=1,height_px=64,width_px=96,task=instance")
    assert call("train", "segfix", *data, "--out", tmp_path / "n.safetensors", *SMALL, "--steps", "1") == 0
    assert SEGFIX_CHECKPOINTS.load(tmp_path / "n.safetensors")[1]["data"][0]["task"] == "instance"


def test_options_of_a_data_set_of_its_own():
    found = _dataset("synthetic,split=val,images=3", {"split": "train"})
    assert isinstance(found, Synthetic)
    assert (found.split, len(found.samples())) == ("val", 3)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--backbone", "hrnet_smal"), r"'hrnet_smal'; did you mean 'hrnet_small'. allowed: hrnet18"),
        (sets("directions=5"), "--set directions=5: 5; allowed: 4, 8, 16 or 32"),
        (sets("width_px=0"), "--set width_px=0: 0; allowed: greater than 0"),
        (sets("width_px=nan"), "--set width_px=nan: 'nan'; allowed: greater than 0"),
        (sets("crop=512"), "--set crop=512: 512; allowed: height x width"),
        (sets("crop=9x0"), "--set crop=9x0: '9x0'; allowed: height x width"),
        (("--steps", "0"), "--steps: 0; allowed: greater than or equal to 1"),
        (sets("learning_rate=-1"), "--set learning_rate=-1: -1; allowed: greater than 0"),
        (sets("learnin_rate=1"), r"unknown key 'learnin_rate'; did you mean 'learning_rate'. allowed: steps"),
        ((*sets("learning_rate=1e30"), "--steps", "4"), "the loss of step . is .*; allowed: a finite one .*lower"),
        (("--recipe", "camvit"), "--recipe: 'camvit', .*; did you mean 'camvid'. allowed: paper, camvid"),
    ],
)
def test_refuses_bad_options(train, capsys, extra, message):
    assert train("net.safetensors", *extra) == 2
    error = re.sub(r"[\s│╭╮╰╯─]+", " ", capsys.readouterr().err)
    assert re.search(message, error), error


def test_refuses_splits_that_cannot_be_trained_on(train, capsys):
    assert train("net.safetensors", split="test") == 2
    assert "split of camvid: 'test'; allowed: a split that no result is reported on" in capsys.readouterr().err
    assert train("net.safetensors", split="train") == 2
    error = capsys.readouterr().err
    assert "trainannot" in error
    assert "splits there: test, val" in error


def test_without_torch_it_says_what_to_install(train, capsys, monkeypatch):
    monkeypatch.setattr("boundary_bench.refiners.networks.device.find_spec", lambda _name: None)
    assert train("net.safetensors") == 2
    error = capsys.readouterr().err
    assert "bench train: no torch and no safetensors; allowed: torch and safetensors" in error
    assert "boundary-bench[torch]" in error


def test_refuses_another_kind_of_file(train, capsys):
    assert train("net.pth") == 2
    assert "'.pth'; allowed: a file that ends in .safetensors" in capsys.readouterr().err


def test_refuses_images_that_are_not_there(train, street, capsys):
    for image in (street.root / "val").iterdir():
        image.unlink()
    assert train("net.safetensors") == 2
    assert capsys.readouterr().err.count("no image") == len(IDS)


def test_refuses_truth_without_a_boundary(train, street, tmp_path, capsys):
    with_one_class(street)
    assert train("net.safetensors") == 2
    assert ONE_CLASS in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))
