from __future__ import annotations

import pytest
import torch

from boundary_bench.refiners.networks import checkpoint as files
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from tests.refiners.filled_networks import COUNTER, fill_by_rule


def state(**choices) -> dict[str, torch.Tensor]:
    return fill_by_rule(SegFixNetwork("hrnet_tiny", **choices)).state_dict()


def in_place(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same entries where normalisation and activation are one module."""
    kept = {name: entry for name, entry in tensors.items() if not name.endswith(COUNTER)}
    return {name.replace("_head.1.0.", "_head.1."): entry for name, entry in kept.items()}


@pytest.mark.parametrize("directions", [8, "4_axis", 16])
def test_a_network_comes_back_with_its_card(directions, tmp_path):
    network = fill_by_rule(SegFixNetwork("hrnet_tiny", directions))
    SEGFIX_CHECKPOINTS.save(tmp_path / "net.safetensors", network, {"steps": 3}, half=False)
    found, card = SEGFIX_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert card["steps"] == 3
    assert card["architecture"] == {"backbone": "hrnet_tiny", "directions": directions, "leak": 0.01}
    assert found.directions == directions
    assert not found.training
    images = torch.rand(1, 3, 24, 32)
    with torch.inference_mode():
        for one, other in zip(found(images), network(images), strict=True):
            assert torch.equal(one, other)


def test_a_loaded_network_can_be_trained_on(tmp_path):
    SEGFIX_CHECKPOINTS.save(tmp_path / "net.safetensors", SegFixNetwork("hrnet_tiny"), {})
    found, _ = SEGFIX_CHECKPOINTS.load(tmp_path / "net.safetensors")
    mask, direction = found.train()(torch.rand(2, 3, 64, 64))
    (mask.sum() + direction.square().sum()).backward()
    assert all(entry.grad is not None for entry in found.parameters())


@pytest.mark.parametrize("directions", [4, 8, 16, 32])
def test_backbone_and_directions_are_recognised(directions, tmp_path):
    torch.save(state(directions=directions), tmp_path / "net.pth")
    _, card = SEGFIX_CHECKPOINTS.load(tmp_path / "net.pth")
    assert card["architecture"] == {"backbone": "hrnet_tiny", "directions": directions, "leak": 0.0}


def test_in_place_normalisation_scales_by_magnitudes_and_leaks(tmp_path):
    tensors = in_place(state())
    scales = [name for name, entry in tensors.items() if entry.ndim == 1 and name.endswith("weight")]
    for name in scales:
        tensors[name][::2] *= -1
    torch.save(tensors, tmp_path / "net.pth")
    found, card = SEGFIX_CHECKPOINTS.load(tmp_path / "net.pth")
    assert card["architecture"]["leak"] == 0.01
    loaded = in_place(found.state_dict())
    for name, entry in tensors.items():
        torch.testing.assert_close(loaded[name], entry.abs() + 1e-5 if name in scales else entry, rtol=0, atol=0)


def test_a_backbone_may_be_normalised_in_place_where_the_heads_are_not(tmp_path):
    tensors = state()
    for name in [name for name in tensors if name.startswith("backbone.") and name.endswith(COUNTER)]:
        del tensors[name]
    tensors["backbone.bn1.weight"][0] = -2.0
    tensors["mask_head.1.0.weight"][0] = -2.0
    torch.save(tensors, tmp_path / "net.pth")
    loaded = SEGFIX_CHECKPOINTS.load(tmp_path / "net.pth")[0].state_dict()
    assert loaded["backbone.bn1.weight"][0] == torch.tensor(2.0) + 1e-5
    assert loaded["mask_head.1.0.weight"][0] == -2


def test_torchs_normalisation_keeps_its_sign(tmp_path):
    tensors = state()
    tensors["backbone.bn1.weight"][0] = -2.0
    torch.save(tensors, tmp_path / "net.pth")
    loaded = SEGFIX_CHECKPOINTS.load(tmp_path / "net.pth")[0].state_dict()
    assert loaded["backbone.bn1.weight"][0] == -2
    assert loaded["backbone.bn1.weight"][1] == tensors["backbone.bn1.weight"][1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dir_head.2.weight": None}, "dir_head.2.weight is missing"),
        ({"extra.weight": torch.zeros(1)}, "extra.weight is unexpected"),
        ({"backbone.conv1.weight": torch.zeros(12, 4, 3, 3)}, r"conv1.weight has shape \(12, 4, 3, 3\), not \(12, 3"),
        ({"mask_head.2.weight": torch.zeros(3, 32, 1, 1)}, r"mask_head.2.weight has shape \(3, 32"),
    ],
)
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_what_does_not_fit_is_named(suffix, changes, message, tmp_path):
    tensors = {name: entry for name, entry in {**state(), **changes}.items() if entry is not None}
    path = tmp_path / f"net{suffix}"
    if suffix == ".pth":
        torch.save(tensors, path)
    else:
        architecture = {"backbone": "hrnet_tiny", "directions": 8}
        files.save(path, tensors, {"kind": SEGFIX_CHECKPOINTS.name, "architecture": architecture})
    with pytest.raises(ValueError, match=rf"net\{suffix}: .*{message}.*; allowed: the entries of SegFix on hrnet_tiny"):
        SEGFIX_CHECKPOINTS.load(path)


def test_a_number_of_directions_that_nobody_has_is_refused(tmp_path):
    tensors = state()
    tensors["dir_head.2.weight"] = torch.zeros(12, 32, 1, 1)
    torch.save(tensors, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"net\.pth: .*directions is 12; allowed: 4, 8"):
        SEGFIX_CHECKPOINTS.load(tmp_path / "net.pth")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"kind": "bpr"}, "kind of the network is 'bpr'; allowed: 'segfix'"),
        ({"kind": "segfix"}, "architecture cannot be built"),
        ({"kind": "segfix", "architecture": {"backbone": "resnet"}}, "backbone is 'resnet'; allowed: hrnet18"),
        ({"kind": "segfix", "architecture": {"layers": 3}}, "architecture cannot be built"),
        ({"kind": "segfix", "architecture": {"backbone": "hrnet_tiny", "directions": 16}}, r"dir_head.2.weight has"),
    ],
)
def test_cards_of_other_networks_are_refused(card, message, tmp_path):
    files.save(tmp_path / "net.safetensors", state(), card)
    with pytest.raises(ValueError, match=f"net.safetensors: .*{message}"):
        SEGFIX_CHECKPOINTS.load(tmp_path / "net.safetensors")
