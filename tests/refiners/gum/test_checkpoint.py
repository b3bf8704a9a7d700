from __future__ import annotations

import pytest
import torch

from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from tests.refiners.filled_networks import fill_by_rule


def test_a_saved_network_sees_the_same(tmp_path):
    network = fill_by_rule(GuidanceNetwork("hrnet_tiny", 5.0))
    GUM_CHECKPOINTS.save(tmp_path / "net.safetensors", network, {"steps": 7}, half=False)
    again, card = GUM_CHECKPOINTS.load(tmp_path / "net.safetensors")
    images = torch.randn(1, 3, 20, 24, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(again(images), network(images), atol=0, rtol=0)
    assert card == {"kind": "gum", "architecture": {"backbone": "hrnet_tiny", "reach_px": 5.0}, "steps": 7}


def test_files_of_others_are_refused_by_name(tmp_path):
    SEGFIX_CHECKPOINTS.save(tmp_path / "segfix.safetensors", SegFixNetwork("hrnet_tiny"), {})
    with pytest.raises(ValueError, match=r"segfix.safetensors: kind of the network is 'segfix'; allowed: 'gum'"):
        GUM_CHECKPOINTS.load(tmp_path / "segfix.safetensors")
    torch.save({}, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"net.pth: no checkpoints of others can be read; allowed: .safetensors"):
        GUM_CHECKPOINTS.load(tmp_path / "net.pth")
    with pytest.raises(FileNotFoundError):
        GUM_CHECKPOINTS.load(tmp_path / "absent.safetensors")
