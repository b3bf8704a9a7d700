"""`bench train gum`: what it hands to the training, and a street small enough to learn in seconds."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.networks.training import Recipe
from tests.bench.cli.street import IDS, ONE_CLASS, SIZE, call, read, sets, with_one_class, write

CLASSES, STRIDE = 11, 4
SMALL = ("--backbone", "hrnet_tiny", "--threads", "1", *sets("batch=2", "crop=24x32", "optimiser=adamw"))


def softened(labels):
    """Class probabilities (K, h, w) as uint8: the shares that classes have of each cell."""
    cells = (labels[..., None] == np.arange(CLASSES)).reshape(
        SIZE[0] // STRIDE, STRIDE, SIZE[1] // STRIDE, STRIDE, CLASSES
    )
    return np.round(255 * cells.mean(axis=(1, 3))).astype(np.uint8).transpose(2, 0, 1)


@pytest.fixture
def data(street, tmp_path):
    """Options for predictions of the street's val split, right but coarse, and their probabilities."""
    (tmp_path / "net" / "prob").mkdir(parents=True)
    for sample in IDS:
        labels = np.minimum(read(street.root / "valannot" / f"{sample}.png"), CLASSES - 1)
        write(tmp_path / "net" / "val" / f"{sample}.png", labels)
        np.savez(tmp_path / "net" / "prob" / f"{sample}.npz", prob=softened(labels))
    root = ("--dataset", "camvid", "--root", street.root)
    return (*root, "--predictions", tmp_path / "net" / "val", "--probabilities", tmp_path / "net" / "prob")


@pytest.fixture
def train(data, tmp_path):
    """The command, into a file of that name."""

    def run(name, *extra, split="val", without=()):
        given = [part for at in range(0, len(data), 2) if data[at] not in without for part in data[at : at + 2]]
        return call("train", "gum", *given, "--split", split, "--out", tmp_path / name, *extra)

    return run


def test_every_option_arrives(train, handed, tmp_path, capsys):
    of_network = ("--backbone", "hrnet_small", *sets("reach_px=5", "crop=8x16"))
    of_optimisation = sets("batch=3", "optimiser=adamw", "learning_rate=0.2", "weight_decay=0.1", "warm_up=4")
    of_optimisation += ("--steps", "9", "--seed", "7", *sets("precision=bfloat16"))
    limits = ("--device", "cpu", "--minutes", "2", "--every", "2")
    assert train("net.safetensors", *of_network, *of_optimisation, *limits) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "net.safetensors")
    training = handed["training"]
    assert (training.backbone, training.reach_px, training.crop) == ("hrnet_small", 5, (8, 16))
    assert training.recipe == Recipe(9, 3, 0.2, 0.1, "adamw", warm_up=4, precision="bfloat16", seed=7)
    assert [sample.id for sample in training.samples] == [IDS[0], IDS[2]]
    assert (training.dataset.split, training.predictions.name) == ("val", "net")
    assert (handed["device"], handed["seconds"]) == ("cpu", 120)


def test_predictions_without_probabilities_are_refused(train, handed, capsys):
    assert train("net.safetensors", without=("--probabilities",)) == 2
    error = capsys.readouterr().err
    assert "predictions net: labels only; allowed: class probabilities (--probabilities DIR, or --format" in error
    assert "training" not in handed


def test_the_probabilities_may_be_all_that_was_saved(train, handed, tmp_path):
    of = ("--predictions", tmp_path / "net" / "prob", "--format", "probabilities")
    assert train("net.safetensors", *of, without=("--predictions", "--probabilities")) == 0
    assert handed["training"].predictions.has_probabilities


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--backbone", "hrnet_smal"), r"'hrnet_smal'; did you mean 'hrnet_small'. allowed: hrnet18"),
        (sets("reach_px=0"), "reach_px=0: 0; allowed: greater than 0"),
        (sets("reach_px=inf"), "reach_px=inf: 'inf'; allowed: a finite number"),
        (("--steps", "0"), "--steps: 0; allowed: greater than or equal to 1"),
        (sets("crop=16"), "crop=16: 16; allowed: height x width in pixels"),
        (("--predictions", "nowhere"), "nowhere"),
        (("--out", "net.pth"), "'.pth'; allowed: a file that ends in .safetensors"),
    ],
)
def test_refuses_bad_options(train, handed, capsys, extra, message):
    assert train("net.safetensors", *extra) == 2
    error = re.sub(r"[\s│╭╮╰╯─]+", " ", capsys.readouterr().err)
    assert re.search(message, error), error
    assert "training" not in handed


def test_refuses_a_split_that_results_are_reported_on(train, handed, capsys):
    assert train("net.safetensors", split="test") == 2
    assert "split of camvid: 'test'; allowed: a split that no result is reported on" in capsys.readouterr().err
    assert "training" not in handed


def test_refuses_crops_that_cells_do_not_fill(train, tmp_path, capsys):
    assert train("net.safetensors", *SMALL, *sets("crop=24x30")) == 2
    error = capsys.readouterr().err
    assert "crop: size of crops is 24x30; allowed: multiples of the stride 4" in error
    assert not (tmp_path / "net.training").exists()


def test_refuses_probabilities_of_a_broken_stride(train, tmp_path, capsys):
    shape = (CLASSES, SIZE[0] // STRIDE, SIZE[1] // STRIDE + 1)
    np.savez(tmp_path / "net" / "prob" / f"{IDS[1]}.npz", prob=np.full(shape, 1 / CLASSES, np.float32))
    assert train("net.safetensors", *SMALL) == 2
    error = capsys.readouterr().err
    assert f"net, {IDS[1]}" in error
    assert "both sides divided by one whole number" in error


def test_writes_a_checkpoint_with_its_card_and_goes_on_where_it_was_stopped(train, tmp_path):
    options = (*SMALL, "--steps", "20", *sets("learning_rate=0.003"))
    assert train("whole.safetensors", *options) == 0
    assert train("parts.safetensors", *options, "--minutes", "0") == 1
    assert not (tmp_path / "parts.safetensors").exists()
    assert train("parts.safetensors", *options) == 0
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    (network, card), (again, _) = (
        GUM_CHECKPOINTS.load(tmp_path / f"{name}.safetensors") for name in ("whole", "parts")
    )
    assert all(torch.equal(network.state_dict()[name], value) for name, value in again.state_dict().items())
    assert (network.name, network.reach_px, card["stride_px"], card["crop_px"]) == ("hrnet_tiny", 16, 4, [24, 32])
    assert (card["steps"], card["batch"], card["learning_rate"]) == (20, 2, 0.003)
    assert (card["predictions"]["name"], card["data"]["images"]) == ("net", len(IDS))
    assert str(tmp_path.parent) not in str(card)
    losses = [row["loss"] for row in read_losses(tmp_path / "whole.training")]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_the_refiner_takes_what_was_trained(train, data, tmp_path):
    assert train("net.safetensors", *SMALL, "--steps", "1") == 0
    checkpoint = f"checkpoint={tmp_path / 'net.safetensors'}"
    assert call("refine", "--refiner", "gum", "--param", checkpoint, *data, "--split", "val",
                "--out", tmp_path / "refined", "--workers", "1") == 0  # fmt: skip
    assert len(list((tmp_path / "refined").rglob("*.png"))) == len(IDS)
    labels = [arg for at in range(0, len(data), 2) if data[at] != "--probabilities" for arg in data[at : at + 2]]
    assert call("refine", "--refiner", "gum", "--param", checkpoint, *labels, "--split", "val",
                "--out", tmp_path / "none", "--workers", "1") == 2  # fmt: skip


def test_refuses_truth_without_a_boundary(train, street, tmp_path, capsys):
    with_one_class(street)
    assert train("net.safetensors", *SMALL) == 2
    assert ONE_CLASS in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))
