from __future__ import annotations

import json
import os
from collections import OrderedDict
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from boundary_bench.refiners.networks.checkpoint import load, save
from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled

CARD = {"kind": "toy", "steps": 3, "scores": {"mIoU": 0.5}}


class Runs:
    """Makes a folder when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_weights_and_card_come_back(tmp_path):
    tensors = {"a": torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last), "n": torch.tensor(7)}
    save(tmp_path / "toy.safetensors", tensors, CARD)
    found, card = load(tmp_path / "toy.safetensors", "toy")
    assert card == CARD
    assert all(torch.equal(found[name], entry) for name, entry in tensors.items())
    assert [path.name for path in tmp_path.iterdir()] == ["toy.safetensors"]


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_others_may_read_the_file_as_the_umask_says(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        save(tmp_path / "toy.safetensors", {"a": torch.zeros(1)}, CARD)
    finally:
        os.umask(before)
    assert (tmp_path / "toy.safetensors").stat().st_mode & 0o777 == mode


def test_half_precision_is_on_disk_only(tmp_path):
    entry = torch.tensor([1 / 3, 65504.0])
    save(tmp_path / "toy.safetensors", {"a": entry, "n": torch.tensor(100_000)}, CARD, half=True)
    found, _ = load(tmp_path / "toy.safetensors", "toy")
    assert found["a"].dtype == torch.float32
    assert torch.equal(found["a"], entry.half().float())
    assert found["n"] == 100_000


def test_values_beyond_half_precision_are_refused_and_leave_the_file_alone(tmp_path):
    path = tmp_path / "toy.safetensors"
    save(path, {"a": torch.zeros(1)}, CARD)
    with pytest.raises(ValueError, match="a holds 70000; allowed in half precision: up to 65504"):
        save(path, {"a": torch.tensor([7e4])}, CARD, half=True)
    assert load(path, "toy")[0]["a"] == 0


@pytest.mark.parametrize("card", [{}, {"kind": 3}])
def test_cards_name_a_kind(card, tmp_path):
    with pytest.raises(ValueError, match=r"kind of the card is .*; allowed: a name"):
        save(tmp_path / "toy.safetensors", {}, card)


def test_another_kind_is_refused(tmp_path):
    save(tmp_path / "toy.safetensors", {}, CARD)
    with pytest.raises(ValueError, match=r"toy\.safetensors: kind of the network is 'toy'; allowed: 'segfix'"):
        load(tmp_path / "toy.safetensors", "segfix")


@pytest.mark.parametrize("header", [None, {"card": "{"}, {"card": json.dumps([1])}])
def test_files_without_a_card_are_refused(header, tmp_path):
    save_file({"a": torch.zeros(1)}, tmp_path / "toy.safetensors", header)
    with pytest.raises(ValueError, match=r"toy\.safetensors: .*model card"):
        load(tmp_path / "toy.safetensors", "toy")


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_truncated_files_are_refused(share, tmp_path):
    path = tmp_path / "toy.safetensors"
    save(path, {"a": torch.zeros(1000)}, CARD)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"toy\.safetensors: is truncated or damaged"):
        load(path, "toy")


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("key", [None, "state_dict", "model"])
def test_state_dicts_are_found_in_other_peoples_files(key, prefix, zipped, tmp_path):
    state = OrderedDict({f"{prefix}a.module.b": torch.ones(2, dtype=torch.float16), f"{prefix}n": torch.tensor(3)})
    whole = state if key is None else {"meta": {"epoch": 3}, key: state}
    torch.save(whole, tmp_path / "toy.pth", _use_new_zipfile_serialization=zipped)
    found = load_pickled(tmp_path / "toy.pth")
    assert list(found) == ["a.module.b", "n"]
    assert found["a.module.b"].dtype == torch.float32


@pytest.mark.parametrize("zipped", [True, False])
def test_files_that_would_run_code_are_refused_and_do_not_run_it(zipped, tmp_path):
    state = {"state_dict": {"a": torch.zeros(1)}, "config": Runs(tmp_path / "ran")}
    torch.save(state, tmp_path / "toy.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(ValueError, match=r"toy\.pth: would call \w+.mkdir when it is loaded; allowed: tensors"):
        load_pickled(tmp_path / "toy.pth")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("share", [0, 0.1, 0.9])
def test_truncated_pickles_are_refused(share, zipped, tmp_path):
    path = tmp_path / "toy.pth"
    torch.save({"a": torch.zeros(1000)}, path, _use_new_zipfile_serialization=zipped)
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"toy\.pth: is truncated, damaged or no checkpoint"):
        load_pickled(path)


@pytest.mark.parametrize("content", [{}, {"a": 3}, torch.zeros(3), {"state_dict": [1]}])
def test_files_without_a_state_dict_are_refused(content, tmp_path):
    torch.save(content, tmp_path / "toy.pth")
    with pytest.raises(ValueError, match=r"toy\.pth: holds no state dict; allowed: tensors by name"):
        load_pickled(tmp_path / "toy.pth")


def test_absent_files_are_absent(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.safetensors", "toy")
    with pytest.raises(FileNotFoundError):
        load_pickled(tmp_path / "none.pth")
