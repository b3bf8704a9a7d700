"""The authors' networks, in every form of their checkpoints, against what the official code computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from boundary_bench.refiners.networks.fuse_batchnorm import fuse_batchnorm
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.inference import offsets, predict
from boundary_bench.refiners.segfix.network import preprocess
from tests.paths import reference_dir
from tests.refiners.filled_networks import weights

FORMS = [
    f"{backbone}_{norm}" for backbone in ("hrnet18", "hrnet32", "hrnet48", "hrnet2x20") for norm in ("abn", "torchbn")
]


def released(form: str, path: Path) -> None:
    """A checkpoint as the authors write them, of weights made by rule."""
    record = json.loads(reference_dir("networks", f"segfix_{form}.json").read_text())
    tensors = weights({name: tuple(shape) for name, shape, _ in record["state_dict"]}, gain=record["fill_gain"])
    if form.endswith("_negw"):
        sign = [1, -1, 1]
        for name in [name for name, tensor in tensors.items() if tensor.ndim == 1 and name.endswith("weight")]:
            tensors[name] = tensors[name] * torch.tensor(sign * len(tensors[name]))[: len(tensors[name])]
    state = {f"module.{name}": tensor for name, tensor in tensors.items()}
    torch.save({"config_dict": {"network": form}, "state_dict": state}, path)


@pytest.mark.parametrize("form", [*FORMS, "hrnet48_abn_negw"])
def test_released_checkpoints_say_what_they_say_in_the_official_code(form, tmp_path):
    official = np.load(reference_dir("networks", f"segfix_{form}.npz"))
    released(form, tmp_path / "released.pth")
    network, card = SEGFIX_CHECKPOINTS.load(tmp_path / "released.pth")
    assert card["architecture"]["backbone"] == form.split("_")[0]
    image = official["in_image_uint8"][0][..., ::-1]

    with torch.inference_mode():
        mask, direction = network(preprocess(image)[None])
    np.testing.assert_allclose(mask, official["mask_logits"], rtol=0, atol=5e-4)
    np.testing.assert_allclose(direction, official["dir_logits"], rtol=0, atol=5e-4)

    boundary, classes = predict(fuse_batchnorm(network), image)
    np.testing.assert_allclose(boundary, official["tester_edge_prob_fullres"][0], rtol=0, atol=5e-4)
    differ = (offsets(boundary, classes, network.directions) != official["tester_offset_dydx"][0]).any(axis=-1)
    assert differ.mean() <= 0.001
