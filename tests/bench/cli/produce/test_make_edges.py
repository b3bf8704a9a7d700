"""`bench make-edges`: what a network sees, as files that the evaluation and the refiner read."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

from boundary_bench.bench.cli.produce.make_edges import _Source
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.files import EdgeFolder, read_edges
from boundary_bench.refiners.steal.nms import thinned
from boundary_bench.refiners.steal.refiner import Steal
from tests.bench.cli.street import IDS, SIZE, call, read
from tests.refiners.filled_networks import fill_by_rule


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.safetensors"
    STEAL_CHECKPOINTS.save(path, fill_by_rule(CASENet("casenet_tiny", 11)), {})
    return path


def image(street, name):
    return np.ascontiguousarray(read(street.root / "test" / f"{name}.png")[..., ::-1])


@pytest.mark.parametrize("form", ["npz", "png"])
@pytest.mark.parametrize("nms", [(), ("--nms",)])
def test_saved_edges_are_those_of_the_refiner(net, street, tmp_path, capsys, form, nms):
    options = ("--checkpoint", net, "--out", tmp_path / "edges", "--format", form, "--workers", 1)
    assert call("make-edges", *street.options, *options, *nms) == 0
    assert "3 edge maps" in capsys.readouterr().out
    for name in IDS:
        found = read_edges(EdgeFolder(tmp_path / "edges").paths(name), SIZE)
        expected = Steal(str(net)).edges(image(street, name))
        assert expected.any()
        np.testing.assert_allclose(found, thinned(expected) if nms else expected, rtol=0, atol=1 / 255)


@pytest.mark.parametrize("form", ["npz", "png"])
def test_the_evaluation_reads_them(net, street, tmp_path, capsys, form):
    out = ("--out", tmp_path / "edges", "--format", form)
    assert call("make-edges", *street.options, "--checkpoint", net, "--nms", *out, "--workers", 1) == 0
    scored = ("--task", "edges", "--predictions", tmp_path / "edges", "--json", "-", "--workers", 1)
    capsys.readouterr()
    assert call("evaluate", *street.options, *scored) == 0
    assert "MF_ODS" in str(json.loads(capsys.readouterr().out))


def test_the_refiner_reads_them(net, street, tmp_path):
    edges = tmp_path / "edges"
    assert call("make-edges", *street.options, "--checkpoint", net, "--out", edges, "--workers", 1) == 0
    refined = []
    for name, extra in (("steal-edges", f"edges={edges}"), ("steal", f"checkpoint={net}")):
        out = tmp_path / name
        options = ("--refiner", name, "--param", extra, "--param", "smoothing=2", "--out", out, "--workers", 1)
        assert call("refine", *street.scored, *options) == 0
        refined.append(np.stack([read(out / f"{sample}.png") for sample in IDS]))
    np.testing.assert_array_equal(*refined)


def test_a_network_travels_to_workers(net, street):
    source = _Source(Steal(str(net), device="cpu"), True, "npz")
    expected = source.edges(image(street, IDS[0]))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(source)).edges(image(street, IDS[0])), expected)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--checkpoint", "nowhere"), "checkpoint is 'nowhere', which is not there"),
        (("--checkpoint", "{net}", "--device", "abacus"), "device is 'abacus'"),
        (("--checkpoint", "{net}", "--split", "train"), "trainannot"),
    ],
)
def test_bad_options_are_refused(net, street, tmp_path, capsys, options, said):
    given = [net if option == "{net}" else option for option in options]
    assert call("make-edges", *street.options, "--out", tmp_path / "edges", *given) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "edges").exists()


def test_a_network_of_other_classes_is_refused(street, tmp_path, capsys):
    STEAL_CHECKPOINTS.save(tmp_path / "net.safetensors", CASENet("casenet_tiny", 4), {})
    options = ("--checkpoint", tmp_path / "net.safetensors", "--out", tmp_path / "edges")
    assert call("make-edges", *street.options, *options) == 2
    said = "--checkpoint, dataset camvid: a network of 4 classes; allowed: 11 classes"
    assert said in capsys.readouterr().err
