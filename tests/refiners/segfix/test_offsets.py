from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.refiners.segfix.offsets import (
    apply_offsets,
    apply_until_interior,
    offsets_of_labels,
    targets_to_offsets,
)
from boundary_bench.refiners.segfix.targets import Targets, targets_of_labels
from tests.strategies import label_maps


@st.composite
def sparse_offsets(draw, size):
    """Mostly zeros, as real ones, and far longer than the image in places."""
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    longest, share = draw(st.sampled_from([1, 4, 60])), draw(st.sampled_from([0.0, 0.05, 0.5, 1.0]))
    offsets = rng.integers(-longest, longest + 1, (*size, 2)) * (rng.random((*size, 1)) < share)
    return offsets.astype(draw(st.sampled_from([np.int8, np.int16])))


@st.composite
def cases(draw):
    labels = draw(label_maps())
    return labels, draw(sparse_offsets(labels.shape))


def gathered(labels, offsets, scale):
    """The definition, in NumPy."""
    height, width = labels.shape
    y, x = np.indices(labels.shape)
    from_y = np.clip(y + scale * offsets[..., 0].astype(int), 0, height - 1)
    from_x = np.clip(x + scale * offsets[..., 1].astype(int), 0, width - 1)
    return labels[from_y, from_x]


def test_by_hand_with_clamping_at_every_border():
    labels = np.array([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]], np.uint8)
    offsets = np.zeros((3, 4, 2), np.int8)
    offsets[0, 0] = (-1, -1)  # stays in the corner
    offsets[0, 1] = (-5, 1)  # clamped to row 0: takes 2
    offsets[1, 3] = (1, 9)  # clamped to column 3: takes 11
    offsets[2, 0] = (7, -1)  # clamped to the lower left corner: keeps 8
    offsets[2, 2] = (-2, -1)  # takes 1
    offsets[1, 1] = (0, 1)  # takes 6
    expected = [[0, 2, 2, 3], [4, 6, 6, 11], [8, 9, 1, 11]]
    for dtype in (np.int8, np.int16):
        assert apply_offsets(labels, offsets.astype(dtype)).tolist() == expected


def test_scale_multiplies_the_offsets():
    labels = np.arange(10, dtype=np.int32)[None]
    offsets = np.zeros((1, 10, 2), np.int8)
    offsets[0, :, 1] = [1, 1, 0, 0, -1, -1, 0, 0, 0, 1]
    assert apply_offsets(labels, offsets).tolist() == [[1, 2, 2, 3, 3, 4, 6, 7, 8, 9]]
    assert apply_offsets(labels, offsets, scale=3).tolist() == [[3, 4, 2, 3, 1, 2, 6, 7, 8, 9]]


@given(cases(), st.integers(1, 4))
def test_equals_the_definition(case, scale):
    labels, offsets = case
    before = labels.copy(), offsets.copy()
    refined = apply_offsets(labels, offsets, scale=scale)
    np.testing.assert_array_equal(refined, gathered(labels, offsets, scale))
    assert refined.dtype == labels.dtype
    assert set(np.unique(refined)) <= set(np.unique(labels))
    np.testing.assert_array_equal(labels, before[0])
    np.testing.assert_array_equal(offsets, before[1])


@given(label_maps())
def test_zero_offsets_change_nothing(labels):
    for dtype in (np.int8, np.int16):
        refined = apply_offsets(labels, np.zeros((*labels.shape, 2), dtype), scale=2)
        np.testing.assert_array_equal(refined, labels)
        assert not np.shares_memory(refined, labels)


@given(cases())
def test_flips_commute(case):
    labels, offsets = case
    down = apply_offsets(labels[::-1], offsets[::-1] * np.array([-1, 1], offsets.dtype))
    np.testing.assert_array_equal(down[::-1], apply_offsets(labels, offsets))
    across = apply_offsets(labels[:, ::-1], offsets[:, ::-1] * np.array([1, -1], offsets.dtype))
    np.testing.assert_array_equal(across[:, ::-1], apply_offsets(labels, offsets))
    turned = apply_offsets(labels.T, offsets.transpose(1, 0, 2)[..., ::-1])
    np.testing.assert_array_equal(turned.T, apply_offsets(labels, offsets))


def test_read_only_labels_will_do():
    labels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    labels.flags.writeable = False
    offsets = np.ones((3, 4, 2), np.int8)
    np.testing.assert_array_equal(apply_offsets(labels, offsets), gathered(labels, offsets, 1))


def test_what_does_not_fit_is_refused():
    labels = np.zeros((3, 4), np.uint8)
    with pytest.raises(ValueError, match=r"shape \(4, 3, 2\); allowed: \(3, 4, 2\)"):
        apply_offsets(labels, np.zeros((4, 3, 2), np.int8))
    with pytest.raises(TypeError, match="offsets are float32; allowed: int8 or int16"):
        apply_offsets(labels, np.zeros((3, 4, 2), np.float32))
    with pytest.raises(ValueError, match="scale is 0"):
        apply_offsets(labels, np.zeros((3, 4, 2), np.int8), scale=0)
    with pytest.raises(ValueError, match=r"boundary has shape \(3, 3\)"):
        apply_until_interior(labels, np.zeros((3, 4, 2), np.int8), np.zeros((3, 3), bool))
    with pytest.raises(ValueError, match="max_steps is 0"):
        apply_until_interior(labels, np.zeros((3, 4, 2), np.int8), np.zeros((3, 4), bool), max_steps=0)


def row_offsets(steps):
    offsets = np.zeros((1, len(steps), 2), np.int8)
    offsets[0, :, 1] = steps
    return offsets


def test_boundary_pixels_take_the_first_interior_label_on_their_way():
    labels = np.arange(8, dtype=np.uint8)[None]
    boundary = np.array([[1, 1, 1, 0, 0, 1, 1, 1]], bool)
    offsets = row_offsets([1, 1, 1, 1, -1, -1, -1, -1])
    # Interior pixels keep their labels, whatever their offsets.
    assert apply_until_interior(labels, offsets, boundary).tolist() == [[3, 3, 3, 3, 4, 4, 4, 4]]


def test_paths_without_an_interior_end_where_they_must():
    labels = np.arange(6, dtype=np.uint8)[None]
    everywhere = np.ones((1, 6), bool)
    # 0 and 1 point at each other, 2 points nowhere, 3 points at 2, 4 and 5 run to the right border.
    offsets = row_offsets([1, -1, 0, -1, 1, 1])
    assert apply_until_interior(labels, offsets, everywhere, max_steps=16).tolist() == [[0, 1, 2, 2, 5, 5]]
    assert apply_until_interior(labels, offsets, everywhere, max_steps=3).tolist() == [[1, 0, 2, 2, 5, 5]]


@given(cases())
def test_one_step_off_the_boundary_is_the_plain_application(case):
    labels, offsets = case
    boundary = (offsets != 0).any(axis=-1)
    np.testing.assert_array_equal(
        apply_until_interior(labels, offsets, boundary, max_steps=1), apply_offsets(labels, offsets)
    )


def test_targets_become_offsets_by_hand():
    angle = np.array([[180, -90, 45, np.nan, 0]], np.float32)
    boundary = np.array([[True, True, True, True, False]])
    targets = Targets(np.ones((1, 5), np.float32), boundary, angle)
    assert targets_to_offsets(targets, 8).tolist() == [[[0, -1], [-1, 0], [1, 1], [0, 0], [0, 0]]]
    assert targets_to_offsets(targets, 4, 2).tolist() == [[[2, -2], [-2, 2], [2, 2], [0, 0], [0, 0]]]


@given(label_maps(), st.sampled_from([4, 8, 16, 32, "4_axis"]), st.sampled_from(["released", "paper"]))
def test_offsets_of_labels_are_steps_of_one_length_on_the_boundary(labels, directions, variant):
    offsets = offsets_of_labels(labels, directions=directions, targets=variant)
    boundary = targets_of_labels(labels, variant=variant).boundary
    length = np.abs(offsets).max(axis=-1)
    assert offsets.dtype == np.int8
    assert set(np.unique(length)) <= {0, {16: 2, 32: 4}.get(directions, 1)}
    assert not length[~boundary].any()
    assert not length[labels == void_of(labels)].any()


def test_ground_truth_offsets_mend_an_edge_that_is_one_pixel_off():
    truth = np.zeros((20, 20), np.uint8)
    truth[:, 10:] = 1
    prediction = np.roll(truth, 1, axis=1)
    prediction[:, 0] = 0
    np.testing.assert_array_equal(apply_offsets(prediction, offsets_of_labels(truth)), truth)
