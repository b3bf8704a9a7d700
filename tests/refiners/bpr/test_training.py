"""What refinement networks learn from: pairs of masks, patches of them, and what is done to those."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.bpr.patches import PatchParameters, boundary_patches, image_crops
from boundary_bench.refiners.bpr.training import IGNORED, Bank, Examples, displaced, distorted, losses, pairs
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.transfer.bpr import start_from
from tests.refiners.drawn import labels, mask, objects, segments

PREDICTED = """
    00011
    00011
    00011
    00011
"""
TRUE = """
    00111
    00111
    0011.
    0011.
"""
SMALL = PatchParameters("dense", 4)


def image_of(size):
    return np.random.default_rng(3).integers(0, 256, (*size, 3)).astype(np.uint8)


def test_every_predicted_class_is_a_pair():
    found = list(pairs(SemanticMap(labels(PREDICTED)), SemanticMap(labels(TRUE))))
    assert len(found) == 2
    (coarse, top, left), true = found[1]
    assert (top, left) == (0, 0)
    np.testing.assert_array_equal(coarse, labels(PREDICTED) == 1)
    np.testing.assert_array_equal(true, labels(TRUE) == 1)


def test_a_mask_is_a_pair_however_little_it_meets_the_true_one():
    predicted, true = np.zeros((2, 4), bool), np.zeros((2, 4), bool)
    predicted[0, :2], true[1, 3] = True, True
    ((found, top, left), meant), *others = pairs(BinaryMask(predicted), BinaryMask(true))
    assert ((top, left), others) == ((0, 0), [])
    np.testing.assert_array_equal(found, predicted)
    np.testing.assert_array_equal(meant, true)


def test_void_of_a_true_mask_is_ignored():
    columns = np.tile(np.arange(12), (12, 1))
    true = BinaryMask(columns < 5, void=columns > 7)
    bank = Bank(PatchParameters("dense", 8, 0, 0.25))
    assert bank.add(image_of((12, 12)), BinaryMask(columns < 6), true) > 0
    for index in range(len(bank)):
        _, coarse, target = bank.example(index)
        left = 6 - int(coarse[0].sum())
        np.testing.assert_array_equal(target[0], np.where(columns[0] > 7, -1, columns[0] < 5)[left : left + 8])


def test_masks_that_are_empty_or_fill_the_image_have_no_patches():
    for filled in (False, True):
        bank = Bank(PatchParameters("dense", 8, 0, 0.25))
        assert bank.add(image_of((12, 12)), BinaryMask(np.full((12, 12), filled)), BinaryMask(np.eye(12) > 0)) == 0


def test_objects_are_paired_with_what_they_overlap_by_more_than_half():
    half, more, true = ("##..\n....", "###.\n....", "####\n....")
    found = list(pairs(objects(half, more), objects(true)))
    assert len(found) == 1  # 2 of 4 pixels are not more than half
    (window, top, left), dense = found[0]
    assert (window.shape, top, left) == ((1, 3), 0, 0)
    np.testing.assert_array_equal(dense, mask(true))
    assert not list(pairs(objects(more, categories=[1]), objects(true)))


def test_segments_are_paired_by_category_and_overlap():
    found = list(pairs(segments("1122\n1122", {1: 0, 2: 1}), segments("5566\n5666", {5: 0, 6: 0})))
    assert len(found) == 1
    np.testing.assert_array_equal(found[0][1], mask("##..\n#..."))


def test_a_bank_gives_image_mask_and_truth_of_each_patch():
    bank = Bank(SMALL)
    image = image_of((4, 5))
    count = bank.add(image, SemanticMap(labels(PREDICTED)), SemanticMap(labels(TRUE)))
    assert count == len(bank) > 0
    seen, coarse, true = bank.example(0)
    left = next(x for x in range(2) if (seen == image[:, x : x + 4]).all())
    window = slice(left, left + 4)
    np.testing.assert_array_equal(coarse, labels(PREDICTED)[:, window] == 0)
    expected = np.where(labels(TRUE)[:, window] == 255, IGNORED, labels(TRUE)[:, window] == 0)
    np.testing.assert_array_equal(true, expected)


def test_every_patch_of_a_mask_is_cut_at_its_own_place():
    image, square = image_of((24, 24)), np.zeros((24, 24), bool)
    square[4:20, 4:20] = True
    patches = boundary_patches((square, 0, 0), (24, 24), SMALL)
    bank = Bank(SMALL)
    assert bank.add(image, objects(square), objects(square)) == len(patches) > 1
    for index, crop in enumerate(image_crops(image, patches)):
        np.testing.assert_array_equal(bank.example(index)[0], crop)


def test_patches_of_maps_without_a_boundary_are_left_out_but_those_of_objects_stay():
    full, size = np.ones((8, 8), np.uint8), (8, 8)
    bank = Bank(PatchParameters("released", 4))
    assert bank.add(image_of(size), SemanticMap(full), SemanticMap(full)) == 0
    assert bank.add(image_of(size), objects(full > 0), objects(full > 0)) > 0


def test_patches_around_whole_objects_have_the_size_of_each():
    small, large = np.zeros((2, 16, 16), bool)
    small[2:5, 2:5], large[4:14, 3:9] = True, True
    bank = Bank(PatchParameters("object", 4, 1))
    assert bank.add(image_of((16, 16)), objects(small, large), objects(small, large)) == 2
    assert [bank.example(index)[1].shape for index in range(2)] == [(7, 7), (14, 14)]  # box, a pixel around it, padding
    inputs, truth = Examples(bank, 8)(np.random.default_rng(0), 0)
    assert inputs.shape == (4, 8, 8)
    assert truth.shape == (8, 8)


def test_sizes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"^sizes are image \(4, 4\), prediction \(4, 5\), truth \(4, 5\)"):
        Bank(SMALL).add(image_of((4, 4)), SemanticMap(labels(PREDICTED)), SemanticMap(labels(TRUE)))


def test_examples_are_seeded_and_mirror_all_three_alike(monkeypatch):
    monkeypatch.setattr("boundary_bench.refiners.bpr.training.distorted", lambda image, rng: image)
    bank = Bank(SMALL)
    true = labels(PREDICTED)
    bank.add(np.repeat(true[..., None] * 100, 3, axis=2), SemanticMap(true), SemanticMap(true))
    draw = Examples(bank, 4)
    sides = set()
    for seed in range(20):
        inputs, target = draw(np.random.default_rng(seed), 0)
        again, _ = draw(np.random.default_rng(seed), 0)
        assert torch.equal(inputs, again)
        np.testing.assert_array_equal((inputs[3] > 0).numpy(), target.numpy() == 1)
        assert len({(bool(v), float(c)) for v, c in zip(target.flatten() == 1, inputs[0].flatten(), strict=True)}) == 2
        sides.add(tuple(target[0].tolist()))
    assert {side[::-1] for side in sides} == sides


def test_without_mask_the_input_is_the_image_alone():
    bank = Bank(SMALL)
    bank.add(image_of((4, 5)), SemanticMap(labels(PREDICTED)), SemanticMap(labels(TRUE)))
    inputs, target = Examples(bank, 8, with_mask=False)(np.random.default_rng(0), 0)
    assert inputs.shape == (3, 8, 8)
    assert target.shape == (8, 8)


def test_displacing_moves_a_boundary_and_nothing_else():
    square = np.zeros((48, 48), np.uint8)
    square[12:36, 12:36] = 1
    moved = displaced(square, 3.0, np.random.default_rng(1))
    assert moved.shape == square.shape
    assert set(np.unique(moved)) == {0, 1}
    assert (moved != square).any()
    assert moved[20:28, 20:28].all()
    np.testing.assert_array_equal(displaced(square, 0.0, np.random.default_rng(1)), square)
    np.testing.assert_array_equal(displaced(square, 3.0, np.random.default_rng(1)), moved)


def test_distortion_keeps_shape_and_sometimes_everything():
    image = image_of((6, 6))
    found = [distorted(image, np.random.default_rng(seed)) for seed in range(64)]
    assert all(each.shape == image.shape and each.dtype == np.uint8 for each in found)
    unchanged = sum((each == image).all() for each in found)
    assert 0 < unchanged < 32


def test_losses_are_a_mean_over_what_counts():
    logits = torch.tensor([[[[0.0, 2.0]], [[0.0, 0.0]]]])
    target = torch.tensor([[[1, IGNORED]]], dtype=torch.int8)
    assert losses(logits, (target,))["loss"].item() == pytest.approx(np.log(2))
    both = torch.tensor([[[1, 0]]], dtype=torch.int8)
    assert losses(logits, (both,))["loss"].item() == pytest.approx((np.log(2) + np.log1p(np.exp(-2))) / 2)
    assert losses(logits, (torch.full((1, 1, 2), IGNORED, dtype=torch.int8),))["loss"].item() == 0


@pytest.mark.parametrize("with_mask", [True, False])
def test_a_network_starts_with_the_backbone_of_another(tmp_path, with_mask):
    own, other = RefinementNetwork("hrnet_tiny", with_mask=with_mask), RefinementNetwork("hrnet_tiny")
    BPR_CHECKPOINTS.save(tmp_path / "other.safetensors", other, {}, half=False)
    start_from(own, tmp_path / "other.safetensors")
    expected = other.backbone.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in own.backbone.state_dict().items()
               if name != "conv_mask.weight" and not name.endswith("num_batches_tracked"))  # fmt: skip


def test_segfix_sees_colours_in_the_opposite_order(tmp_path):
    own, other = RefinementNetwork("hrnet_tiny"), SegFixNetwork("hrnet_tiny")
    SEGFIX_CHECKPOINTS.save(tmp_path / "other.safetensors", other, {}, half=False)
    start_from(own, tmp_path / "other.safetensors")
    torch.testing.assert_close(own.backbone.conv1.weight, other.backbone.conv1.weight.flip(1), rtol=0, atol=0)


def test_another_backbone_is_refused(tmp_path):
    BPR_CHECKPOINTS.save(tmp_path / "other.safetensors", RefinementNetwork("hrnet_small"), {})
    with pytest.raises(ValueError, match=r"other.safetensors: holds another backbone; allowed: that of hrnet_tiny$"):
        start_from(RefinementNetwork("hrnet_tiny"), tmp_path / "other.safetensors")
