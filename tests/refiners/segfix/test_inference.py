from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from boundary_bench.refiners.segfix.directions import offset_vectors
from boundary_bench.refiners.segfix.inference import offsets, predict
from boundary_bench.refiners.segfix.network import SegFixNetwork, preprocess
from tests.refiners.filled_networks import drawn_bgr, fill_by_rule


@pytest.fixture(scope="module")
def network() -> SegFixNetwork:
    return fill_by_rule(SegFixNetwork("hrnet_tiny"))


def enlarged(network: SegFixNetwork, image: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Probability (H, W) and logits (m, H, W) of an image, in the plainest way."""
    with torch.inference_mode():
        mask, logits = network(preprocess(np.ascontiguousarray(image))[None])
        maps = torch.cat([mask.softmax(dim=1)[:, 1:], logits], dim=1)
        maps = functional.interpolate(maps, image.shape[:2], mode="bilinear", align_corners=True)[0]
    return maps[0], maps[1:]


@pytest.mark.parametrize("size", [(64, 96), (37, 51), (1, 1), (1, 40), (5, 3), (2, 2)])
def test_whole_images(network, size):
    image = drawn_bgr(64, 96)[: size[0], : size[1]]
    probability, logits = enlarged(network, image)
    boundary, classes = predict(network, image)
    assert (boundary.dtype, classes.dtype, boundary.shape, classes.shape) == (np.float32, np.uint8, size, size)
    np.testing.assert_allclose(boundary, probability, rtol=0, atol=1e-5)
    chosen = logits.numpy()[classes, np.arange(size[0])[:, None], np.arange(size[1])]
    np.testing.assert_allclose(chosen, logits.numpy().max(axis=0), rtol=0, atol=1e-4)
    assert (classes == logits.argmax(dim=0).numpy()).mean() > 0.999


@pytest.mark.parametrize("crops", [False, True])
def test_of_equal_logits_the_lower_class_is_taken(crops):
    network = SegFixNetwork("hrnet_tiny")
    torch.nn.init.zeros_(network.dir_head[2].weight[3:])
    torch.nn.init.constant_(network.dir_head[2].weight[:3], -1.0)
    torch.nn.init.ones_(network.dir_head[1][0].bias)
    torch.nn.init.zeros_(network.dir_head[1][0].weight)
    assert (predict(network, drawn_bgr(16, 24), crops=crops)[1] == 3).all()


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    ("size", "ys", "xs"),
    [((72, 88), (0, 12, 24, 32), (0, 12, 24, 36, 48)), ((40, 64), (0,), (0, 12, 24)), ((24, 24), (0,), (0,))],
)
def test_crops_are_averaged_where_they_overlap(network, size, ys, xs, batch):
    """Corners of the crops are counted by hand; the last ones end with the image."""
    image = drawn_bgr(72, 88)[: size[0], : size[1]]
    boundary, classes = predict(network, image, crops=True, crop_px=40, stride_px=12, batch=batch)
    probability, logits, count = np.zeros(size), np.zeros((8, *size)), np.zeros(size)
    for y in ys:
        for x in xs:
            window = slice(y, y + 40), slice(x, x + 40)
            one, many = enlarged(network, image[window])
            probability[window] += one.numpy()
            logits[(slice(None), *window)] += many.numpy()
            count[window] += 1
    assert count.min() > 0
    np.testing.assert_allclose(boundary, probability / count, rtol=0, atol=1e-5)
    assert (classes == logits.argmax(axis=0)).mean() > 0.999


def test_an_image_of_one_crop_is_a_whole_image(network):
    image = drawn_bgr(64, 96)
    for one, other in zip(predict(network, image, crops=True), predict(network, image), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)


def test_the_released_crops_of_a_cityscapes_image(monkeypatch):
    seen = []

    def record(network, pixels):
        seen.append(tuple(pixels.shape))
        return torch.zeros(len(pixels), 9, 2, 2)

    monkeypatch.setattr("boundary_bench.refiners.segfix.inference._maps", record)
    predict(SegFixNetwork("hrnet_tiny"), np.zeros((1024, 2048, 3), np.uint8), crops=True)
    assert seen == [(4, 3, 512, 512)] * 13 + [(3, 3, 512, 512)]


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_less_precision_says_nearly_the_same(network, precision):
    image = drawn_bgr(64, 96)
    boundary, classes = predict(network, image, precision=precision)
    exact, of_exact = predict(network, image)
    assert 0 < np.abs(boundary - exact).max() < 0.05
    assert boundary.dtype == np.float32
    assert (classes == of_exact).mean() > 0.9


def test_a_network_in_training_is_used_as_trained_and_goes_on():
    network = fill_by_rule(SegFixNetwork("hrnet_tiny"))
    image = drawn_bgr(64, 96)
    expected = predict(network, image)
    before = {name: entry.clone() for name, entry in network.state_dict().items()}
    for one, other in zip(predict(network.train(), image), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert network.training
    assert all(torch.equal(entry, before[name]) for name, entry in network.state_dict().items())


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"precision": "int8"}, "precision is 'int8'; allowed: float32, bfloat16, float16"),
        ({"batch": 0}, "batch is 0; allowed: at least 1"),
        ({"stride_px": 0}, "stride_px is 0; allowed: 1 to crop_px, which is 512"),
        ({"crop_px": 100}, "stride_px is 170; allowed: 1 to crop_px, which is 100"),
    ],
)
def test_other_choices_are_refused(network, choices, message):
    with pytest.raises(ValueError, match=message):
        predict(network, np.zeros((8, 8, 3), np.uint8), **choices)


@pytest.mark.parametrize("directions", [4, "4_axis", 8, 16, 32])
def test_offsets_are_steps_where_a_boundary_is_likelier_than_not(directions):
    vectors = offset_vectors(directions)
    classes = np.arange(len(vectors), dtype=np.uint8)[None].repeat(3, axis=0)
    boundary = np.repeat(
        np.array([[0.4], [0.5], [np.nextafter(np.float32(0.5), np.float32(1))]], np.float32), len(vectors), 1
    )
    found = offsets(boundary, classes, directions)
    assert found.dtype == np.int8
    assert not found[:2].any()
    np.testing.assert_array_equal(found[2], vectors)
