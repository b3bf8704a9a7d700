from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import NETWORKS, RefinementNetwork
from boundary_bench.refiners.networks import checkpoint as files
from tests.refiners.filled_networks import COUNTER, fill_by_rule

META = {"CLASSES": ["background", "foreground"], "PALETTE": [[0, 0, 0], [255, 255, 255]], "mmcv_version": "1.2.0"}


def state(name: str = "hrnet_tiny", **choices) -> dict[str, torch.Tensor]:
    return fill_by_rule(RefinementNetwork(name, **choices)).state_dict()


def released(path: Path, tensors: dict[str, torch.Tensor]) -> Path:
    """A checkpoint in the format of mmcv."""
    optimiser = {"state": {0: {"momentum_buffer": torch.zeros(2)}}, "param_groups": [{"lr": 0.01, "params": [0]}]}
    torch.save({"meta": META, "state_dict": OrderedDict(tensors), "optimizer": optimiser}, path)
    return path


@pytest.mark.parametrize("with_mask", [True, False])
def test_a_network_comes_back_with_its_card(with_mask, tmp_path):
    network = fill_by_rule(RefinementNetwork("hrnet_tiny", with_mask=with_mask))
    BPR_CHECKPOINTS.save(tmp_path / "net.safetensors", network, {"steps": 3}, half=False)
    found, card = BPR_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert card == {"kind": "bpr", "steps": 3, "architecture": {"name": "hrnet_tiny", "with_mask": with_mask}}
    assert (found.name, found.with_mask, found.training) == ("hrnet_tiny", with_mask, False)
    patches = torch.rand(1, 3 + with_mask, 32, 32)
    with torch.inference_mode():
        assert torch.equal(found(patches), network(patches))


def test_half_precision_is_a_choice_that_halves_the_file(tmp_path):
    network = RefinementNetwork("hrnet_tiny")
    for half in (True, False):
        BPR_CHECKPOINTS.save(tmp_path / f"{half}.safetensors", network, {}, half=half)
    small, large = ((tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False))
    assert small < 0.6 * large


def test_a_loaded_network_can_be_trained_on(tmp_path):
    BPR_CHECKPOINTS.save(tmp_path / "net.safetensors", RefinementNetwork("hrnet_tiny"), {})
    found, _ = BPR_CHECKPOINTS.load(tmp_path / "net.safetensors")
    found.train()(torch.rand(2, 4, 64, 64)).square().sum().backward()
    assert all(entry.grad is not None for entry in found.parameters())


@pytest.mark.parametrize("with_mask", [True, False])
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("hrnet48", "fcn_r50")])
def test_networks_of_the_authors_format_are_recognised(name, with_mask, tmp_path):
    with torch.device("meta"):
        shapes = RefinementNetwork(name, with_mask=with_mask).state_dict()
    tensors = {entry: torch.ones((), dtype=tensor.dtype).expand(tensor.shape) for entry, tensor in shapes.items()}
    found, card = BPR_CHECKPOINTS.load(released(tmp_path / "net.pth", tensors))
    assert card == {"kind": "bpr", "architecture": {"name": name, "with_mask": with_mask}}
    assert {entry: tensor.shape for entry, tensor in found.state_dict().items()} == {
        entry: tensor.shape for entry, tensor in shapes.items()
    }


@pytest.mark.parametrize("prefix", ["", "module."])
def test_weights_are_those_of_the_file(prefix, tmp_path):
    tensors = state()
    found, _ = BPR_CHECKPOINTS.load(
        released(tmp_path / "net.pth", {prefix + entry: one for entry, one in tensors.items()})
    )
    assert all(torch.equal(one, tensors[entry]) for entry, one in found.state_dict().items())


def test_counters_may_be_absent(tmp_path):
    tensors = {entry: tensor for entry, tensor in state().items() if not entry.endswith(COUNTER)}
    BPR_CHECKPOINTS.load(released(tmp_path / "net.pth", tensors))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_truncated_file_is_refused(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    if suffix == ".pth":
        released(path, state())
    else:
        BPR_CHECKPOINTS.save(path, RefinementNetwork("hrnet_tiny"), {})
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=rf"net\{suffix}: is truncated"):
        BPR_CHECKPOINTS.load(path)


class Hostile:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


@pytest.mark.parametrize("key", ["meta", "state_dict"])
def test_a_file_that_would_run_code_is_refused(key, tmp_path):
    torch.save({"meta": META, "state_dict": state(), key: {"x": Hostile()}}, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"net\.pth: would call \S*exec when it is loaded"):
        BPR_CHECKPOINTS.load(tmp_path / "net.pth")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decode_head.conv_seg.bias": None}, "decode_head.conv_seg.bias is missing"),
        ({"extra.weight": torch.zeros(1)}, "extra.weight is unexpected"),
        ({"decode_head.conv_seg.weight": torch.zeros(19, 32, 1, 1)}, r"conv_seg.weight has shape \(19, 32, 1, 1\)"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_does_not_fit_is_named(suffix, changes, message, tmp_path):
    tensors = {entry: tensor for entry, tensor in {**state(), **changes}.items() if tensor is not None}
    path = tmp_path / f"net{suffix}"
    if suffix == ".pth":
        released(path, tensors)
    else:
        files.save(path, tensors, {"kind": "bpr", "architecture": {"name": "hrnet_tiny"}})
    expected = rf"net\{suffix}: .*{message}.*; allowed: the entries of the refinement network hrnet_tiny with mask"
    with pytest.raises(ValueError, match=expected):
        BPR_CHECKPOINTS.load(path)


def test_another_architecture_is_refused_in_one_line(tmp_path):
    released(tmp_path / "net.pth", {"features.0.weight": torch.zeros(8, 3, 3, 3), "classifier.bias": torch.zeros(10)})
    with pytest.raises(ValueError, match=r"net\.pth: .* is missing; .*and \d+ more; allowed: the entries of") as caught:
        BPR_CHECKPOINTS.load(tmp_path / "net.pth")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"kind": "segfix"}, "kind of the network is 'segfix'; allowed: 'bpr'"),
        ({"kind": "bpr"}, "architecture cannot be built"),
        ({"kind": "bpr", "architecture": {"name": "resnet"}}, "name is 'resnet'; allowed: hrnet18s"),
        ({"kind": "bpr", "architecture": {"name": ["hrnet_tiny"]}}, "architecture cannot be built"),
        ({"kind": "bpr", "architecture": {"layers": 3}}, "architecture cannot be built"),
        ({"kind": "bpr", "architecture": {"name": "hrnet_tiny", "with_mask": False}}, "conv_mask.weight is unexpected"),
    ],
)
def test_cards_of_other_networks_are_refused(card, message, tmp_path):
    files.save(tmp_path / "net.safetensors", state(), card)
    with pytest.raises(ValueError, match=f"net.safetensors: .*{message}"):
        BPR_CHECKPOINTS.load(tmp_path / "net.safetensors")
