from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.refiners.networks.loss_log import read_losses
from boundary_bench.refiners.networks.training import Recipe, train
from boundary_bench.refiners.steal.casenet import CASENet, preprocess
from boundary_bench.refiners.steal.losses import IGNORED, EdgeLoss
from boundary_bench.refiners.steal.training import BRIGHTNESS, Crops, picture


def drawn(seed=0, size=(21, 27), classes=3):
    """An image whose first channel tells a pixel's column, and boundaries that depend on the column alike."""
    rng = np.random.default_rng(seed)
    image = np.full((*size, 3), 100, np.uint8)
    image[..., 0] += np.arange(size[1], dtype=np.uint8)
    image[..., 1] += np.arange(size[0], dtype=np.uint8)[:, None]
    boundaries = rng.random((classes, *size)) < 0.2
    void = rng.random(size) < 0.1
    return image, boundaries, void


def test_boundaries_are_kept_in_bits():
    image, boundaries, void = drawn()
    kept = picture(image, boundaries, void)
    assert kept.bits.nbytes < boundaries.nbytes / 6
    np.testing.assert_array_equal(kept.boundaries(), boundaries)
    for left in (0, 3, 8, 15):
        window = slice(2, 9), slice(left, left + 11)
        expected = np.where(void[window], IGNORED, boundaries[:, *window])
        np.testing.assert_array_equal(kept.target(window), expected)


@pytest.mark.parametrize("size", [(8, 13), (21, 27), (30, 40), (8, 40)])
def test_crops_show_an_image_and_its_boundaries_at_one_place(size):
    image, boundaries, void = drawn()
    truth = np.where(void, IGNORED, boundaries)
    crops = Crops([picture(image, boundaries, void)], size)
    places = set()
    for seed in range(20):
        inputs, target = crops(np.random.default_rng(seed), 0)
        assert (inputs.dtype, inputs.shape) == (torch.float32, (3, *size))
        assert (target.dtype, target.shape) == (torch.int8, (3, *size))
        height, width = min(size[0], 21), min(size[1], 27)
        # Blue is the same everywhere, and so tells the brightness.
        shift = inputs[0, 0, 0] - preprocess(image)[0, 0, 0]
        assert abs(shift) <= BRIGHTNESS
        rows, columns = (
            (inputs[channel, :height, :width] - shift - preprocess(image)[channel, 0, 0]).round().int().numpy()
            for channel in (1, 2)
        )
        np.testing.assert_array_equal(target[:, :height, :width], truth[:, rows, columns])
        assert (target[:, height:] == IGNORED).all()
        assert (target[:, :, width:] == IGNORED).all()
        assert not inputs[:, height:].any()
        places.add((rows[0, 0], columns[0, 0], columns[0, 1] < columns[0, 0]))
    assert {mirrored for *_, mirrored in places} == {True, False}
    assert len(places) == 2 if size == (30, 40) else len(places) >= 2


def test_other_boundaries_can_take_the_place_of_the_first():
    image, boundaries, void = drawn()
    crops = Crops([picture(image, boundaries, void)], (21, 27))
    crops.realign(0, ~boundaries)
    _, target = crops(np.random.default_rng(0), 0)
    assert ((target == 1).sum(), (target == 0).sum()) == ((~boundaries & ~void).sum(), (boundaries & ~void).sum())
    with pytest.raises(ValueError, match="boundaries are of 2 classes; allowed: 3"):
        crops.realign(0, boundaries[:2])
    with pytest.raises(ValueError, match="boundaries is bool"):
        crops.realign(0, boundaries[:, 1:])


def test_pictures_are_checked():
    image, boundaries, void = drawn()
    with pytest.raises(ValueError, match=r"void is bool \(21, 26\); allowed: bool \(21, 27\)"):
        picture(image, boundaries, void[:, 1:])
    with pytest.raises(ValueError, match=r"boundaries is int8 \(3, 21, 27\); allowed: bool"):
        picture(image, boundaries.view(np.int8), void)
    one, two = picture(image, boundaries, void), picture(image, boundaries[:2], void)
    with pytest.raises(ValueError, match="pictures have no classes"):
        Crops([], (8, 8))
    with pytest.raises(ValueError, match=r"pictures have \[2, 3\] classes"):
        Crops([one, two], (8, 8))
    with pytest.raises(ValueError, match="size of crops is 0x8; allowed: at least 1x1"):
        Crops([one], (0, 8))


@pytest.mark.parametrize("loss", [EdgeLoss(), EdgeLoss(nms=0, direction=0)])
def test_a_network_learns_where_boundaries_are(loss, tmp_path):
    """A bright square on dark ground, of two classes: all boundaries are those of both."""
    image = np.full((32, 32, 3), 40, np.uint8)
    image[10:22, 8:24] = 200
    inside = image[..., 0] > 100
    edge = inside ^ np.pad(inside, 1)[1:-1, :-2] | inside ^ np.pad(inside, 1)[:-2, 1:-1]
    crops = Crops([picture(image, np.stack([edge, edge]), np.zeros_like(edge))], (32, 32))
    network = CASENet("casenet_tiny", 2)
    recipe = Recipe(steps=30, batch=2, learning_rate=3e-3, optimiser="adamw")
    assert train(network, crops, loss, recipe, tmp_path, definition={"loss": "edges"})
    losses = [row["loss"] for row in read_losses(tmp_path)]
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
