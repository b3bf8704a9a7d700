from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.refiners.steal.contour import Contour
from tests.effort import examples
from tests.paths import reference_dir

FLAT = np.ones((24, 90), np.float32)


def foreign(speed, mask, steps, contour):
    """scikit-image's contour; its smoothing goes on where the last call of the process ended, unless it is reset."""
    snakes = pytest.importorskip("skimage.segmentation.morphsnakes")
    operators = (lambda u: snakes.sup_inf(snakes.inf_sup(u)), lambda u: snakes.inf_sup(snakes.sup_inf(u)))
    snakes._curvop = snakes._fcycle(operators)
    found = snakes.morphological_geodesic_active_contour(
        speed,
        steps,
        init_level_set=mask.astype(np.int8),
        smoothing=contour.smoothing,
        threshold=contour.threshold,
        balloon=contour.balloon,
    )
    return found > 0


@st.composite
def problems(draw):
    """A mask of noise, of a box that may touch any border, or of both; a speed with or without ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**20)))
    size = draw(st.integers(2, 24)), draw(st.sampled_from([2, 3, 17, 63, 64, 65, 127, 128, 129, 150]))
    mask = rng.random(size) < draw(st.sampled_from([0.0, 0.02, 0.5, 0.95]))
    if draw(st.booleans()):
        top, left = (draw(st.integers(0, side - 1)) for side in size)
        mask[top : top + draw(st.integers(1, 24)), left : left + draw(st.integers(1, 150))] = True
    speed = rng.random(size).astype(draw(st.sampled_from([np.float32, np.float64])))
    if draw(st.booleans()):
        speed = np.round(speed * 4) / speed.dtype.type(4)
    return mask, speed


CONTOURS = st.builds(
    Contour, st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0]), st.sampled_from([0.25, 0.5, 0.9]), st.integers(0, 3)
)


@settings(max_examples=examples(100))
@given(problems(), CONTOURS, st.integers(0, 8))
def test_as_scikit_image(problem, contour, steps):
    mask, speed = problem
    np.testing.assert_array_equal(contour.evolve(mask, speed, steps), foreign(speed, mask, steps, contour))


@given(problems(), CONTOURS)
def test_an_evolution_may_be_looked_at_on_its_way(problem, contour):
    mask, speed = problem
    before = mask.copy()
    states = list(contour.states(mask, speed, (0, 1, 1, 4, 5)))
    for state, steps in zip(states, (0, 1, 1, 4, 5), strict=True):
        np.testing.assert_array_equal(state, contour.evolve(mask, speed, steps))
    np.testing.assert_array_equal(mask, before)


@given(problems(), CONTOURS, st.integers(0, 4))
def test_flips_and_turns_change_nothing(problem, contour, steps):
    """Turned, rows become columns: what is done within words and between them is done in two ways."""
    mask, speed = problem
    expected = contour.evolve(mask, speed, steps)
    np.testing.assert_array_equal(contour.evolve(mask[::-1, ::-1], speed[::-1, ::-1], steps), expected[::-1, ::-1])
    np.testing.assert_array_equal(contour.evolve(mask.T, speed.T, steps), expected.T)


def test_reference_values_of_scikit_image():
    stored = np.load(reference_dir("values", "morph_gac.npz"))
    speed, start = stored["gimage"].astype(np.float64), stored["init"] > 0
    names = [name for name in stored.files if name.startswith("it")]
    assert len(names) == 6
    for name in names:
        numbers = re.fullmatch(r"it(\d+)_smooth(\d)_balloon(-?\d)_thr(.+)", name).groups()
        steps, smoothing, balloon, threshold = map(float, numbers)
        found = Contour(balloon, threshold, int(smoothing)).evolve(start, speed, int(steps))
        np.testing.assert_array_equal(found, stored[name] > 0, name)


def test_reference_values_of_steal():
    stored = np.load(reference_dir("values", "steal_mls.npz"))
    states = Contour(balloon=0, threshold=0, smoothing=2).states(stored["noisy_init"] > 0, stored["h"], (5, 25))
    for state, name in zip(states, ("level5", "level25"), strict=True):
        np.testing.assert_array_equal(state, stored[name] > 0, name)


@pytest.mark.parametrize(("balloon", "sides"), [(1.0, (8, 10)), (-1.0, (4, 6))])
def test_a_balloon_moves_one_pixel_a_step(balloon, sides):
    mask = np.zeros_like(FLAT, bool)
    mask[8:14, 60:68] = True
    found = Contour(balloon, 0.5, smoothing=0).evolve(mask, FLAT, 1)
    assert found.sum() == sides[0] * sides[1]
    assert found[14 if balloon > 0 else 12, 68 if balloon > 0 else 66]


def test_balloon_and_gradient_move_two_pixels_a_step():
    """Down a slope in all directions; what the contour reaches is all that is ever looked at."""
    speed = 100.0 - np.abs(np.arange(90) - 45.0)[None].repeat(50, axis=0)
    mask = np.zeros(speed.shape, bool)
    mask[20:30, 44:47] = True
    found = Contour(1, 0.5, smoothing=0).evolve(mask, speed, 6)
    np.testing.assert_array_equal(np.flatnonzero(found[25]), np.arange(44 - 12, 47 + 12))


def test_a_balloon_stops_where_the_speed_is_low():
    """A wall of three columns that are no faster than the threshold allows."""
    speed = FLAT.copy()
    speed[:, 40:43] = 0.5
    mask = np.zeros_like(FLAT, bool)
    mask[10, 30] = True
    found = Contour(1.0, 0.5, smoothing=0).evolve(mask, speed, 60)
    assert found[:, :39].all()
    assert not found[:, 42:].any()


def test_a_contour_slides_into_a_valley():
    """Without a balloon, from either side; a flat field holds nothing and moves nothing."""
    speed = np.abs(np.arange(90, dtype=np.float64) - 40)[None].repeat(24, axis=0)
    for start in (30, 50):
        mask = np.arange(90)[None].repeat(24, axis=0) < start
        ends = Contour(0, 0.5, smoothing=0).evolve(mask, speed, 40).sum(axis=1)
        assert set(ends.tolist()) <= {40, 41}
        np.testing.assert_array_equal(Contour(0, 0.5, smoothing=0).evolve(mask, FLAT, 40), mask)


def test_smoothing_removes_a_spike_and_fills_a_notch_and_rounds_corners():
    mask = np.zeros((24, 90), bool)
    mask[8:16, 58:70] = True
    drawn = mask.copy()
    drawn[7, 64], drawn[15, 66] = True, False
    mask[[8, 8, 15, 15], [58, 69, 58, 69]] = False
    mask[[8, 8, 9, 9, 15, 15, 14, 14], [59, 68, 58, 69, 59, 68, 58, 69]] = False
    np.testing.assert_array_equal(Contour(0, 0.5).evolve(drawn, FLAT, 2), mask)


def test_an_empty_mask_stays_empty():
    found = list(Contour().states(np.zeros_like(FLAT, bool), FLAT, (0, 7)))
    assert [state.any() for state in found] == [False, False]


def test_what_lies_far_away_is_not_looked_at():
    """NaN speaks for nothing; the rest of the image may hold anything."""
    mask = np.zeros((60, 300), bool)
    mask[20:30, 100:120] = True
    speed = np.random.default_rng(0).random(mask.shape)
    expected = Contour(1, 0.3).evolve(mask, speed, 5)
    far = np.ones_like(mask)
    far[7:43, 87:133] = False
    speed[far] = np.nan
    np.testing.assert_array_equal(Contour(1, 0.3).evolve(mask, speed, 5), expected)


@pytest.mark.parametrize(
    ("settings", "mask", "speed", "steps", "message"),
    [
        ({"smoothing": -1}, FLAT > 0, FLAT, (1,), "smoothing is -1; allowed: 0 or more"),
        ({"balloon": np.nan}, FLAT > 0, FLAT, (1,), "balloon is nan; allowed: finite"),
        ({}, FLAT, FLAT, (1,), r"mask is float32 \(24, 90\); allowed: bool"),
        ({}, FLAT[:1] > 0, FLAT[:1], (1,), r"mask is bool \(1, 90\)"),
        ({}, FLAT > 0, FLAT[1:], (1,), r"speed is float32 \(23, 90\); allowed: .* \(24, 90\)"),
        ({}, FLAT > 0, FLAT.astype(np.int32), (1,), "speed is int32"),
        ({}, FLAT > 0, FLAT, (3, 1), r"steps are \[3, 1\]; allowed: .* ascending"),
        ({}, FLAT > 0, FLAT, (-1,), r"steps are \[-1\]"),
    ],
)
def test_what_is_refused(settings, mask, speed, steps, message):
    with pytest.raises(ValueError, match=message):
        list(Contour(**settings).states(mask, speed, steps))
