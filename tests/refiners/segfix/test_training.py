from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.segfix.directions import direction_classes, offset_vectors
from boundary_bench.refiners.segfix.network import preprocess
from boundary_bench.refiners.segfix.offsets import offsets_of_labels
from boundary_bench.refiners.segfix.targets import targets_of_labels
from boundary_bench.refiners.segfix.training import Crops, Picture, TargetSettings, decoded, picture
from tests.strategies import label_maps
from tests.void import VOID

DIRECTIONS = [4, 8, 16, 32]
VARIANTS = ["released", "paper"]


def disc(size=(40, 48), centre=(20, 22), radius=13):
    """Class 1 on class 0, with void in a corner."""
    rows, columns = np.mgrid[: size[0], : size[1]]
    labels = (np.hypot(rows - centre[0], columns - centre[1]) < radius).astype(np.uint8)
    labels[:4, :6] = VOID
    return labels


def colours(labels, seed=0):
    return np.random.default_rng(seed).integers(11, 245, (*labels.shape, 3), dtype=np.uint8)


def test_settings_as_json_can_hold_them():
    assert TargetSettings(4, 3.0, "paper").definition() == {"directions": 4, "width_px": 3.0, "targets": "paper"}
    assert TargetSettings(width_px=math.inf).definition()["width_px"] == "inf"


def semantic(labels, settings=TargetSettings()):  # noqa: B008
    return picture(colours(labels), SemanticMap(labels), settings)


def expected(labels, settings, smallest_px=100):
    targets = targets_of_labels(labels, width_px=settings.width_px, variant=settings.variant, smallest_px=smallest_px)
    boundary = np.where(labels == void_of(labels), -1, targets.boundary)
    return boundary, direction_classes(targets.angle_deg, settings.directions)


@given(
    labels=label_maps(),
    directions=st.sampled_from(DIRECTIONS),
    variant=st.sampled_from(VARIANTS),
    width=st.sampled_from([1.0, 5.0, math.inf]),
)
def test_a_byte_a_pixel_holds_all_targets(labels, directions, variant, width):
    settings = TargetSettings(directions, width, variant)
    found = semantic(labels, settings)
    for seen, codes in ((labels, found.codes), (np.fliplr(labels), found.mirrored_codes)):
        assert codes.dtype == np.uint8
        for target, wanted in zip(decoded(codes), expected(seen.copy(), settings), strict=True):
            np.testing.assert_array_equal(target, wanted)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("directions", DIRECTIONS)
def test_mirrored_directions_point_the_other_way(directions, variant):
    found = semantic(disc(), TargetSettings(directions, 5.0, variant))
    (boundary, direction), mirrored = decoded(found.codes), decoded(found.mirrored_codes)
    np.testing.assert_array_equal(np.fliplr(mirrored[0]), boundary)
    back = np.fliplr(mirrored[1])
    known = (boundary == 1) & (direction >= 0) & (back >= 0)
    # Class 0 points left, but among four it lies to the right of the last, both above.
    expected = (1 if directions == 4 else directions // 2) - direction[known]
    away = np.abs((back[known] - expected + directions // 2) % directions - directions // 2)
    # Angles on the limit between two classes change sides; so do some that are truncated to 2 degrees.
    assert (away == 0).mean() > 0.8
    assert (away <= 1).mean() > 0.99


def test_targets_are_the_offsets_that_an_oracle_would_take():
    labels = disc()
    boundary, direction = decoded(semantic(labels).codes)
    steps = np.where((boundary == 1)[..., None], offset_vectors(8)[direction], 0)
    np.testing.assert_array_equal(steps, offsets_of_labels(labels))


def test_each_object_has_a_boundary_of_its_own():
    """Two touching squares of one class, fewer than 100 px each; semantically they are one region."""
    size = (24, 24)
    first, second = np.zeros(size, bool), np.zeros(size, bool)
    first[8:16, 4:12], second[8:16, 12:20] = True, True
    truth = InstanceSet(Masks.from_dense(size, [first, second]), np.array([0, 0]))
    panoptic = PanopticMap(
        (1 + first + 2 * second).astype(np.int32), np.array([1, 2, 3], np.int32), np.array([1, 0, 0])
    )
    settings = TargetSettings(variant="paper", width_px=3)
    for each in (truth, panoptic):
        boundary, direction = decoded(picture(colours(first), each, settings).codes)
        assert boundary[12, 11] == boundary[12, 12] == 1
        assert (direction[12, 11], direction[12, 12]) == (0, 4)  # left and right, away from each other
        assert boundary[12, 3] == 1
        assert direction[12, 3] == 0  # the background's own
        assert boundary[2, 2] == 0
    union = (first | second).astype(np.uint8)
    assert decoded(semantic(union, settings).codes)[0][12, 11] == 0


def test_crowds_are_void():
    mask = np.zeros((24, 24), bool)
    mask[4:20, 4:20] = True
    truth = InstanceSet(Masks.from_dense(mask.shape, [mask]), np.array([0]), crowd=np.array([True]))
    boundary, direction = decoded(picture(colours(mask), truth, TargetSettings()).codes)
    assert (boundary[mask] == -1).all()
    assert (direction[mask] == -1).all()


def window_of(crop, whole):
    """Where a crop lies in an image of random colours, and how much brighter it is; None where it is no part of it."""
    likeness = cv2.matchTemplate(whole, crop, cv2.TM_CCOEFF_NORMED)
    row, column = np.unravel_index(likeness.argmax(), likeness.shape)
    window = slice(row, row + crop.shape[0]), slice(column, column + crop.shape[1])
    difference = crop - whole[window]
    return (window, difference.mean()) if difference.std() < 1e-4 else None


def test_crops_show_one_place_of_image_and_targets():
    labels = disc()
    settings = TargetSettings(variant="paper")
    source = semantic(labels, settings)
    crops = Crops([[source]], (16, 20))
    # Of the last channel, red, which is normalised by the last constants.
    red = preprocess(source.image)[2].numpy().copy()
    seen = set()
    for seed in range(80):
        image, boundary, direction = crops(np.random.default_rng(seed), 0)
        assert (image.dtype, image.shape) == (torch.float32, (3, 16, 20))
        assert boundary.dtype == direction.dtype == torch.int8
        matches = [window_of(image[2].numpy(), red[:, ::step].copy()) for step in (1, -1)]
        assert matches.count(None) == 1
        mirrored = matches[0] is None
        window, brighter = matches[mirrored]
        assert abs(brighter * 0.225 * 255) < 10.01
        wanted = expected(labels[:, :: -1 if mirrored else 1].copy(), settings)
        for target, whole in zip((boundary, direction), wanted, strict=True):
            np.testing.assert_array_equal(target, whole[window])
        seen.add((mirrored, brighter < 0, window[0].start < 12, window[1].start < 14))
    assert len(seen) == 16


def test_what_lies_beyond_a_small_picture_is_void():
    source = semantic(disc())
    image, boundary, direction = Crops([[source]], (50, 60))(np.random.default_rng(0), 0)
    assert not image[:, 40:].any()
    assert not image[:, :, 48:].any()
    for target in (boundary, direction):
        assert (target[40:] == -1).all()
        assert (target[:, 48:] == -1).all()
    assert (boundary[:40, :48] != -1).sum() == (disc() != VOID).sum()


def test_each_data_set_has_its_share_of_a_batch():
    flat = [np.full((8, 8, 3), value, np.uint8) for value in (40, 120, 200)]
    sources = [[Picture(image, *[np.zeros((8, 8), np.uint8)] * 2)] for image in flat]
    crops = Crops(sources, (4, 4))
    means = [float(crops(np.random.default_rng(place), place)[0].mean()) for place in range(9)]
    assert [sorted(range(3), key=lambda i: abs(mean - preprocess(flat[i]).mean()))[0] for mean in means] == [
        0,
        1,
        2,
    ] * 3


def test_every_picture_is_drawn():
    source = [Picture(np.zeros((8, 8, 3), np.uint8), *[np.full((8, 8), code, np.uint8)] * 2) for code in range(3)]
    crops = Crops([source], (8, 8))
    assert {int(crops(np.random.default_rng(seed), 0)[2][0, 0]) for seed in range(30)} == {0, 1, 2}


def test_brightness_does_not_wrap():
    white = Picture(np.full((8, 8, 3), 255, np.uint8), *[np.zeros((8, 8), np.uint8)] * 2)
    images = [Crops([[white]], (8, 8))(np.random.default_rng(seed), 0)[0] for seed in range(40)]
    lowest, highest = (preprocess(np.full((8, 8, 3), value, np.uint8)) for value in (245, 255))
    assert all((image >= lowest - 1e-5).all() and (image <= highest + 1e-5).all() for image in images)
    assert len({float(image[0, 0, 0]) for image in images}) > 5


def test_bad_input():
    labels = disc()
    with pytest.raises(ValueError, match=r"image has size \(39, 48\); allowed: that of the truth, \(40, 48\)"):
        picture(colours(labels)[1:], SemanticMap(labels), TargetSettings())
    with pytest.raises(ValueError, match="width_px is 0"):
        semantic(labels, TargetSettings(width_px=0))
    with pytest.raises(ValueError, match="directions is 5; allowed: 4, 8, 16, 32"):
        semantic(labels, TargetSettings(directions=5))
    with pytest.raises(ValueError, match=r"sources hold \[1, 0\] pictures"):
        Crops([[semantic(labels)], []], (8, 8))
    with pytest.raises(ValueError, match="size of crops is 0x8"):
        Crops([[semantic(labels)]], (0, 8))
