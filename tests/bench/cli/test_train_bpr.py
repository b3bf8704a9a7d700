"""`bench train bpr`: what it hands to the training, and a street small enough to learn in seconds."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.patches import PatchParameters
from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.networks.training import Recipe
from tests.bench.cli.street import IDS, ONE_CLASS, SIZE, call, sets, with_one_class, write

SMALL = ("--network", "hrnet_tiny", "--threads", "1", *sets("patch_px=8", "input_px=16", "batch=8"))


@pytest.fixture
def train(street, tmp_path):
    """The command on predictions for the street's val split, whose edges are 2 px off, into a file of that name."""
    predicted = np.full(SIZE, 1, np.uint8)
    predicted[:, 18:] = 3
    for sample in IDS:
        write(tmp_path / "net" / "val" / f"{sample}.png", predicted)

    def run(name, *extra, split="val"):
        data = (
            "--dataset",
            "camvid",
            "--root",
            street.root,
            "--split",
            split,
            "--predictions",
            tmp_path / "net" / "val",
        )
        return call("train", "bpr", *data, "--out", tmp_path / name, *extra)

    return run


def test_defaults_are_those_of_the_paper(train, handed, tmp_path, capsys):
    assert train("net.safetensors") == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "net.safetensors")
    training = handed["training"]
    assert (training.network, training.input_px, training.with_mask) == ("hrnet18s", 128, True)
    assert training.parameters == PatchParameters("dense", 64, 0, 0.25)
    assert training.recipe == Recipe(160_000, 32, 0.01, weight_decay=5e-4, optimiser="sgd")
    assert [sample.id for sample in training.samples] == list(IDS)
    assert (training.dataset.split, training.predictions.name) == ("val", "net")
    assert handed["seconds"] == float("inf")


def test_every_option_arrives(train, handed):
    of_patches = sets("patch_px=32", "padding_px=4", "nms_threshold=0.5", "scheme=grid")
    of_network = ("--network", "hrnet_small", *sets("input_px=96", "with_mask=false", "jitter_px=1.5"))
    of_optimisation = sets("batch=3", "optimiser=adamw", "learning_rate=2e-1", "weight_decay=0.1", "warm_up=4")
    of_optimisation += ("--steps", "9", "--seed", "7", *sets("precision=bfloat16"))
    limits = ("--device", "cpu", "--minutes", "2", "--every", "2")
    assert train("net.safetensors", *of_patches, *of_network, *of_optimisation, *limits) == 0
    training = handed["training"]
    assert training.parameters == PatchParameters("grid", 32, 4, 0.5)
    assert (training.network, training.input_px, training.with_mask) == ("hrnet_small", 96, False)
    assert (training.jitter_px, training.start) == (1.5, None)
    assert training.recipe == Recipe(9, 3, 0.2, 0.1, "adamw", warm_up=4, precision="bfloat16", seed=7)
    assert [sample.id for sample in training.samples] == [IDS[0], IDS[2]]
    assert (handed["device"], handed["seconds"]) == ("cpu", 120)


def test_out_of_time_it_says_that_the_same_command_goes_on(train, handed, capsys):
    handed["done"] = False
    assert train("net.safetensors") == 1
    shown = capsys.readouterr()
    assert "the same command resumes it" in shown.err
    assert not shown.out


def test_a_missing_prediction_is_an_error_or_left_out(train, handed, tmp_path, capsys):
    (tmp_path / "net" / "val" / f"{IDS[1]}.png").unlink()
    assert train("net.safetensors") == 2
    assert f"{IDS[1]}: no prediction, as for 1 of 3 samples" in capsys.readouterr().err
    assert "training" not in handed
    assert train("net.safetensors", "--missing", "skip") == 0
    assert [sample.id for sample in handed["training"].samples] == [IDS[0], IDS[2]]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--network", "hrnet_smal"), r"'hrnet_smal'; did you mean 'hrnet_small'. allowed: hrnet18s"),
        (sets("patch_px=63"), "patch_px=63: 63; allowed: a multiple of 2"),
        (sets("padding_px=-1"), "padding_px=-1: -1; allowed: greater than or equal to 0"),
        (sets("nms_threshold=1.5"), "nms_threshold=1.5: 1.5; allowed: less than or equal to 1"),
        (sets("scheme=circle"), "'circle'; allowed: 'dense', 'released', 'grid' or 'object'"),
        (sets("scheme=objekt"), "'objekt'; did you mean 'object'. allowed: "),
        (sets("input_px=0"), "input_px=0: 0; allowed: greater than or equal to 1"),
        (sets("with_mask=2"), "with_mask=2: 2; allowed: a valid boolean"),
        (("--start", "camvit"), "--start: 'camvit'; did you mean 'camvid'. allowed: camvid"),
        (("--steps", "0"), "--steps: 0; allowed: greater than or equal to 1"),
        (sets("learning_rate=-1"), "learning_rate=-1: -1; allowed: greater than 0"),
        (("--predictions", "nowhere"), "nowhere"),
    ],
)
def test_refuses_bad_options(train, handed, capsys, extra, message):
    assert train("net.safetensors", *extra) == 2
    error = re.sub(r"[\s│╭╮╰╯─]+", " ", capsys.readouterr().err)
    assert re.search(message, error), error
    assert "training" not in handed


def test_refuses_a_split_that_results_are_reported_on_before_it_looks_at_files(train, handed, street, capsys):
    for image in (street.root / "test").iterdir():
        image.write_bytes(b"spoiled")
    assert train("net.safetensors", split="test") == 2
    error = capsys.readouterr().err
    assert "split of camvid: 'test'; allowed: a split that no result is reported on" in error
    assert "spoiled" not in error
    assert len(error.splitlines()) == 1
    assert "training" not in handed


def test_refuses_files_that_cannot_be_used(train, handed, street, tmp_path, capsys):
    write(tmp_path / "net" / "val" / f"{IDS[0]}.png", np.full(SIZE, 99, np.uint8))
    (street.root / "val" / f"{IDS[1]}.png").write_bytes(b"spoiled")
    assert train("net.safetensors") == 2
    error = capsys.readouterr().err
    assert "99" in error
    assert IDS[1] in error
    assert train("net.pth") == 2
    assert "'.pth'; allowed: a file that ends in .safetensors" in capsys.readouterr().err
    assert "training" not in handed


def test_without_torch_it_says_what_to_install(train, capsys, monkeypatch):
    monkeypatch.setattr("boundary_bench.refiners.networks.device.find_spec", lambda _name: None)
    assert train("net.safetensors") == 2
    assert "bench train: no torch and no safetensors" in capsys.readouterr().err


def test_writes_a_checkpoint_with_its_card_and_goes_on_where_it_was_stopped(train, tmp_path, capsys):
    options = (*SMALL, "--steps", "20", *sets("optimiser=adamw", "learning_rate=0.003", "nms_threshold=0.5"))
    assert train("whole.safetensors", *options) == 0
    assert train("parts.safetensors", *options, "--minutes", "0") == 1
    assert not (tmp_path / "parts.safetensors").exists()
    assert train("parts.safetensors", *options) == 0
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    (network, card), (again, _) = (
        BPR_CHECKPOINTS.load(tmp_path / f"{name}.safetensors") for name in ("whole", "parts")
    )
    assert all(torch.equal(network.state_dict()[name], value) for name, value in again.state_dict().items())
    assert (card["patch_px"], card["padding_px"], card["nms_threshold"], card["input_px"]) == (8, 0, 0.5, 16)
    assert (network.name, network.with_mask) == ("hrnet_tiny", True)
    assert (card["steps"], card["batch"], card["learning_rate"]) == (20, 8, 0.003)
    assert str(tmp_path.parent) not in str(card)
    losses = [row["loss"] for row in read_losses(tmp_path / "whole.training")]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_goes_on_with_the_same_options_only(train, capsys):
    assert train("net.safetensors", *SMALL, "--steps", "3", "--minutes", "0") == 1
    assert train("net.safetensors", *SMALL, "--steps", "3", *sets("padding_px=2")) == 2
    error = capsys.readouterr().err
    assert "padding_px is 0" in error
    assert "another --out" in error


def test_the_refiner_takes_what_was_trained(train, street, tmp_path, capsys):
    assert train("net.safetensors", *SMALL, "--steps", "1") == 0
    data = ("--dataset", "camvid", "--root", street.root, "--split", "val", "--predictions", tmp_path / "net" / "val")
    checkpoint = f"checkpoint={tmp_path / 'net.safetensors'}"
    assert call("refine", "--refiner", "boundary_bench.refiners.bpr.refiner:BPR", "--param", checkpoint, *data,
                "--out", tmp_path / "refined", "--workers", "1") == 0  # fmt: skip
    assert len(list((tmp_path / "refined").rglob("*.png"))) == len(IDS)


def test_refuses_truth_without_a_boundary(train, street, tmp_path, capsys):
    with_one_class(street)
    assert train("net.safetensors", *SMALL) == 2
    assert ONE_CLASS in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))
