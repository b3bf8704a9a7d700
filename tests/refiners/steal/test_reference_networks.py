"""CASENet against what the code of STEAL's authors computes."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.steal.casenet import CASENet, preprocess
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.inference import probabilities
from tests.paths import reference_dir
from tests.refiners.filled_networks import weights

TOLERANCE = 2e-4


def entries(name: str) -> dict[str, tuple[int, ...]]:
    found = json.loads(reference_dir("networks", f"casenet101_{name}.json").read_text(encoding="utf-8"))
    return {entry: tuple(shape) for entry, shape, _ in found["state_dict"]}


def filled(entry: str, shape: tuple[int, ...], tensor: Tensor, *, perturbed: bool) -> Tensor:
    """The exceptions to the rule that weights are made by."""
    if entry == "conv1.weight":
        return tensor / 60
    if not entry.endswith(("upsampled.weight", "ce_fusion.weight")):
        return tensor
    normal = np.random.RandomState(zlib.crc32(entry.encode())).standard_normal(shape)
    if entry == "ce_fusion.weight":
        values = 0.25 + 0.05 * normal
    else:
        half = shape[-1] // 2
        line = 1 - np.abs(np.arange(shape[-1]) - half + 0.5) / half
        values = np.outer(line, line) * (1 + 0.1 * normal * perturbed)
    return torch.from_numpy(values.astype(np.float32))


def released(name: str, path: Path) -> CASENet:
    """A network read from a checkpoint in the authors' format, of weights made by rule."""
    shapes = entries(name)
    plain = weights(shapes, gain=0.85)
    torch.save(
        {f"module.{entry}": filled(entry, shapes[entry], plain[entry], perturbed="upw" in name) for entry in plain},
        path,
    )
    network, card = STEAL_CHECKPOINTS.load(path)
    assert card["architecture"] == {"name": "casenet101", "classes": int(name[:2])}
    return network


@pytest.mark.parametrize("classes", [19, 20])
def test_entries_are_those_of_the_authors_network_in_their_order(classes):
    with torch.device("meta"):
        network = CASENet("casenet101", classes)
    found = [(entry.removeprefix("trunk."), tuple(one.shape)) for entry, one in network.state_dict().items()]
    assert found == list(entries(str(classes)).items())


@pytest.mark.parametrize("name", ["19", "19_upw", "20", "20_upw"])
def test_logits_are_those_of_the_authors_network(name, tmp_path):
    official = np.load(reference_dir("networks", f"casenet101_{name}.npz"))
    network = released(name, tmp_path / "released.pth")
    image = np.ascontiguousarray(official["in_image_uint8"][0, ..., ::-1])
    with torch.inference_mode():
        fused, side5, sides = network(preprocess(image)[None])
    np.testing.assert_allclose(fused[..., ::2, ::2], official["fused_logits"], rtol=0, atol=TOLERANCE)
    np.testing.assert_allclose(side5[..., ::2, ::2], official["side5_logits"], rtol=0, atol=TOLERANCE)
    for index, side in enumerate(sides, start=1):
        np.testing.assert_allclose(side, official[f"side{index}"], rtol=0, atol=TOLERANCE)
    found = probabilities(fuse_batchnorm(network), image)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, fused[0].sigmoid(), rtol=0, atol=TOLERANCE)
