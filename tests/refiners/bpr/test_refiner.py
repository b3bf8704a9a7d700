from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.bpr import inference, refiner
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.bpr.refiner import BPR
from boundary_bench.refiners.networks import base, device
from tests.effort import examples
from tests.refiners.bpr import plain
from tests.refiners.bpr.drawn import masks
from tests.refiners.drawn import dense, labels, mask, objects, segments
from tests.refiners.filled_networks import fill_by_rule
from tests.refiners.inputs import KINDS, contents, inputs, one_label
from tests.strategies import binary_masks, instance_sets, label_maps, panoptic_maps, wide
from tests.void import WIDE_VOID

SIDE, THRESHOLD = 8, 0.25


class Rule(nn.Module):
    """A network whose logits follow from the red of the image, -1 or +1 where it is 0 or 255, and from the mask."""

    name, with_mask = "hrnet_tiny", True

    def __init__(self, rule):
        super().__init__()
        self.rule = rule

    def forward(self, inputs):
        logits = self.rule(inputs[:, 0].sign(), inputs[:, 3])
        return torch.stack([torch.zeros_like(logits), logits], dim=1)


KEEP = Rule(lambda red, drawn: 9 * drawn)
TURN = Rule(lambda red, drawn: -9 * drawn)
RED = Rule(lambda red, drawn: 9 * red)
KEEP_ON_RED = Rule(lambda red, drawn: 9 * red * drawn)
EVERYWHERE = Rule(lambda red, drawn: 9 + 0 * drawn)
MIXED = Rule(lambda red, drawn: 1.5 * red + drawn)
AROUND = Rule(lambda red, drawn: 3 * red * functional.avg_pool2d(drawn, 3, stride=1, padding=1))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("networks") / "net.safetensors"
    BPR_CHECKPOINTS.save(path, fill_by_rule(RefinementNetwork("hrnet_tiny")), {"padding_px": 3, "input_px": 32})
    return path


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """Refiners with small patches whose network is a `Rule`, each known by a file of its own."""
    folder, rules, loaded = tmp_path_factory.mktemp("rules"), {}, base.loaded

    def make(rule: Rule, **parameters) -> BPR:
        path = folder / f"{id(rule)}.rule"
        path.touch()
        rules[path] = rule, {}
        return BPR(str(path), **{"patch_px": SIDE, "input_px": SIDE, **parameters})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base, "loaded", lambda kind, path, digest: rules.get(path) or loaded(kind, path, digest))
        yield make


@pytest.fixture
def seen(monkeypatch):
    """Numbers and sides of the patches of every call of the network."""
    calls, probabilities = [], inference.probabilities

    def spy(network, images, drawn, **settings):
        calls.append((len(images), images.shape[1]))
        return probabilities(network, images, drawn, **settings)

    monkeypatch.setattr(inference, "probabilities", spy)
    return calls


def red(shown):
    return np.stack([np.where(shown, 255, 0)] * 3, axis=-1).astype(np.uint8)


def noise(size, seed=0):
    return red(np.random.default_rng(seed).random(size) < 0.5)


def by_definition(image, coarse, network):
    """Probability of a mask in the whole image, and where it comes from patches."""
    corners = plain.dense_corners(coarse, SIDE, THRESHOLD)
    if not len(corners):
        return coarse.astype(np.float32), np.zeros_like(coarse)
    images, drawn = (plain.crops(raster, corners, SIDE) for raster in (image, coarse.view(np.uint8)))
    return plain.merged(coarse, corners, inference.probabilities(network, images, drawn, input_px=SIDE))


def shared_by_definition(image, shown, network):
    """The surest label of each pixel, the first of equals, and its own where none is sure; void stays."""
    present = [label for label in np.unique(shown) if label != void_of(shown)]
    if not present:
        return shown
    sure = np.stack([by_definition(image, shown == label, network)[0] for label in present])
    winner = np.where(sure.max(axis=0) > 0, np.array(present)[sure.argmax(axis=0)], shown)
    return np.where(shown == void_of(shown), shown, winner)


# Objects


@settings(max_examples=examples(30))
@given(st.data())
def test_each_object_is_refined_by_itself(build, data):
    prediction = data.draw(instance_sets())
    image = noise(prediction.size, data.draw(st.integers(0, 99)))
    found = dense(build(MIXED).refine(image, prediction))
    for coarse, fine in zip(dense(prediction), found, strict=True):
        np.testing.assert_array_equal(fine, by_definition(image, coarse, MIXED)[0] > 0.5)


@settings(max_examples=examples(50))
@given(masks())
def test_within_the_patches_the_network_decides_and_beyond_them_the_mask(build, coarse):
    image = noise(coarse.shape)
    _, covered = by_definition(image, coarse, RED)
    (found,) = dense(build(RED).refine(image, objects(coarse)))
    np.testing.assert_array_equal(found, np.where(covered, image[..., 0] > 0, coarse))


def test_a_displaced_object_is_put_right(build):
    coarse, true = np.zeros((2, 30, 28), bool)
    coarse[6:20, 5:19], true[7:21, 7:21] = True, True
    (found,) = dense(build(RED).refine(red(true), objects(coarse)))
    np.testing.assert_array_equal(found, true)


def test_what_is_known_of_objects_stays(build):
    drawn = [mask("##......\n##......\n........\n........") for _ in range(3)]
    prediction = objects(*drawn, categories=[4, 0, 2], scores=[0.25, 1, 0], ids=[7, 3, 9])
    found = build(RED).refine(noise((4, 8)), prediction)
    for column in ("categories", "scores", "ids", "crowd"):
        np.testing.assert_array_equal(getattr(found, column), getattr(prediction, column))
    assert found.areas.tolist() == found.masks.areas.tolist() != prediction.areas.tolist()


def test_masks_without_boundary_stay_as_they_are(build, seen):
    prediction = objects(np.zeros((20, 30), bool), np.ones((20, 30), bool))
    found = build(TURN).refine(noise((20, 30)), prediction)
    assert contents(found) == contents(prediction)
    assert build(TURN).count(prediction) == sum(count for count, _ in seen) == 0


def test_no_object_at_all(build):
    empty = InstanceSet(Masks.from_dense((9, 9), []), np.zeros(0, np.int64), np.zeros(0))
    assert len(build(TURN).refine(noise((9, 9)), empty)) == 0


def crowd_of_small_ones(side=2, gap=2, rows=50, columns=60):
    size = (rows * (side + gap), columns * (side + gap))
    squares = ((y * (side + gap), x * (side + gap)) for y in range(rows) for x in range(columns))
    windows = [(np.ones((side, side), bool), y, x) for y, x in squares]
    return InstanceSet(Masks.from_windows(size, windows), np.zeros(len(windows), np.int64), np.ones(len(windows)))


def test_thousands_of_small_objects_go_through_in_parts(build, seen, monkeypatch):
    prediction = crowd_of_small_ones()
    image = noise(prediction.size)
    together = build(MIXED).refine(image, prediction)
    counts = [count for count, _ in seen]
    most = max(build(MIXED).count(objects(prediction.masks.dense(index))) for index in (0, 61, 99))
    assert len(prediction) == 3000
    assert max(counts) < refiner.PATCHES_AT_ONCE + most
    assert min(counts[:-1]) >= refiner.PATCHES_AT_ONCE
    for index in (0, 1, 777, 2999):
        coarse = prediction.masks.dense(index)
        np.testing.assert_array_equal(together.masks.dense(index), by_definition(image, coarse, MIXED)[0] > 0.5)


def test_masks_without_patches_do_not_pile_up(build, monkeypatch):
    made, waiting = build(KEEP), []
    run = made._run
    monkeypatch.setattr(made, "_run", lambda image, laid: [waiting.append(len(laid)), run(image, laid)][1])
    monkeypatch.setattr(refiner, "PATCHES_AT_ONCE", 4)
    made.refine(noise((9, 9)), objects(*np.ones((10, 9, 9), bool)))
    assert waiting == [4, 4, 2]


@pytest.mark.parametrize("task", KINDS)
@pytest.mark.parametrize("at_once", [1, 5])
def test_it_does_not_matter_how_many_go_together(build, monkeypatch, task, at_once):
    drawn = DISCS[task]()
    together = build(AROUND).refine(noise((40, 48)), drawn)
    monkeypatch.setattr(refiner, "PATCHES_AT_ONCE", at_once)
    assert contents(build(AROUND).refine(noise((40, 48)), drawn)) == contents(together)
    assert contents(together) != contents(drawn)


def disc(centre=(20, 22), radius=13, size=(40, 48)):
    rows, columns = np.mgrid[: size[0], : size[1]]
    return np.hypot(rows - centre[0], columns - centre[1]) < radius


def overlapping_discs():
    return objects(disc(), disc((14, 30), 9), disc((30, 4), 6))


def semantic_disc(dtype=np.uint8):
    return SemanticMap((3 * disc() + disc((14, 30), 7)).astype(dtype))


def panoptic_disc():
    shown = 7 + 3 * disc() + disc((14, 30), 7)
    return PanopticMap(shown.astype(np.int32), np.unique(shown).astype(np.int32)[::-1].copy(), np.arange(4))


def soft_disc():
    return BinaryMask.soft(np.where(disc(), np.uint8(200), np.uint8(20)))


DISCS = {"semantic": semantic_disc, "instance": overlapping_discs, "panoptic": panoptic_disc, "binary": soft_disc}


# Classes and segments


@settings(max_examples=examples(30))
@given(st.data())
def test_classes_share_out_the_pixels_by_how_sure_they_are(build, data):
    shown = data.draw(label_maps())
    image = noise(shown.shape, data.draw(st.integers(0, 99)))
    found = build(AROUND).refine(image, SemanticMap(shown)).labels
    assert found.dtype == shown.dtype
    np.testing.assert_array_equal(found, shared_by_definition(image, shown, AROUND))
    np.testing.assert_array_equal(found == void_of(found), shown == void_of(shown))


@settings(max_examples=examples(30))
@given(st.data())
def test_segments_do_as_classes_and_those_without_pixels_are_left_out(build, data):
    prediction = data.draw(panoptic_maps())
    image = noise(prediction.size, data.draw(st.integers(0, 99)))
    # Classes in the order of the segments: of equally sure ones the earlier has the pixel.
    table = {0: WIDE_VOID, **{int(own): place for place, own in enumerate(prediction.segments)}}
    shown = np.vectorize(table.__getitem__)(prediction.ids)
    back = {place: own for own, place in table.items()}
    found = build(AROUND).refine(image, prediction)
    np.testing.assert_array_equal(found.ids, np.vectorize(back.__getitem__)(shared_by_definition(image, shown, AROUND)))
    assert set(found.segments) == set(np.unique(found.ids)) - {0}


@pytest.mark.parametrize("rule", [KEEP, AROUND])
def test_labels_on_both_sides_of_void(build, rule):
    # In ascending order, as the names of the masks come, void lies between them.
    shown = np.repeat(wide(labels("0011\n00..\n2222")), 4, axis=0).repeat(4, axis=1)
    table = np.array([0, 300, 1000, WIDE_VOID], np.int32)
    image = noise(shown.shape)
    found = build(rule).refine(image, SemanticMap(table[shown])).labels
    np.testing.assert_array_equal(found, table[build(rule).refine(image, SemanticMap(shown)).labels])


def test_a_segment_that_loses_all_its_pixels_goes(build):
    picture = "\n".join("." + "1" * 3 + ("22" if row in (3, 4) else "11") + "1" * 4 for row in range(8))
    prediction = segments(picture, {2: 5, 1: 6})
    found = build(KEEP_ON_RED).refine(red(prediction.ids != 2), prediction)
    assert (found.segments.tolist(), found.categories.tolist()) == ([1], [6])
    np.testing.assert_array_equal(found.ids, np.where(prediction.ids == 0, 0, 1))


def test_a_pixel_that_none_is_sure_of_keeps_its_label(build):
    nowhere = Rule(lambda red, drawn: -200 + 0 * drawn)
    shown = labels("0011\n0011\n2222\n..22")
    np.testing.assert_array_equal(build(nowhere).refine(noise((4, 4)), SemanticMap(shown)).labels, shown)


def test_the_larger_confidence_has_the_pixel_not_the_first_above_half(build):
    # On the right of the image all are sure to lose what they have and to win what they have not.
    shown = np.repeat(np.array([[0, 1]], np.uint8), 4, axis=1).repeat(8, axis=0)
    image = red(np.arange(8)[None].repeat(8, axis=0) < 4)
    np.testing.assert_array_equal(build(KEEP_ON_RED).refine(image, SemanticMap(shown)).labels, np.zeros((8, 8)))


# All kinds


@pytest.mark.parametrize("task", KINDS)
@pytest.mark.parametrize("scheme", ["dense", "released", "grid"])
@pytest.mark.parametrize("padding", [0, 3])
def test_a_network_that_repeats_its_mask_changes_nothing(build, task, scheme, padding):
    @settings(max_examples=examples(8))
    @given(inputs(task, (20, 17)))
    def check(drawn):
        image, prediction, _ = drawn
        found = build(KEEP, scheme=scheme, padding_px=padding, input_px=SIDE + 2 * padding).refine(image, prediction)
        kept = SemanticMap(prediction.labels) if isinstance(prediction, SemanticMap) else prediction
        if isinstance(kept, BinaryMask):
            kept = BinaryMask(kept.mask)
        assert contents(found)[: len(contents(kept))] == contents(kept)

    check()


def test_patches_of_whole_objects_differ_in_size(build, seen):
    drawn = np.zeros((3, 40, 60), bool)
    drawn[0, 10:30, 4:8], drawn[1, 1:3, 50:53], drawn[2, 20:24, 36:56] = True, True, True
    found = dense(build(EVERYWHERE, scheme="object").refine(noise((40, 60)), objects(*drawn)))
    # A boundary reaches one pixel beyond its object.
    assert seen == [(1, 22), (1, SIDE), (1, 22)]
    assert [one.sum() for one in found] == [22 * 22, SIDE * SIDE, 22 * 22]
    assert all((fine >= coarse).all() for fine, coarse in zip(found, drawn, strict=True))


def test_padding_is_shown_and_not_put_back(build, seen):
    coarse = np.zeros((40, 40), bool)
    coarse[:, :20] = True
    # Of equal scores the first comes first: patches lie around column 19.
    (found,) = dense(build(EVERYWHERE, padding_px=5).refine(noise((40, 40)), objects(coarse)))
    assert {side for _, side in seen} == {SIDE + 10}
    np.testing.assert_array_equal(found, np.arange(40) < 19 + SIDE // 2 + np.zeros((40, 1)))


@pytest.mark.parametrize("task", KINDS)
@pytest.mark.parametrize("most", [None, 1, 7, 10**6])
def test_the_count_is_what_the_network_sees(build, seen, task, most):
    drawn = DISCS[task]()
    made = build(MIXED, max_patches=most)
    made.refine(noise((40, 48)), drawn)
    every = build(MIXED).count(drawn)
    assert sum(count for count, _ in seen) == made.count(drawn) == min(most or every, every)
    assert every > 7


def test_each_mask_has_its_share_of_the_budget(build):
    prediction = overlapping_discs()
    every = [build(KEEP).count(objects(one)) for one in dense(prediction)]
    budget = sum(every) // 2
    laid = build(KEEP, max_patches=budget)._laid(prediction.size, refiner._masks(prediction))
    kept = [len(patches) for _, patches in laid]
    assert sum(kept) == budget
    assert all(abs(some - budget * all_ / sum(every)) < 1 for some, all_ in zip(kept, every, strict=True))


def test_a_budget_below_one_patch_a_mask_is_spent_all_the_same(build, seen):
    prediction = crowd_of_small_ones()
    found = build(TURN, max_patches=100).refine(noise(prediction.size), prediction)
    changed = found.masks.areas != prediction.masks.areas
    assert sum(count for count, _ in seen) == changed.sum() == 100
    # From all over the image.
    assert {index // 300 for index in np.flatnonzero(changed)} == set(range(10))


def test_a_budget_keeps_the_patches_of_the_highest_scores(build):
    coarse = np.zeros((60, 60), bool)
    coarse[10:40, 10:40] = True
    coarse[9, 25] = True
    made, all_of_it = (build(KEEP, max_patches=most) for most in (5, None))
    ((_, some),), ((_, every),) = (
        list(one._laid((60, 60), refiner._masks(objects(coarse)))) for one in (made, all_of_it)
    )
    np.testing.assert_array_equal(some.corners, every.corners[:5])


# Parameters


def settings_of(made: BPR) -> tuple[object, ...]:
    laid = made.parameters
    return laid.scheme, laid.size_px, laid.padding_px, laid.nms_threshold, made.input_px


CARD = {"scheme": "grid", "patch_px": 48, "padding_px": 4, "nms_threshold": 0.5, "input_px": 96}


def test_by_default_it_does_as_in_training(tmp_path):
    path = tmp_path / "net.safetensors"
    BPR_CHECKPOINTS.save(path, RefinementNetwork("hrnet_tiny"), CARD)
    assert settings_of(BPR(str(path))) == ("grid", 48, 4, 0.5, 96)
    given = {"scheme": "dense", "patch_px": 32, "padding_px": 0, "nms_threshold": 0.0, "input_px": 64}
    assert settings_of(BPR(str(path), **given)) == ("dense", 32, 0, 0.0, 64)
    assert settings_of(BPR(str(path), padding_px=0)) == ("grid", 48, 0, 0.5, 96)


@pytest.mark.parametrize(("name", "input_px"), [("hrnet18s", 128), ("fast_scnn", 256)])
def test_checkpoints_of_the_authors_have_their_settings(tmp_path, name, input_px):
    path = tmp_path / "net.pth"
    torch.save({"state_dict": fill_by_rule(RefinementNetwork(name)).state_dict()}, path)
    assert settings_of(BPR(str(path))) == ("dense", 64, 0, 0.25, input_px)
    assert settings_of(BPR(str(path), input_px=64, scheme="released")) == ("released", 64, 0, 0.25, 64)


def test_a_real_network_gives_what_its_inference_gives(file):
    made = BPR(str(file), patch_px=16)
    image = np.random.default_rng(0).integers(0, 256, (40, 48, 3), np.uint8)
    network, card = BPR_CHECKPOINTS.load(file)
    assert (made.parameters.padding_px, made.input_px) == (card["padding_px"], card["input_px"]) == (3, 32)
    corners = plain.dense_corners(disc(), 16, THRESHOLD)
    images, drawn = (plain.crops(raster, corners, 16, 3) for raster in (image, disc().view(np.uint8)))
    inner = inference.probabilities(network, images, drawn, input_px=32)[:, 3:-3, 3:-3]
    sure, _ = plain.merged(disc(), corners, inner)
    (found,) = dense(made.refine(image, objects(disc())))
    decided = np.abs(sure - 0.5) > 1e-3  # normalisations are fused: rounding
    np.testing.assert_array_equal(found[decided], (sure > 0.5)[decided])
    assert decided.mean() > 0.95
    assert (found != disc()).sum() > 20


def test_the_network_stays_behind_when_a_refiner_travels(file):
    made = BPR(str(file))
    assert len(pickle.dumps(made)) < 2000
    assert list(made.files("any")) == [file]
    assert made.for_sample("any") is made
    again = pickle.loads(pickle.dumps(made))
    assert settings_of(again) == settings_of(made)
    one = overlapping_discs()
    assert contents(again.refine(noise(one.size), one)) == contents(made.refine(noise(one.size), one))


@pytest.mark.parametrize("task", KINDS)
@pytest.mark.parametrize(
    ("image", "said"),
    [
        (np.zeros((8, 9, 3), np.uint8), r"image is uint8 \(8, 9, 3\); allowed: .* size, \(9, 8\)"),
        (np.zeros((9, 8, 3), np.float32), r"image is float32 \(9, 8, 3\); allowed: uint8 RGB"),
        (np.zeros((9, 8), np.uint8), r"image is uint8 \(9, 8\); allowed: uint8 RGB"),
    ],
)
def test_other_images_are_refused(build, task, image, said):
    with pytest.raises(ValueError, match=said):
        build(KEEP).refine(image, one_label(task, (9, 8)))


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"max_patches": 0}, "max_patches is 0; allowed: 1 or more"),
        ({"input_px": 0}, "input_px is 0; allowed: 1 or more"),
        ({"patch_px": 7}, "is 7; allowed: even"),
        ({"scheme": "all"}, "scheme is 'all'; allowed: dense, released, grid, object"),
        ({"precision": "int8"}, "precision is 'int8'; allowed"),
        ({"device": "tpu"}, "device is 'tpu'; allowed"),
        ({"checkpoint": "street"}, "checkpoint is 'street', which is not there"),
    ],
)
def test_parameters_out_of_range_are_refused(file, parameters, said):
    with pytest.raises(ValueError, match=said):
        BPR(**{"checkpoint": str(file), **parameters})


def test_without_torch_it_says_what_to_install(file, monkeypatch):
    monkeypatch.setattr(device, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="BPR networks need torch and safetensors"):
        BPR(str(file))


# Binary masks


@settings(max_examples=examples(20))
@given(st.data())
def test_a_binary_mask_is_refined_as_an_object(build, data):
    prediction = data.draw(binary_masks((17, 21)))
    image, refiner = noise(prediction.size, data.draw(st.integers(0, 99))), build(MIXED)
    sure, covered = by_definition(image, prediction.mask, MIXED)
    found = refiner.refine(image, prediction)
    np.testing.assert_array_equal(found.mask, np.where(covered, sure >= 0.5, prediction.mask))
    assert refiner.count(prediction) == len(plain.dense_corners(prediction.mask, SIDE, THRESHOLD))
    if prediction.probabilities is None:
        assert found.probabilities is None
        return
    scale = 255 if prediction.probabilities.dtype == np.uint8 else 1
    expected = np.where(covered, sure, prediction.probabilities / np.float32(scale))
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)


def test_off_the_patches_a_mask_is_what_made_it_whatever_the_threshold(build):
    levels = np.full((40, 40), 150, np.uint8)
    levels[2:8, 2:8] = 250
    prediction = BinaryMask(levels > 200, levels)
    found = build(KEEP).refine(noise((40, 40)), prediction)
    assert not found.mask[20:, 20:].any()
    np.testing.assert_allclose(found.probabilities[20:, 20:], 150 / 255, atol=1e-6)


@pytest.mark.parametrize("filled", [False, True])
def test_a_binary_mask_without_a_boundary_stays(build, filled, seen):
    prediction = BinaryMask(np.full((20, 20), filled))
    np.testing.assert_array_equal(build(TURN).refine(noise((20, 20)), prediction).mask, prediction.mask)
    assert sum(count for count, _ in seen) == 0
