from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evidence import stopping_function
from boundary_bench.refiners.steal.schedule import NEVER, Schedule


def walled_square(side: int, wall: int):
    """Certain edges along a square in the middle, and a mask of four pixels in it."""
    probability = np.zeros((side, side), np.float32)
    probability[wall:-wall, wall:-wall] = 1
    probability[wall + 4 : -wall - 4, wall + 4 : -wall - 4] = 0
    mask = np.zeros((side, side), bool)
    mask[side // 2 - 1 : side // 2 + 1, side // 2 - 1 : side // 2 + 1] = True
    return probability, mask


@pytest.mark.parametrize("size", [(40, 40), (41, 39)])
def test_a_mask_grows_to_the_edges_of_its_grid(size):
    probability, mask = walled_square(40, 8)
    probability, mask = (np.pad(array, ((0, 1), (0, 0)))[: size[0], : size[1]] for array in (probability, mask))
    schedule = Schedule(steps=(30,))
    evidence = schedule.reduced(probability)
    assert evidence.shape == ((size[0] + 1) // 2, (size[1] + 1) // 2)
    arrivals = schedule.arrivals(Contour(smoothing=0), mask, stopping_function(evidence), evidence)
    assert (arrivals.dtype, arrivals.shape) == (np.int32, size)
    found = arrivals != NEVER
    expected = np.zeros(size, bool)
    expected[10:30, 10:30] = True  # the gradient draws it to the middle of the wall, but for the corners
    expected[[[10], [11], [28], [29]], [10, 11, 28, 29]] = False
    np.testing.assert_array_equal(found, expected)


def test_of_several_steps_the_likeliest_is_taken():
    probability, mask = walled_square(40, 8)
    speed = np.ones_like(probability)  # nothing stops the balloon: only the choice can
    found = Schedule((2, 8, 9, 10, 19), reduction=1).arrivals(Contour(smoothing=0), mask, speed, probability)
    np.testing.assert_array_equal(found != NEVER, Contour(smoothing=0).evolve(mask, speed, 9))
    row, column = np.indices((40, 40))
    away = np.maximum(np.maximum(19 - row, row - 20), np.maximum(19 - column, column - 20)).clip(min=0)
    np.testing.assert_array_equal(found, np.where(away <= 9, away, NEVER))  # a pixel a step, corners too


def test_a_result_comes_in_cells_of_its_grid():
    mask = np.random.default_rng(0).random((11, 14)) < 0.5
    speed = np.ones((4, 5), np.float32)
    found = Schedule((0,), reduction=3).arrivals(Contour(), mask, speed, speed)
    np.testing.assert_array_equal(found == 0, np.kron(mask[::3, ::3], np.ones((3, 3), bool))[:11, :14])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": ()}, r"steps are \(\); allowed: one number or more"),
        ({"steps": (3, 2)}, r"steps are \(3, 2\); allowed: .* ascending"),
        ({"steps": (-1,)}, r"steps are \(-1,\)"),
        ({"reduction": 0}, "reduction is 0; allowed: 1"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        Schedule(**settings)


def test_a_pixel_that_is_left_was_never_reached():
    mask = np.zeros((9, 9), bool)
    mask[3:6, 3:6] = True
    nothing, shrinking = np.zeros((9, 9), np.float32), Contour(balloon=-1, threshold=0.5, smoothing=0)
    found = Schedule((1,), reduction=1).arrivals(shrinking, mask, nothing + 1, nothing)
    assert (found[4, 4], np.count_nonzero(found != NEVER)) == (0, 1)
