"""Networks and whole pipeline against what the authors' code computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.inference import probabilities
from boundary_bench.refiners.bpr.network import RefinementNetwork, preprocess
from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from tests.paths import reference_dir
from tests.refiners.filled_networks import weights

NAMES = ("hrnet18s", "hrnet48", "fcn_r18", "fcn_r50")
TOLERANCE = 5e-4


def entries(name: str) -> tuple[dict[str, tuple[int, ...]], float]:
    found = json.loads(reference_dir("networks", f"bpr_{name}.json").read_text(encoding="utf-8"))
    return {entry: tuple(shape) for entry, shape, _ in found["state_dict"]}, found["fill_gain"]


def released(name: str, path: Path) -> RefinementNetwork:
    """A network read from a checkpoint in the authors' format, of weights made by rule."""
    shapes, gain = entries(name)
    meta = {"CLASSES": ("background", "foreground"), "PALETTE": [[120, 120, 120], [6, 230, 230]], "iter": 160000}
    optimiser = {"state": {}, "param_groups": [{"lr": 1e-4, "params": [0, 1]}]}
    torch.save({"meta": meta, "state_dict": weights(shapes, gain=gain), "optimizer": optimiser}, path)
    network, card = BPR_CHECKPOINTS.load(path)
    assert card["architecture"] == {"name": name, "with_mask": True}
    return network


@pytest.mark.parametrize("name", NAMES)
def test_entries_are_those_of_the_authors_networks_in_their_order(name):
    with torch.device("meta"):
        network = RefinementNetwork(name)
    found = [(entry, tuple(tensor.shape)) for entry, tensor in network.state_dict().items()]
    assert found == list(entries(name)[0].items())


@pytest.mark.parametrize("name", NAMES)
def test_logits_are_those_of_the_authors_networks(name, tmp_path):
    official = np.load(reference_dir("networks", f"bpr_{name}.npz"))
    network = released(name, tmp_path / "released.pth")
    inputs = preprocess(official["in_image_uint8"], official["in_mask_uint8"])
    with torch.inference_mode():
        logits = network(inputs)
        np.testing.assert_allclose(logits, official["decode_logits"], rtol=0, atol=TOLERANCE)
        np.testing.assert_allclose(fuse_batchnorm(network)(inputs[:1]), logits[:1], rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize(("name", "input_px", "patches"), [("hrnet18s", 128, 4), ("hrnet48", 256, 1)])
def test_patches_become_the_probabilities_that_the_authors_pipeline_writes(name, input_px, patches, tmp_path):
    official = np.load(reference_dir("networks", f"bpr_{name}_pipeline64.npz"))
    network = fuse_batchnorm(released(name, tmp_path / "released.pth"))
    images = np.ascontiguousarray(official["in_image_bgr_uint8"][:patches, ..., ::-1])
    found = probabilities(network, images, official["in_mask_uint8"][:patches], input_px=input_px, batch=3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, official["fg_prob"][:patches], rtol=0, atol=TOLERANCE)
