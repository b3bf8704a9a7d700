"""The search by itself, with scores that are functions of the parameters and of the images."""

from __future__ import annotations

import math

import numpy as np
import pytest

from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters
from boundary_bench.refiners.densecrf.tuning import ITERATIONS, RANGES, draw, maps_to_score, search

TARGET = Parameters(2.0, 1.0, 20.0, 5.0, 3.0, iterations=5)


def closeness(parameters: Parameters | None) -> float:
    """0 at the target, falling with the distance in logarithms; -9 for the unrefined."""
    if parameters is None:
        return -9.0
    return -math.hypot(*(math.log(getattr(parameters, name) / getattr(TARGET, name)) for name in RANGES))


def consistent(settings, images):
    return [closeness(each) for each in settings]


class Recorder:
    """A consistent score that remembers its calls."""

    def __init__(self):
        self.calls = []

    def __call__(self, settings, images):
        self.calls.append((list(settings), list(images)))
        return consistent(settings, images)


def test_drawn_settings_fill_the_ranges_evenly_in_the_logarithm():
    rng = np.random.default_rng(0)
    drawn = [draw(rng) for _ in range(2000)]
    for name, (low, high) in RANGES.items():
        values = np.array([getattr(each, name) for each in drawn])
        assert low <= values.min() < 1.1 * low
        assert high / 1.1 < values.max() <= high
        assert np.mean(values < math.sqrt(low * high)) == pytest.approx(0.5, abs=0.05)
        assert all(float(f"{value:.3g}") == value for value in values[:50])
    assert {each.iterations for each in drawn} == set(ITERATIONS)


def test_the_best_of_a_known_objective_is_found():
    found = search(consistent, 101, trials=60)
    best = max(found.trials, key=lambda trial: closeness(trial.parameters))
    assert found.parameters == best.parameters
    assert found.score_after == closeness(best.parameters)
    assert found.score_before == -9
    assert best.images == 101
    assert found.score_after > -1.2
    assert closeness(found.parameters) > max(closeness(preset) for preset in PRESETS.values())


def test_the_same_seed_gives_the_same_result_and_another_one_another():
    assert search(consistent, 40, trials=20, seed=3) == search(consistent, 40, trials=20, seed=3)
    assert search(consistent, 40, trials=20, seed=3).parameters != search(consistent, 40, trials=20, seed=4).parameters


def test_each_step_keeps_the_better_half_and_all_presets_on_more_images():
    recorder = Recorder()
    found = search(recorder, 64, trials=10)
    *steps, last = recorder.calls
    assert [len(settings) - len(PRESETS) for settings, _ in steps] == [10, 5, 3, 2]
    assert [images for _, images in steps] == [list(range(0, 64, stride)) for stride in (8, 4, 2, 1)]
    assert last == ([None], list(range(64)))
    drawn = steps[0][0][len(PRESETS) :]
    ranking = sorted(drawn, key=closeness, reverse=True)
    for settings, _ in steps[1:]:
        assert settings[: len(PRESETS)] == list(PRESETS.values())
        assert settings[len(PRESETS) :] == ranking[: len(settings) - len(PRESETS)]
    assert [trial.preset for trial in found.trials] == [*PRESETS, *[None] * 10]
    assert [trial.parameters for trial in found.trials] == [*PRESETS.values(), *drawn]
    assert sorted(trial.images for trial in found.trials[len(PRESETS) :]) == [8] * 5 + [16] * 2 + [32] + [64] * 2


@pytest.mark.parametrize(("images", "strides"), [(1, [1]), (15, [1]), (16, [2, 1]), (63, [4, 2, 1])])
def test_few_images_are_not_thinned_below_eight(images, strides):
    recorder = Recorder()
    search(recorder, images, trials=4)
    assert [chosen for _, chosen in recorder.calls[:-1]] == [list(range(0, images, stride)) for stride in strides]


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_that_looks_bad_early_still_wins_if_it_is_best_on_all_images(name):
    def score(settings, images):
        late = 10 if len(images) == 64 else -10
        return [late if each == PRESETS[name] else closeness(each) for each in settings]

    found = search(score, 64, trials=8)
    assert found.parameters == PRESETS[name]


def test_a_setting_that_was_given_up_does_not_win_by_its_early_score():
    def score(settings, images):
        return [closeness(each) + (100 if len(images) < 64 else 0) for each in settings]

    found = search(score, 64, trials=8)
    assert next(trial for trial in found.trials if trial.parameters == found.parameters).images == 64
    assert found.score_after < 1


def test_of_equal_scores_the_first_wins():
    found = search(lambda settings, images: [0.5] * len(settings), 20, trials=5)
    assert found.parameters == next(iter(PRESETS.values()))


@pytest.mark.parametrize(("images", "trials"), [(101, 64), (64, 10), (5, 3), (16, 0)])
def test_the_cost_is_known_before(images, trials):
    seen = set()

    def score(settings, chosen):
        seen.update((each, image) for each in settings for image in chosen)
        return consistent(settings, chosen)

    search(score, images, trials=trials)
    assert maps_to_score(images, trials) == len(seen)


@pytest.mark.parametrize(("images", "trials", "value"), [(0, 3, 0.0), (3, -1, 0.0), (3, 3, math.nan)])
def test_what_cannot_be_searched_is_refused(images, trials, value):
    with pytest.raises(ValueError, match="allowed"):
        search(lambda settings, chosen: [value] * len(settings), images, trials=trials)
