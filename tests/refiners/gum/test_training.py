from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.gum.training import IGNORED, LEAST, Crops, Picture, losses, picture
from boundary_bench.refiners.networks.training import Recipe, train
from boundary_bench.refiners.segfix.network import preprocess
from tests.void import VOID, WIDE_VOID

STRIDE = 4


def numbered(cells=(10, 12), classes=3):
    """Every pixel of image, probabilities and truth tells where it is from: the cell is in red and green."""
    rows, columns = np.mgrid[: cells[0], : cells[1]]
    labels = ((rows + 2 * columns) % classes).astype(np.uint8)
    image = np.stack([20 * rows, 20 * columns, 0 * rows], axis=-1).astype(np.uint8)
    probabilities = np.stack([rows / 16, columns / 16, 0 * rows]).astype(np.float32)
    full = [each.repeat(STRIDE, 0).repeat(STRIDE, 1) for each in (image, labels)]
    return full[0], SemanticMap(full[1], probabilities), SemanticMap(full[1])


def test_a_picture_holds_what_is_given():
    image, prediction, truth = numbered()
    found = picture(image, prediction, truth)
    assert found.stride == STRIDE
    assert found.probabilities.dtype == np.float16
    np.testing.assert_array_equal(found.probabilities, prediction.probabilities)
    np.testing.assert_array_equal(found.labels, truth.labels)


def test_crops_show_one_place_of_image_probabilities_and_truth():
    source = picture(*numbered())
    crops = Crops([source], (16, 20))
    seen = set()
    for seed in range(80):
        image, probabilities, labels = crops(np.random.default_rng(seed), 0)
        assert (image.dtype, image.shape) == (torch.float32, (3, 16, 20))
        assert (probabilities.dtype, probabilities.shape) == (torch.float32, (3, 4, 5))
        assert (labels.dtype, labels.shape) == (torch.int32, (16, 20))
        rows, columns = (16 * probabilities[:2]).round().int().numpy()
        top, left, mirrored = rows[0, 0], columns.min(), columns[0, 0] > columns[0, 1]
        window = slice(top * STRIDE, top * STRIDE + 16), slice(left * STRIDE, left * STRIDE + 20)
        step = -1 if mirrored else 1
        np.testing.assert_array_equal(labels, source.labels[window][:, ::step])
        np.testing.assert_array_equal(columns[0], np.arange(left, left + 5)[::step])
        np.testing.assert_array_equal(rows[:, 0], np.arange(top, top + 4))
        # Red, the last channel, counts the rows, but for what all pixels have in common.
        red = image[2] - preprocess(source.image[window][:, ::step].copy())[2]
        inner = red[STRIDE if top == 0 else 0 :]  # below 0 it is cut
        assert inner.std() < 1e-5
        seen.add((bool(mirrored), bool(inner.mean() < 0), bool(top < 3), bool(left < 3)))
    assert len(seen) == 16


def test_what_lies_beyond_a_small_picture_is_void():
    source = picture(*numbered((3, 4)))
    image, probabilities, labels = Crops([source], (20, 24))(np.random.default_rng(0), 0)
    assert not image[:, 12:].any()
    assert not image[:, :, 16:].any()
    assert probabilities.shape == (3, 5, 6)
    assert (labels[12:] == IGNORED).all()
    assert (labels[:, 16:] == IGNORED).all()
    assert (labels[:12, :16] != IGNORED).all()


def test_every_picture_is_drawn():
    pictures = [
        Picture(np.zeros((4, 4, 3), np.uint8), np.ones((3, 1, 1), np.float16), np.full((4, 4), label, np.uint8), 4)
        for label in range(3)
    ]
    crops = Crops(pictures, (4, 4))
    assert {int(crops(np.random.default_rng(seed), 0)[2][0, 0]) for seed in range(30)} == {0, 1, 2}


def test_loss_by_hand():
    # One row of two cells, 2 px wide, and two classes; offsets move the second pixel to the right cell's centre.
    probabilities = torch.tensor([[[[0.9, 0.2]], [[0.1, 0.8]]]])
    offsets = torch.zeros(1, 2, 1, 4)
    offsets[0, 1, 0, 1] = 1.5
    labels = torch.tensor([[[0, 1, IGNORED, 0]]], dtype=torch.int32)
    expected = -(np.log(0.9 + LEAST) + np.log(0.8 + LEAST) + np.log(0.2 + LEAST)) / 3
    found = losses(offsets, (probabilities, labels))
    assert set(found) == {"loss"}
    assert found["loss"].item() == pytest.approx(expected)


def test_where_nothing_counts_there_is_no_loss():
    offsets = torch.zeros(1, 2, 4, 4, requires_grad=True)
    found = losses(offsets, (torch.zeros(1, 2, 1, 1), torch.full((1, 4, 4), IGNORED)))["loss"]
    found.backward()
    assert found.item() == 0
    assert not offsets.grad.any()


def test_a_network_learns_where_to_look(tmp_path):
    """A boundary in the middle of a cell, which plain enlargement blurs and the image shows."""
    labels = np.zeros((32, 32), np.uint8)
    labels[:, 18:] = 1
    image = np.repeat(60 + 120 * labels[..., None], 3, axis=-1)
    of_cells = labels.reshape(8, 4, 8, 4).mean(axis=(1, 3), dtype=np.float32)
    prediction = SemanticMap(labels, np.stack([1 - of_cells, of_cells]))
    crops = Crops([picture(image, prediction, SemanticMap(labels))], (32, 32))
    torch.manual_seed(0)
    network = GuidanceNetwork("hrnet_tiny", 8.0)
    recipe = Recipe(steps=25, batch=2, learning_rate=0.003, optimiser="adamw")
    seen = []
    train(
        network,
        crops,
        lambda *given: seen.append(losses(*given)) or seen[-1],
        recipe,
        tmp_path,
        definition={},
    )
    assert seen[-1]["loss"] < 0.5 * seen[0]["loss"]


def test_bad_input():
    image, prediction, truth = numbered()
    with pytest.raises(ValueError, match=r"sizes are image \(39, 48\), prediction \(40, 48\), truth \(40, 48\)"):
        picture(image[1:], prediction, truth)
    with pytest.raises(ValueError, match="labels only; allowed: one with class probabilities"):
        picture(image, truth, truth)
    odd = SemanticMap(truth.labels, np.zeros((3, 10, 13), np.float32))
    with pytest.raises(ValueError, match=r"\(h, w\) = \(10, 13\); allowed for training on an image of 40 x 48"):
        picture(image, odd, truth)
    few = SemanticMap(truth.labels, prediction.probabilities[:2])
    with pytest.raises(ValueError, match="true labels reach 2; allowed with K = 2: 0 to 1"):
        picture(image, few, truth)
    source = picture(image, prediction, truth)
    finer = Picture(source.image, source.probabilities.repeat(2, 1).repeat(2, 2), source.labels, 2)
    with pytest.raises(ValueError, match="stride 2 of 3 classes, stride 4 of 3 classes; allowed: one stride"):
        Crops([source, finer], (8, 8))
    with pytest.raises(ValueError, match="probabilities are absent"):
        Crops([], (8, 8))
    for size in ((8, 10), (0, 8)):
        with pytest.raises(ValueError, match=f"size of crops is {size[0]}x{size[1]}; allowed: multiples of .* 4"):
            Crops([source], size)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_void_of_any_width_is_ignored_and_ids_keep_their_value(dtype):
    void, highest = (VOID, 254) if dtype is np.uint8 else (WIDE_VOID, 299)
    labels = np.full((4, 4), highest, dtype)
    labels[1] = void
    labels[2] = min(highest, 255)
    source = Picture(np.zeros((4, 4, 3), np.uint8), np.ones((300, 1, 1), np.float16), labels, 4)
    found = Crops([source], (4, 4))(np.random.default_rng(0), 0)[2]
    assert found.dtype == torch.int32
    assert found[1].tolist() == [IGNORED] * 4
    assert found[0].tolist() == [highest] * 4
    assert found[2].tolist() == [min(highest, 255)] * 4
