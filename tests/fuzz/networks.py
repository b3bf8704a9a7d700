"""Readers of presets, checkpoints and logs of trainings."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from boundary_bench.bench.plugins import registry
from tests.fuzz import mutations
from tests.fuzz.target import Target, own_errors, saved


def preset(refiner: str, seed: Any) -> Callable[[Path], Target]:
    def target(folder: Path) -> Target:
        path = folder / "preset.json"

        def read(data: bytes) -> None:
            path.write_bytes(data)
            with own_errors():
                registry.build("refiners", refiner, {"preset": path})

        return Target([json.dumps(seed).encode()], read, mutations.json_tree)

    return target


def safetensors(folder: Path) -> Target:
    """Our checkpoints as refiners open them; networks are built only from cards that are right."""
    import torch

    from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
    from boundary_bench.refiners.networks.checkpoint import kind_of, load, save

    path, network = folder / "net.safetensors", BPR_CHECKPOINTS.load(checkpoint_file())[0]
    save(path, {"a": torch.zeros(2), "n": torch.ones((), dtype=torch.int64)}, {"kind": "bpr", "architecture": {}})
    small = path.read_bytes()
    save(path, {"a": torch.ones(2)}, {"kind": "bpr", "architecture": {"name": network.name, "with_mask": True}})

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors(ValueError):
            kind_of(path)
            load(path, "bpr")
            BPR_CHECKPOINTS.load(path)

    return Target([small, path.read_bytes()], read, mutations.safetensors)


def checkpoint_file() -> Path:
    from boundary_bench.refiners.bpr.refiner import BPR

    return sorted(BPR.shipped.glob("*.safetensors"))[0]


def pth(folder: Path) -> Target:
    """Other people's checkpoints, and the state of a training that goes on."""
    import torch

    from boundary_bench.refiners.networks.pickled_checkpoint import load_pickled

    path = folder / "net.pth"
    tensors = {"module.a": torch.zeros(2), "module.b": torch.ones(2, dtype=torch.float16).expand(3, 2)}
    whole = saved(lambda s: torch.save({"state_dict": tensors}, s))
    legacy = saved(lambda s: torch.save(tensors, s, _use_new_zipfile_serialization=False))

    def read(data: bytes) -> None:
        path.write_bytes(data)
        with own_errors(ValueError):
            load_pickled(path)

    return Target([whole, legacy], read, mutations.npz)


def losses(folder: Path) -> Target:
    from boundary_bench.refiners.networks.loss_log import LOSSES, read_losses

    def read(data: bytes) -> None:
        (folder / LOSSES).write_bytes(data)
        with own_errors(ValueError):
            [row["step"] < 3 for row in read_losses(folder)]

    return Target([b'{"step": 1, "loss": 0.5}\n{"step": 2, "loss": NaN}\n'], read, mutations.raw)
