"""Thresholds by their names, on bytes and on floating point alike."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.errors import InputError
from boundary_bench.bench.formats.masks.threshold import threshold
from boundary_bench.metrics.structures.binary_mask import above_half

LEVELS = np.arange(256, dtype=np.uint8)[None]


@pytest.mark.parametrize(
    ("name", "lowest"),
    [("0.5", 128), (0.5, 128), (">127", 128), (">128", 129), (">=128", 128), (">0", 1), ("0.2", 51), ("1", 255)],
)
def test_the_lowest_level_of_the_object(name: str, lowest: int) -> None:
    cut = threshold(name)
    assert np.flatnonzero(cut.of(LEVELS)[0])[0] == lowest
    floats = (LEVELS / np.float32(255)).astype(np.float32)
    assert np.flatnonzero(cut.of(floats)[0])[0] == lowest
    assert [cut.reached_by(level / 255) for level in (lowest - 1, lowest)] == [False, True]


def test_the_usual_one_is_that_of_binary_masks() -> None:
    np.testing.assert_array_equal(threshold("0.5").of(LEVELS), above_half(LEVELS))


def test_floating_point_that_is_the_threshold_belongs_to_the_object() -> None:
    for number in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert threshold(number).of(np.full((1, 1), number, np.float32)).all()


@pytest.mark.parametrize("name", ["", "half", "-1", ">300", "nan", "0.5.1", True])
def test_what_is_no_threshold(name: str) -> None:
    with pytest.raises(InputError, match=r"allowed: a number in 0\.\.1"):
        threshold(name)
