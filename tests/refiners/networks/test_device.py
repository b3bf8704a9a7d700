from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from boundary_bench.refiners.networks import device
from boundary_bench.refiners.networks.device import (
    absent_packages,
    checkpoint_file,
    device_named,
    precision_named,
    require_torch,
)


def test_what_is_absent_is_named(monkeypatch):
    assert absent_packages() == []
    require_torch("such networks")
    monkeypatch.setattr(device, "find_spec", lambda name: None if name == "safetensors" else name)
    assert absent_packages() == ["safetensors"]
    with pytest.raises(ValueError, match=r"^such networks need safetensors, not .*boundary-bench\[torch\]'$"):
        require_torch("such networks")


def test_asking_for_packages_imports_none():
    call = "from boundary_bench.refiners.networks import device; device.require_torch('it')"
    code = f"import sys; {call}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("gpus", "usual", "allowed"), [(0, "cpu", ["cpu"]), (2, "cuda", ["cpu", "cuda", "cuda:0", "cuda:1"])]
)
def test_devices_are_those_of_the_machine(monkeypatch, gpus, usual, allowed):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    assert device_named(None) == usual
    assert [device_named(name) for name in allowed] == allowed
    with pytest.raises(ValueError, match=rf"device is 'cuda:2'; allowed on this machine: {', '.join(allowed)}$"):
        device_named("cuda:2")


def test_precisions():
    assert [precision_named(name) for name in ("float32", "bfloat16", "float16")] == ["float32", "bfloat16", "float16"]
    with pytest.raises(ValueError, match=r"^precision is 'int8'; allowed: float32, bfloat16, float16$"):
        precision_named("int8")


def test_a_checkpoint_is_a_name_before_it_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = tmp_path / "weights"
    with pytest.raises(ValueError, match=r"^checkpoint is 'street', which is not there; allowed: a file$"):
        checkpoint_file("street", shipped)
    Path("street").touch()
    assert checkpoint_file("street", shipped) == tmp_path / "street"
    shipped.mkdir()
    for name in ("street", "cells"):
        (shipped / f"{name}.safetensors").touch()
    assert checkpoint_file("street", shipped) == shipped / "street.safetensors"
    assert checkpoint_file(Path("./street"), shipped) == shipped / "street.safetensors"
    assert checkpoint_file("./street", shipped) == tmp_path / "street"
    with pytest.raises(ValueError, match=r"is 'sea', which is not there; allowed: cells, street, or a file$"):
        checkpoint_file("sea", shipped)
