"""Commands that run a SegFix network: make-offsets with a checkpoint, score-segfix, refine with segfix."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from scipy.io import loadmat

from boundary_bench.bench.cli.produce.make_offsets import _Network
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.offsets import apply_offsets
from boundary_bench.refiners.segfix.refiner import SegFix
from tests.bench.cli.street import IDS, SIZE, call, read
from tests.bench.datasets.test_folder import maps, photos
from tests.refiners.filled_networks import fill_by_rule

OBJECTS = f"{__name__}:Scenes"


class Scenes(Synthetic):
    """Two small pictures of objects."""

    def __init__(self) -> None:
        super().__init__("val", images=2, height_px=64, width_px=96, task="instance")


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "net.safetensors"
    SEGFIX_CHECKPOINTS.save(path, fill_by_rule(SegFixNetwork("hrnet_tiny")), {"width_px": 2, "targets": "paper"})
    return path


def test_predicted_offsets_are_those_of_the_refiner(net, tmp_path, capsys):
    assert call("make-offsets", "--dataset", OBJECTS, "--checkpoint", net, "--out", tmp_path / "o", "--workers", 1) == 0
    assert "2 offset maps" in capsys.readouterr().out
    refiner, scenes = SegFix(str(net), cache=tmp_path / "own"), Scenes()
    for sample in scenes.samples():
        expected = refiner.offsets(scenes.image(sample))
        assert expected.any()
        with np.load(tmp_path / "o" / sample.group / f"{sample.id}.npz") as file:
            np.testing.assert_array_equal(file["offsets"], expected)
            assert (str(file["checkpoint"]), bool(file["crops"])) == ("net.safetensors", False)


def test_predicted_offsets_for_the_authors_tools(net, street, tmp_path):
    options = ("--out", tmp_path / "o", "--format", "mat", "--crops", "--precision", "bfloat16", "--workers", 1)
    assert call("make-offsets", *street.options, "--checkpoint", net, *options) == 0
    found = loadmat(tmp_path / "o" / f"{IDS[1]}.mat")["mat"]
    image = read(street.root / "test" / f"{IDS[1]}.png")[..., ::-1]
    refiner = SegFix(str(net), crops=True, precision="bfloat16", cache=tmp_path / "own")
    np.testing.assert_array_equal(found, refiner.offsets(np.ascontiguousarray(image)))


def test_predicted_offsets_need_no_good_truth(net, street, tmp_path, capsys):
    (street.root / "testannot" / f"{IDS[0]}.png").write_bytes(b"")
    (street.root / "test" / f"{IDS[1]}.png").write_bytes(b"")
    options = (*street.options, "--checkpoint", net, "--out", tmp_path / "o", "--workers", 1)
    assert call("make-offsets", *options) == 2
    err = capsys.readouterr().err
    assert IDS[1] in err
    assert IDS[0] not in err
    assert not (tmp_path / "o").exists()


def test_a_network_travels_to_workers(net):
    scenes = Scenes()
    sample, network = scenes.samples()[0], _Network.build(str(net), {"device": "cpu"})
    expected = network.offsets(scenes, sample)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(network)).offsets(scenes, sample), expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--checkpoint", "{net}", "--width-px", 3), "--width-px: 3.0; allowed: without --checkpoint"),
        (("--crops",), "--crops: True; allowed: with --checkpoint"),
        (("--checkpoint", "nowhere"), "checkpoint is 'nowhere', which is not there"),
        (("--checkpoint", "{net}", "--device", "abacus"), "device is 'abacus'"),
    ],
)
def test_bad_options_of_make_offsets_are_refused(net, street, tmp_path, capsys, options, said):
    given = [net if option == "{net}" else option for option in options]
    assert call("make-offsets", *street.options, "--out", tmp_path / "o", *given) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_refine_predicts_and_follows(net, street, tmp_path):
    options = ("--refiner", "segfix", "--param", f"checkpoint={net}", "--param", f"cache={tmp_path / 'kept'}")
    assert call("refine", *street.scored, *options, "--out", tmp_path / "r", "--workers", 1) == 0
    image = np.ascontiguousarray(read(street.root / "test" / f"{IDS[2]}.png")[..., ::-1])
    offsets = SegFix(str(net), cache=tmp_path / "own").offsets(image)
    expected = apply_offsets(read(street.predictions / f"{IDS[2]}.png"), offsets, scale=2)
    np.testing.assert_array_equal(read(tmp_path / "r" / f"{IDS[2]}.png"), expected)
    assert len(list((tmp_path / "kept").rglob("*.npz"))) == 1  # the three images are alike


def test_scores_of_the_branches(net, street, tmp_path, capsys):
    options = ("--checkpoint", net, *street.options, "--every", 2, "--device", "cpu")
    assert call("score-segfix", *options, "--json", tmp_path / "scores.json") == 0
    out = capsys.readouterr().out
    document = json.loads((tmp_path / "scores.json").read_text())
    assert document["dataset"]["images"] == 2
    assert document["counts"]["pixels"] == 2 * SIZE[0] * (SIZE[1] - 1)
    assert document["counts"]["true"] == 2 * SIZE[0] * 3  # nearer than 2 px: one column either side, and one to void
    assert (document["definition"]["width_px"], document["definition"]["targets"]) == (2, "paper")
    assert document["runtime"]["ms_per_image"] > 0
    assert f"{100 * document['scores']['mask_F']:.2f}" in out
    assert f"{document['network']['parameters'] / 1e6:.2f} M" in out
    assert call("score-segfix", *options, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["scores"] == document["scores"]


def test_objects_are_scored_too(net, capsys):
    assert call("score-segfix", "--checkpoint", net, "--dataset", OBJECTS, "--json", "-") == 0
    assert json.loads(capsys.readouterr().out)["dataset"]["task"] == "instance"


def test_a_checkpoint_that_is_none_is_refused_before_anything_is_read(street, tmp_path, capsys):
    (tmp_path / "net.safetensors").write_bytes(b"nothing of the kind")
    assert call("score-segfix", "--checkpoint", tmp_path / "net.safetensors", *street.options) == 2
    assert "is truncated or damaged" in capsys.readouterr().err


@pytest.mark.parametrize("refiner", ["segfix", "bpr"])
def test_masks_without_a_truth_are_refined_by_a_network_that_comes_along(tmp_path, capsys, refiner):
    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 20:50] = 255
    masks = maps(tmp_path / "masks", {"a": mask})
    given = ("--images", photos(tmp_path / "photos", ["a"], (48, 64)), "--predictions", masks, "--classes", 2)
    assert call("refine", *given, "--refiner", refiner, "--out", tmp_path / "out", "--workers", 1) == 0
    assert "no --param checkpoint=FILE|NAME given: camvid" in capsys.readouterr().err
    refined = read(tmp_path / "out/a.png")
    assert refined.shape == mask.shape
    assert set(np.unique(refined)) <= {0, 255}
