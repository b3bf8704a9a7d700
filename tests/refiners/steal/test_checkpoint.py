from __future__ import annotations

from pathlib import Path

import pytest
import torch

from boundary_bench.refiners.networks import checkpoint as files
from boundary_bench.refiners.networks.checkpoint_kind import COUNTER
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from tests.refiners.filled_networks import fill_by_rule


def state() -> dict[str, torch.Tensor]:
    return fill_by_rule(CASENet("casenet_tiny", 3)).state_dict()


def released(path: Path, *, prefix: str = "module.", **changes: torch.Tensor | None) -> Path:
    """A checkpoint as the authors' code writes them, with entries changed or (None) left out; its weights are 0."""
    with torch.device("meta"):
        shapes = CASENet("casenet101", 19).state_dict()
    zero = {name.removeprefix("trunk."): torch.zeros(()).expand(entry.shape) for name, entry in shapes.items()}
    kept = {name: entry for name, entry in {**zero, **changes}.items() if entry is not None}
    torch.save({prefix + name: entry for name, entry in kept.items() if not name.endswith(COUNTER)}, path)
    return path


def test_a_network_comes_back_with_its_card(tmp_path):
    network = fill_by_rule(CASENet("casenet_tiny", 3))
    STEAL_CHECKPOINTS.save(tmp_path / "net.safetensors", network, {"steps": 3}, half=False)
    found, card = STEAL_CHECKPOINTS.load(tmp_path / "net.safetensors")
    assert card == {"kind": "steal", "steps": 3, "architecture": {"name": "casenet_tiny", "classes": 3}}
    assert (found.name, found.classes, found.training) == ("casenet_tiny", 3, False)
    image = torch.rand(1, 3, 32, 32)
    with torch.inference_mode():
        assert torch.equal(found(image).fused, network(image).fused)


def test_half_precision_is_a_choice_that_halves_the_file(tmp_path):
    for half in (True, False):
        STEAL_CHECKPOINTS.save(tmp_path / f"{half}.safetensors", CASENet("casenet_tiny", 3), {}, half=half)
    small, large = ((tmp_path / f"{half}.safetensors").stat().st_size for half in (True, False))
    assert small < 0.6 * large


@pytest.mark.parametrize("prefix", ["module.", ""])
def test_a_released_network_is_recognised_and_needs_no_counters(prefix, tmp_path):
    found, card = STEAL_CHECKPOINTS.load(released(tmp_path / "net.pth", prefix=prefix))
    assert card == {"kind": "steal", "architecture": {"name": "casenet101", "classes": 19}}
    assert found.ce_fusion.weight.abs().max() == 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"score_cls_side5.conv.weight": None}, "score_cls_side5.conv.weight is missing; allowed: checkpoints of"),
        ({"score_cls_side5.conv.weight": torch.zeros(())}, "score_cls_side5.conv.weight is missing"),
        ({"ce_fusion.bias": torch.zeros(20)}, r"ce_fusion.bias has shape \(20,\), not \(19,\)"),
        ({"layer4.0.bn1.bias": None}, "trunk.layer4.0.bn1.bias is missing; allowed: the entries of casenet101 of 19"),
        ({"fc.weight": torch.zeros(3)}, "trunk.fc.weight is unexpected"),
    ],
)
def test_what_does_not_fit_is_named(changes, message, tmp_path):
    with pytest.raises(ValueError, match=rf"net\.pth: {message}"):
        STEAL_CHECKPOINTS.load(released(tmp_path / "net.pth", **changes))


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_truncated_file_is_refused(suffix, tmp_path):
    path = tmp_path / f"net{suffix}"
    if suffix == ".pth":
        released(path)
    else:
        STEAL_CHECKPOINTS.save(path, CASENet("casenet_tiny", 3), {})
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match=rf"net\{suffix}: is truncated"):
        STEAL_CHECKPOINTS.load(path)


class Hostile:
    def __reduce__(self):
        return exec, ("raise SystemExit",)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    torch.save({"module.conv1.weight": Hostile()}, tmp_path / "net.pth")
    with pytest.raises(ValueError, match=r"net\.pth: would call \S*exec when it is loaded"):
        STEAL_CHECKPOINTS.load(tmp_path / "net.pth")


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ({"kind": "segfix"}, "kind of the network is 'segfix'; allowed: 'steal'"),
        ({"kind": "steal"}, "architecture cannot be built"),
        ({"kind": "steal", "architecture": {"name": "vgg", "classes": 3}}, "name is 'vgg'; allowed: casenet101"),
        ({"kind": "steal", "architecture": {"name": "casenet_tiny", "classes": 0}}, "classes is 0"),
        ({"kind": "steal", "architecture": {"name": "casenet_tiny", "classes": "3"}}, "architecture cannot be built"),
        ({"kind": "steal", "architecture": {"name": "casenet_tiny", "classes": 4}}, r"has shape \(3, .*not \(4, "),
    ],
)
def test_cards_of_other_networks_are_refused(card, message, tmp_path):
    files.save(tmp_path / "net.safetensors", state(), card)
    with pytest.raises(ValueError, match=f"net.safetensors: .*{message}"):
        STEAL_CHECKPOINTS.load(tmp_path / "net.safetensors")
