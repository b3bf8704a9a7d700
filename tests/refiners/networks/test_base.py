from __future__ import annotations

import pickle

import pytest

from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.gum.refiner import GUM
from boundary_bench.refiners.networks.base import loaded
from boundary_bench.refiners.networks.checkpoint_kind import CheckpointKind


@pytest.fixture
def file(tmp_path):
    GUM_CHECKPOINTS.save(tmp_path / "net.safetensors", GuidanceNetwork("hrnet_tiny"), {})
    return tmp_path / "net.safetensors"


@pytest.fixture
def loads(monkeypatch):
    """Files that are read as checkpoints."""
    seen, load = [], CheckpointKind.load
    monkeypatch.setattr(CheckpointKind, "load", lambda kind, path: seen.append(path) or load(kind, path))
    return seen


def test_a_network_is_loaded_once_in_each_process(file, loads):
    first, second = GUM(str(file)), GUM(str(file), precision="bfloat16")
    assert first._network is second._network
    assert loads == [file]
    GUM_CHECKPOINTS.save(file, GuidanceNetwork("hrnet_tiny", 5.0), {})
    assert GUM(str(file))._network.reach_px == 5
    assert loads == [file, file]


def test_a_network_of_another_kind_is_never_taken_for_it(file):
    digest = GUM(str(file))._digest
    with pytest.raises(ValueError, match="kind of the network is 'gum'; allowed: 'bpr'"):
        loaded(BPR_CHECKPOINTS, file, digest)


def test_refiners_travel_without_their_networks(file):
    refiner = GUM(str(file))
    assert len(pickle.dumps(refiner)) < 2000 < file.stat().st_size
    assert pickle.loads(pickle.dumps(refiner))._network is refiner._network
