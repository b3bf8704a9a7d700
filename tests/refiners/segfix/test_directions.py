from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.refiners.segfix.directions import (
    ALLOWED,
    NO_DIRECTION,
    classes_to_offsets,
    direction_classes,
    number_of_classes,
    offset_vectors,
    unit_px,
)

# (dy, dx) of the released classes, in the order of the network's channels.
RELEASED = {
    4: [(-1, -1), (-1, 1), (1, 1), (1, -1)],
    "4_axis": [(0, -1), (-1, 0), (0, 1), (1, 0)],
    8: [(0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1)],
    16: [
        *[(0, -2), (-1, -2), (-2, -2), (-2, -1), (-2, 0), (-2, 1), (-2, 2), (-1, 2)],
        *[(0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (2, -1), (2, -2), (1, -2)],
    ],
}


@pytest.mark.parametrize("directions", RELEASED)
def test_vectors_are_the_released_ones(directions):
    assert offset_vectors(directions).tolist() == [list(vector) for vector in RELEASED[directions]]


def test_the_32_vectors_walk_once_around_a_square_of_radius_4():
    vectors = offset_vectors(32)
    assert vectors[:6].tolist() == [[0, -4], [-1, -4], [-2, -4], [-3, -4], [-4, -4], [-4, -3]]
    assert vectors[-1].tolist() == [1, -4]
    steps = np.abs(np.roll(vectors, -1, axis=0) - vectors)
    assert steps.sum(axis=1).tolist() == [1] * 32
    assert np.abs(vectors).max(axis=1).tolist() == [4] * 32


@pytest.mark.parametrize("directions", ALLOWED)
def test_a_vector_lies_in_its_own_class(directions):
    vectors = offset_vectors(directions)
    angles = np.degrees(np.arctan2(vectors[:, 0], vectors[:, 1]))
    assert direction_classes(angles, directions).tolist() == list(range(len(vectors)))


@pytest.mark.parametrize(
    ("directions", "angle", "expected"),
    [
        (8, -180.0, 0),
        (8, -157.5, 0),
        (8, -157.4, 1),
        (8, 157.5, 7),
        (8, 157.6, 0),
        (8, 180.0, 0),
        (8, 0.0, 4),
        (8, 22.5, 4),
        (8, -22.5, 3),
        (4, -180.0, 0),
        (4, -90.1, 0),
        (4, -90.0, 1),
        (4, 0.0, 2),
        (4, 90.0, 3),
        (4, 180.0, 3),
        ("4_axis", 135.0, 3),
        ("4_axis", 135.1, 0),
        ("4_axis", -135.0, 0),
        (16, -168.75, 0),
        (16, -168.7, 1),
        (32, 5.625, 16),
        (32, 5.63, 17),
    ],
)
def test_limits_of_the_classes(directions, angle, expected):
    for dtype in (np.float32, np.float64):
        assert direction_classes(np.array([angle], dtype), directions).tolist() == [expected]


def test_no_angle_gives_no_direction_and_no_offset():
    classes = direction_classes(np.array([[np.nan, 0.0]], np.float32), 8)
    assert classes.tolist() == [[NO_DIRECTION, 4]]
    assert classes_to_offsets(classes, 8, 3).tolist() == [[[0, 0], [0, 3]]]


@pytest.mark.parametrize("directions", ALLOWED)
def test_scale_is_the_length_of_every_step(directions):
    scale = 3 * unit_px(directions)
    vectors = offset_vectors(directions, scale)
    assert np.abs(vectors).max(axis=1).tolist() == [scale] * number_of_classes(directions)
    np.testing.assert_array_equal(vectors, 3 * offset_vectors(directions))


def test_long_steps_need_int16():
    assert classes_to_offsets(np.array([[0]]), 8, 127).dtype == np.int8
    assert classes_to_offsets(np.array([[0]]), 8, 128).tolist() == [[[0, -128]]]


@pytest.mark.parametrize(("directions", "scale"), [(16, 1), (16, 3), (32, 2), (32, 6), (8, 0), (8, -1)])
def test_a_scale_without_whole_pixels_is_refused(directions, scale):
    with pytest.raises(ValueError, match=f"scale is {scale} px; allowed for {directions} directions: multiples"):
        offset_vectors(directions, scale)


@pytest.mark.parametrize("directions", [0, 5, 64, "8", True])
def test_other_divisions_are_refused(directions):
    with pytest.raises(ValueError, match="allowed: 4, 8, 16, 32, 4_axis"):
        number_of_classes(directions)
