"""`bench train` on binary masks: folders of photos, true masks and coarse ones, of anybody."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from boundary_bench.bench.training.steal import ALIGNED
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from tests.bench import binary_world
from tests.bench.cli.street import call, sets

SMALL = ("--network", "hrnet_tiny", "--threads", "1", *sets("patch_px=8", "input_px=16", "batch=8"))
CROPPED = ("--threads", "1", "--steps", "3", *sets("batch=2", "crop=32x48", "learning_rate=0.001"))


@pytest.fixture
def world(tmp_path):
    return binary_world.build(tmp_path)


@pytest.fixture
def train(world, tmp_path):
    """The command on the world's photos and truth, into a file of that name."""

    def run(refiner, name, *extra, truth=world.truth):
        data = ("--truth", truth, "--images", world.images)
        return call("train", refiner, *data, "--out", tmp_path / name, *extra)

    return run


def refine(world, tmp_path, refiner, file):
    """Masks that a trained network refined, by name."""
    out = tmp_path / f"refined by {refiner}"
    options = ("--param", f"checkpoint={file}", "--images", world.images, "--masks", world.coarse, "--workers", "1")
    assert call("refine", "--refiner", refiner, *options, "--out", out) == 0
    return {name: binary_world.read(out / f"{name}.png") for name in binary_world.IDS}


@pytest.mark.parametrize("option", ["--masks", "--predictions"])
def test_bpr_learns_where_masks_end(train, world, tmp_path, option):
    fast = ("--steps", "40", *sets("optimiser=adamw", "learning_rate=0.01", "nms_threshold=0.6"))
    assert train("bpr", "net.safetensors", option, world.coarse, *SMALL, *fast) == 0
    losses = [row["loss"] for row in read_losses(tmp_path / "net.training")]
    assert np.mean(losses[-5:]) < 0.5 * np.mean(losses[:5])
    _, card = BPR_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert (card["data"]["task"], card["data"]["images"], card["predictions"]["name"]) == ("binary", 4, "coarse")
    if option == "--masks":
        found = refine(world, tmp_path, "bpr", tmp_path / "net.safetensors")
        assert not found["empty"].any()
        errors = {
            name: np.count_nonzero((mask > 0) != (binary_world.read(world.truth / f"{name}.png") > 0))
            for name, mask in found.items()
        }
        coarse = {
            name: np.count_nonzero(
                binary_world.read(world.coarse / f"{name}.png") != binary_world.read(world.truth / f"{name}.png")
            )
            for name in found
        }
        assert all(errors[name] < 0.5 * coarse[name] for name in ("a", "b", "c")), (errors, coarse)


def test_segfix_learns_from_masks(train, tmp_path):
    assert train("segfix", "net.safetensors", "--backbone", "hrnet_tiny", *CROPPED) == 0
    _, card = SEGFIX_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert [data["task"] for data in card["data"]] == ["binary"]


def test_steal_learns_edges_of_background_and_object_and_moves_masks_to_them(train, world, tmp_path):
    assert train("steal", "net.safetensors", "--backbone", "casenet_tiny", *CROPPED) == 0
    network, card = STEAL_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert (network.classes, card["data"]["task"]) == (2, "binary")
    assert set(refine(world, tmp_path, "steal", tmp_path / "net.safetensors")) == set(binary_world.IDS)


def test_masks_that_are_aligned_keep_their_void(train, world, tmp_path, monkeypatch):
    """The network sees no edges, so boundaries stay; there is none towards what nobody knows."""
    blind = np.zeros((2, *binary_world.SIZE), np.float32)
    monkeypatch.setattr("boundary_bench.bench.training.steal.probabilities", lambda *_, **__: blind)
    labels = binary_world.read(world.truth / "a.png")
    labels[:, :18] = 128
    cv2.imwrite(str(world.truth / "a.png"), labels)
    aligned = sets("align_from=2", "align_closeness=0")
    extra = ("--backbone", "casenet_tiny", "--task", "binary", "--ignore", "128", *CROPPED, *aligned)
    assert train("steal", "net.safetensors", *extra) == 0
    ids = np.where(labels == 128, 255, labels > 0).astype(np.uint8)
    with np.load(tmp_path / "net.training" / ALIGNED) as saved:
        found = np.unpackbits(saved["0"], axis=2, count=labels.shape[1]).view(bool)
    np.testing.assert_array_equal(found, semantic_edges(ids, classes=2, radius_px=2))


@pytest.mark.parametrize("refiner", ["bpr", "segfix", "steal"])
def test_refuses_truth_without_a_boundary(train, world, tmp_path, capsys, refiner):
    filled = tmp_path / "filled"
    shutil.copytree(world.truth, filled)
    for file in filled.iterdir():
        cv2.imwrite(str(file), np.full(binary_world.SIZE, 255, np.uint8))
    masks = ("--masks", world.coarse) if refiner == "bpr" else ()
    assert train(refiner, "net.safetensors", *masks, truth=filled) == 2
    assert "truth of folder/all: nothing but object in 4 images; allowed: an image at least" in capsys.readouterr().err
    assert not list(tmp_path.glob("net.*"))


def test_refuses_masks_without_a_boundary(train, world, capsys):
    for file in world.coarse.iterdir():
        cv2.imwrite(str(file), np.zeros(binary_world.SIZE, np.uint8))
    assert train("bpr", "net.safetensors", "--masks", world.coarse, *SMALL) == 2
    assert "no patch to learn from; allowed: at least one predicted mask that has a boundary" in capsys.readouterr().err


def test_guided_up_sampling_has_nothing_to_learn_of_masks(train, world, capsys):
    assert train("gum", "net.safetensors", "--masks", world.soft) == 2
    assert "binary predictions; allowed: label maps with the probabilities of their classes" in capsys.readouterr().err
