"""`bench train steal`: on a street small enough to learn in seconds."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.training import steal
from boundary_bench.bench.training.steal import ALIGNED, Alignment, StealTraining
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.networks.training import CHECKPOINT, Recipe
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.losses import EdgeLoss
from tests.bench.cli.street import IDS, ONE_CLASS, SIZE, call, sets, with_one_class

SMALL = ("--backbone", "casenet_tiny", "--threads", "1", *sets("batch=2", "crop=24x32", "learning_rate=0.02"))
ALIGNING = ("--steps", "7", *sets("align_from=2", "align_every=3", "align_closeness=0.5"))
CASENET = sets("nms_weight=0", "direction_weight=0")


@pytest.fixture
def train(street, tmp_path):
    """The command on the street's val split, into a file of that name."""

    def run(name, *extra, split="val"):
        data = ("--dataset", "camvid", "--root", street.root, "--split", split)
        return call("train", "steal", *data, "--out", tmp_path / name, *SMALL, *extra)

    return run


def same(one, other):
    first, second = (STEAL_CHECKPOINTS.load(path)[0].state_dict() for path in (one, other))
    return all(torch.equal(first[name], second[name]) for name in first)


def test_writes_a_checkpoint_with_its_card(train, tmp_path, capsys):
    assert train("net.safetensors", "--steps", "60", *CASENET) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "net.safetensors")
    network, card = STEAL_CHECKPOINTS.load(tmp_path / "net.safetensors")
    losses = read_losses(tmp_path / "net.training")
    assert len(losses) == 60
    assert losses[-1]["entropy"] < 0.5 * losses[0]["entropy"]
    assert (network.name, network.classes, card["kind"]) == ("casenet_tiny", 11, "steal")
    assert (card["steps"], card["seed"], card["batch"], card["crop_px"]) == (60, 0, 2, [24, 32])
    assert (card["loss"]["entropy"], card["loss"]["nms"], card["loss"]["direction"]) == (1.0, 0, 0)
    assert (card["radius_px"], card["start"], card["alignment"]) == (2.0, None, None)
    assert (card["data"]["name"], card["data"]["split"], card["data"]["images"]) == ("camvid", "val", len(IDS))
    assert str(tmp_path.parent) not in str(card)


def test_defaults_are_those_of_the_paper(street, handed, tmp_path):
    data = ("--dataset", "camvid", "--root", street.root, "--split", "val")
    assert call("train", "steal", *data, "--out", tmp_path / "net.safetensors") == 0
    training = handed["training"]
    assert (training.network, training.crop, training.radius_px) == ("casenet101", (472, 472), 2)
    assert training.loss == EdgeLoss(entropy=1, nms=10, direction=1)
    assert training.recipe == Recipe(steps=60_000, batch=8, learning_rate=0.002)
    assert (training.start, training.alignment, handed["seconds"]) == (None, None, float("inf"))


def test_options_reach_the_training(train, handed, tmp_path):
    SEGFIX_CHECKPOINTS.save(tmp_path / "start.safetensors", SegFixNetwork("hrnet_tiny"), {})
    options = sets("entropy_weight=2", "nms_weight=3", "direction_weight=0.5", "radius_px=1")
    options += ("--start", tmp_path / "start.safetensors", "--minutes", "2")
    assert train("net.safetensors", *options, *ALIGNING) == 0
    training = handed["training"]
    assert training.loss == EdgeLoss(entropy=2, nms=3, direction=0.5)
    assert training.alignment == Alignment(start=2, every=3, closeness=0.5)
    assert (training.radius_px, training.start.name, handed["seconds"]) == (1, "start.safetensors", 120)


def test_goes_on_where_it_was_stopped(train, tmp_path, capsys):
    assert train("whole.safetensors", "--steps", "3") == 0
    assert train("parts.safetensors", "--steps", "3", "--minutes", "0") == 1
    assert "the same command resumes it" in capsys.readouterr().err
    assert train("parts.safetensors", "--steps", "3") == 0
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    assert same(tmp_path / "parts.safetensors", tmp_path / "whole.safetensors")
    assert train("parts.safetensors", "--steps", "3", *sets("nms_weight=1")) == 2
    assert "loss is" in capsys.readouterr().err


def test_aligned_boundaries_survive_a_stop_at_any_step(train, tmp_path):
    assert train("whole.safetensors", *ALIGNING) == 0
    stops = 0
    while train("parts.safetensors", *ALIGNING, "--minutes", "0") == 1:
        stops += 1
    assert stops == 4  # a step each, but one more after a part is done and aligned
    assert read_losses(tmp_path / "parts.training") == read_losses(tmp_path / "whole.training")
    assert same(tmp_path / "parts.safetensors", tmp_path / "whole.safetensors")
    assert train("plain.safetensors", "--steps", "7") == 0
    plain, aligned = (read_losses(tmp_path / f"{name}.training") for name in ("plain", "whole"))
    assert plain[:2] == aligned[:2]
    assert plain[2:] != aligned[2:]


def test_an_alignment_that_was_cut_short_is_done_again(train, tmp_path, monkeypatch):
    """Killed between the last step of a part and the moment that its boundaries are saved."""
    assert train("whole.safetensors", *ALIGNING) == 0

    def killed(*_):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(steal, "_keep", killed)
        with pytest.raises(RuntimeError):
            train("parts.safetensors", *ALIGNING)
    assert not (tmp_path / "parts.training" / ALIGNED).exists()
    assert (tmp_path / "parts.training" / CHECKPOINT).exists()
    assert train("parts.safetensors", *ALIGNING) == 0
    assert same(tmp_path / "parts.safetensors", tmp_path / "whole.safetensors")


def test_boundaries_are_moved_to_where_the_network_sees_them(train, street, tmp_path, monkeypatch):
    """A network that is sure of edges two pixels further right."""
    seen = np.zeros((11, *SIZE), np.float32)
    seen[:, :, 16:20] = np.array([0.5, 0.9, 0.9, 0.5])
    monkeypatch.setattr(steal, "probabilities", lambda *_, **__: seen)
    assert train("net.safetensors", "--steps", "2", *sets("align_from=1", "align_closeness=0")) == 0
    with np.load(tmp_path / "net.training" / ALIGNED) as saved:
        found = np.unpackbits(saved["0"], axis=2, count=SIZE[1]).view(bool)
        assert int(saved["step"]) == 1
    moved = np.full(SIZE, 1, np.uint8)
    moved[:, 18:] = 3
    moved[:, 31] = 255
    expected = semantic_edges(moved, classes=11, radius_px=2)
    rows = slice(4, -4)  # the corners of the image are rounded off
    np.testing.assert_array_equal(found[:, rows], expected[:, rows])


def test_objects_of_a_class_have_boundaries_between_them():
    scenes = {
        task: Synthetic("train", images=4, height_px=96, width_px=160, task=task) for task in ("semantic", "panoptic")
    }
    counts = {}
    for task, dataset in scenes.items():
        training = StealTraining(dataset, Recipe(1, 1, 0.1), "casenet_tiny", EdgeLoss(), 2, (24, 32))
        pictures = training._pictures(lambda *_: None)
        counts[task] = sum(np.count_nonzero(each.boundaries()) for each in pictures)
        truth = dataset.truth(dataset.samples()[0])
        if isinstance(truth, SemanticMap):
            expected = semantic_edges(truth.labels, classes=len(dataset.classes), radius_px=2)
            np.testing.assert_array_equal(pictures[0].boundaries(), expected)
    assert counts["panoptic"] > counts["semantic"]


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (("--backbone", "casenet_smal"), r"'casenet_smal'; did you mean 'casenet_small'. allowed: casenet101"),
        (sets("entropy_weight=x"), "entropy_weight=x: 'x'; allowed: a valid number"),
        (sets("nms_weight=-10"), "nms_weight=-10: -10; allowed: greater than or equal to 0"),
        (sets("crop=512"), "crop=512: 512; allowed: height x width"),
        (sets("radius_px=0"), "radius_px=0: 0; allowed: greater than or equal to 1"),
        (("--steps", "0"), "--steps: 0; allowed: greater than or equal to 1"),
        (sets("align_from=0"), "align_from=0: 0; allowed: greater than or equal to 1"),
        (sets("align_from=5", "align_every=0"), "align_every=0: 0"),
        (sets("align_from=5", "align_closeness=-1"), "align_closeness=-1: -1"),
        (("--start", "nowhere"), "--start: 'nowhere'; allowed: camvid, nuclei, synthetic, or a file"),
        (
            ("--start", "camvid"),
            r"start: .*camvid.safetensors: holds another backbone; allowed: that of casenet_t",
        ),
        ((*sets("learning_rate=1e30"), "--steps", "4"), "the loss of step . is .*; allowed: a finite one .*lower"),
    ],
)
def test_refuses_bad_options(train, capsys, extra, message):
    assert train("net.safetensors", *extra) == 2
    error = re.sub(r"[\s│╭╮╰╯─]+", " ", capsys.readouterr().err)
    assert re.search(message, error), error


def test_refuses_splits_and_kinds_of_truth(train, tmp_path, capsys):
    assert train("net.safetensors", split="test") == 2
    assert "split of camvid: 'test'; allowed: a split that no result is reported on" in capsys.readouterr().err
    data = ("--dataset", "synthetic", "--split", "train", "--task", "instance")
    assert call("train", "steal", *data, "--out", tmp_path / "n.safetensors", *SMALL) == 2
    assert "instance truth; allowed: semantic, binary or panoptic truth" in capsys.readouterr().err


def test_refuses_truth_without_a_boundary(train, street, tmp_path, capsys):
    with_one_class(street)
    assert train("net.safetensors") == 2
    assert ONE_CLASS in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))
