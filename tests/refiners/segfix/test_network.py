from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import numpy as np
import pytest
import torch
from torch import Tensor

from boundary_bench.refiners.segfix.network import SegFixNetwork, preprocess
from tests.paths import REPOSITORY
from tests.refiners.filled_networks import COUNTER, drawn_bgr, fill_by_rule

GOLDEN = json.loads((REPOSITORY / "tests/golden/segfix_networks.json").read_text(encoding="utf-8"))


def digest(entries: Iterable[tuple[str, Tensor]]) -> str:
    lines = (f"{name} {tuple(entry.shape)}" for name, entry in entries)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def of_abn(name: str) -> str:
    """Where in-place activated normalisation puts an entry."""
    return name.replace("_head.1.0.", "_head.1.")


@pytest.mark.parametrize("backbone", GOLDEN)
def test_entries_are_those_of_the_checkpoints_in_their_order(backbone):
    with torch.device("meta"):
        entries = SegFixNetwork(backbone).state_dict().items()
    assert digest(entries) == GOLDEN[backbone]["entries_torch"]
    if "entries" in GOLDEN[backbone]:
        kept = [(of_abn(name), entry) for name, entry in entries if not name.endswith(COUNTER)]
        assert digest(kept) == GOLDEN[backbone]["entries"]


@pytest.mark.parametrize("backbone", GOLDEN)
def test_logits_are_those_on_record(backbone):
    network = fill_by_rule(SegFixNetwork(backbone, leak=GOLDEN[backbone]["leak"]))
    image = drawn_bgr(64, 128)[..., ::-1]
    with torch.inference_mode():
        found = dict(zip(("mask", "direction"), network(preprocess(image)[None]), strict=True))
    for head, logits in found.items():
        record = GOLDEN[backbone][head]
        values = logits.contiguous().flatten()[record["index"]]
        np.testing.assert_allclose(values, record["value"], rtol=0, atol=5e-4)


@pytest.mark.parametrize(("directions", "classes"), [(4, 4), ("4_axis", 4), (8, 8), (16, 16), (32, 32)])
def test_each_direction_has_a_channel(directions, classes):
    network = SegFixNetwork("hrnet_tiny", directions).eval()
    with torch.inference_mode():
        mask, direction = network(torch.zeros(1, 3, 40, 30))
    assert (mask.shape, direction.shape) == ((1, 2, 20, 15), (1, classes, 20, 15))


def test_blue_is_normalised_with_the_constants_of_red():
    image = np.zeros((1, 2, 3), np.uint8)
    image[0, 1] = (255, 102, 51)
    tensor = preprocess(image)
    assert tensor.shape == (3, 1, 2)
    black = [-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    np.testing.assert_allclose(tensor[:, 0, 0], black, rtol=1e-6)
    expected = [(0.2 - 0.485) / 0.229, (0.4 - 0.456) / 0.224, (1 - 0.406) / 0.225]
    np.testing.assert_allclose(tensor[:, 0, 1], expected, rtol=1e-5)


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)]
)
def test_other_images_are_refused(image):
    with pytest.raises(ValueError, match=r"image is .*; allowed: uint8 \(H, W, 3\)"):
        preprocess(image)


def test_other_backbones_and_directions_are_refused():
    with pytest.raises(ValueError, match="backbone is 'hrnet64'; allowed: hrnet18, "):
        SegFixNetwork("hrnet64")
    with pytest.raises(ValueError, match="directions is 12; allowed: 4, 8"):
        SegFixNetwork("hrnet_tiny", 12)  # type: ignore[arg-type]
