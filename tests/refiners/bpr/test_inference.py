from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
from torch.nn import functional

from boundary_bench.refiners.bpr.inference import probabilities
from boundary_bench.refiners.bpr.network import RefinementNetwork, preprocess
from tests.refiners.filled_networks import fill_by_rule


@pytest.fixture(scope="module")
def network() -> RefinementNetwork:
    return fill_by_rule(RefinementNetwork("hrnet_tiny"))


def patches(count: int, height: int = 32, width: int = 32) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(count)
    images = generator.integers(0, 256, (count, height, width, 3), np.uint8)
    return images, generator.random((count, height, width)) > 0.5


@pytest.mark.parametrize(("size", "input_px"), [((32, 32), 64), ((32, 32), 32), ((64, 64), 32), ((24, 40), 32)])
def test_steps_follow_each_other_as_in_the_paper(network, size, input_px):
    images, masks = patches(2, *size)
    found = probabilities(network, images, masks, input_px=input_px)
    for image, mask, patch in zip(images, masks, found, strict=True):
        seen = cv2.resize(image, (input_px, input_px), interpolation=cv2.INTER_LINEAR)
        drawn = cv2.resize(mask.astype(np.uint8), (input_px, input_px), interpolation=cv2.INTER_NEAREST) > 0
        with torch.inference_mode():
            logits = network(preprocess(seen[None], drawn[None]))
        for target in ((input_px, input_px), size):
            logits = functional.interpolate(logits, target, mode="bilinear", align_corners=False)
        np.testing.assert_allclose(patch, logits.softmax(dim=1)[0, 1], rtol=0, atol=1e-5)


def test_batches_change_nothing(network):
    images, masks = patches(5)
    together = probabilities(network, images, masks, input_px=32)
    assert together.shape == (5, 32, 32)
    for batch in (1, 2, 5):
        found = probabilities(network, images, masks, input_px=32, batch=batch)
        np.testing.assert_allclose(found, together, rtol=0, atol=1e-5)


def test_no_patches_have_no_probabilities(network):
    found = probabilities(network, *patches(0), input_px=64)
    assert found.shape == (0, 32, 32)
    assert found.dtype == np.float32


def test_masks_are_ignored_by_a_network_without(network):
    images, masks = patches(2)
    blind = fill_by_rule(RefinementNetwork("hrnet_tiny", with_mask=False))
    one, other = (probabilities(blind, images, some, input_px=64) for some in (masks, ~masks))
    assert np.array_equal(one, other)
    one, other = (probabilities(network, images, some, input_px=64) for some in (masks, ~masks))
    assert abs(one - other).max() > 0.1


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_less_precision_says_nearly_the_same(network, precision):
    images, masks = patches(2)
    exact = probabilities(network, images, masks, input_px=32)
    found = probabilities(network, images, masks, input_px=32, precision=precision)
    assert found.dtype == np.float32
    assert 0 < abs(found - exact).max() < 0.1


def test_inputs_and_mode_of_the_network_stay(network):
    images, masks = patches(2)
    kept = images.copy(), masks.copy()
    network.train()
    first = probabilities(network, images, masks, input_px=64)
    assert network.training
    network.eval()
    assert np.array_equal(probabilities(network, images, masks, input_px=64), first)
    assert np.array_equal(images, kept[0])
    assert np.array_equal(masks, kept[1])


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"precision": "int8"}, "precision is 'int8'; allowed: float32, bfloat16, float16"),
        ({"batch": 0}, "batch is 0; allowed: at least 1"),
        ({"input_px": 0}, "input_px is 0; allowed: at least 1"),
    ],
)
def test_other_choices_are_refused(network, choices, message):
    with pytest.raises(ValueError, match=message):
        probabilities(network, *patches(1), **{"input_px": 32, **choices})


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_says_the_same():
    network = fill_by_rule(RefinementNetwork("hrnet_tiny"))
    images, masks = patches(3)
    expected = probabilities(network, images, masks, input_px=64)
    np.testing.assert_allclose(
        probabilities(network, images, masks, input_px=64, device="cuda"), expected, rtol=0, atol=5e-3
    )
