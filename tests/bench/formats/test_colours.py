"""Colours as ids: exact, and unknown ones are named with their place."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.colours import decode_colours
from boundary_bench.bench.formats.palette import palette


@pytest.mark.parametrize("classes", [1, 2, 32, 255, 300])
def test_each_colour_is_its_row(classes: int) -> None:
    rng = np.random.default_rng(classes)
    colours = rng.permutation(palette(classes))
    ids = rng.integers(0, classes, (20, 30))
    found = decode_colours(colours[ids], colours)
    np.testing.assert_array_equal(found, ids)
    assert found.dtype == (np.uint8 if classes <= 255 else np.int32)


def test_unknown_colours_are_named() -> None:
    colours = np.array([(0, 0, 0), (255, 0, 0)], np.uint8)
    rgb = np.zeros((4, 5, 3), np.uint8)
    rgb[1, 3] = rgb[2, 2] = (254, 0, 0)  # near, as after compression
    rgb[3, 4] = (255, 255, 255)
    with pytest.raises(InputError) as caught:
        decode_colours(rgb, colours)
    (problem,) = caught.value.problems
    assert problem.found == "the colour (254, 0, 0) at row 1, column 3, of 2 such colours in 3 px"


def test_no_two_classes_share_a_colour() -> None:
    with pytest.raises(ValueError, match=r"the colour \(1, 2, 3\) stands for two classes"):
        decode_colours(np.zeros((1, 1, 3), np.uint8), np.array([(1, 2, 3), (0, 0, 0), (1, 2, 3)], np.uint8))
