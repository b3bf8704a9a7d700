import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.refiners.classical.prior_shift import PriorShift
from boundary_bench.refiners.classical.prior_shift_tuning import _best_weight, _mean_iou, tune
from tests.effort import examples
from tests.void import VOID


def biased(rng, images=4, classes=3, size=(40, 50)):
    """Probabilities of a model that multiplies those of class 0 by 4, and the truth."""
    for _ in range(images):
        truth = rng.integers(0, classes, size).astype(np.uint8)
        scores = rng.random((classes, *size)) + 0.8 * (truth == np.arange(classes)[:, None, None])
        scores[0] *= 4
        truth[:3] = VOID
        yield (scores / scores.sum(axis=0)).astype(np.float32), truth


def mean_iou(weights, pairs):
    hits, union = np.zeros(len(weights)), np.zeros(len(weights))
    for scores, truth in pairs:
        predicted = np.where(truth == VOID, VOID, (scores * np.reshape(weights, (-1, 1, 1))).argmax(axis=0))
        for c in range(len(weights)):
            hits[c] += ((predicted == c) & (truth == c)).sum()
            union[c] += ((predicted == c) | (truth == c)).sum()
    return (hits / union).mean()


def test_a_class_bias_is_undone():
    pairs = list(biased(np.random.default_rng(0)))
    preset = tune(pairs, 3, pixels_per_image=10_000)
    assert preset.pixels == 4 * 37 * 50
    assert preset.images == 4
    # Class 0 was favoured fourfold; the geometric mean of the weights is 1.
    np.testing.assert_allclose(np.log(preset.weights).sum(), 0, atol=1e-9)
    assert preset.weights[1] / preset.weights[0] == pytest.approx(4, rel=0.15)
    assert preset.weights[2] / preset.weights[0] == pytest.approx(4, rel=0.15)
    # Both figures are those of a plain computation: every pixel was sampled.
    assert preset.mean_iou_before == pytest.approx(mean_iou(np.ones(3), pairs), abs=1e-12)
    assert preset.mean_iou_after == pytest.approx(mean_iou(preset.weights, pairs), abs=1e-12)


def test_no_grid_search_finds_more():
    pairs = list(biased(np.random.default_rng(1), images=2, size=(20, 30)))
    grid = 2.0 ** np.arange(-1, 4, 0.25)
    best = max(mean_iou((1, b, c), pairs) for b, c in itertools.product(grid, grid))
    assert tune(pairs, 3, pixels_per_image=10_000).mean_iou_after >= best - 0.002


@settings(max_examples=examples(40))
@given(st.integers(0, 2**16), st.integers(0, 2))
def test_the_best_weight_of_a_class_is_exact(seed, class_id):
    """Quantised scores make many pixels turn at the same weight, and some never."""
    rng = np.random.default_rng(seed)
    scores = (rng.integers(0, 6, (30, 3)) / 5).astype(np.float32)
    scores[np.arange(30), rng.integers(0, 3, 30)] += 0.2
    truth = rng.integers(0, 3, 30)
    present = np.unique(truth)
    if class_id not in present:
        return
    weights = np.array([1.0, 1.3, 0.7])
    weight, claimed = _best_weight(scores, truth, weights, class_id, present)

    def value(candidate):
        return _mean_iou(scores, truth, np.where(np.arange(3) == class_id, candidate, weights), present)

    assert value(weight) == pytest.approx(claimed, abs=1e-12)
    assert claimed >= max(value(candidate) for candidate in np.geomspace(1 / 32, 32, 400)) - 1e-12


def test_same_seed_same_weights_and_another_seed_other_pixels():
    first, again, other = (
        tune(biased(np.random.default_rng(0)), 3, seed=seed, pixels_per_image=100) for seed in (5, 5, 6)
    )
    assert first == again
    assert first.weights != other.weights
    assert first.pixels == 400


def test_a_class_that_the_truth_never_shows_keeps_weight_one():
    def with_fourth():
        for scores, truth in biased(np.random.default_rng(0)):
            yield np.concatenate([scores, np.full((1, *truth.shape), 0.3, np.float32)]), truth

    assert tune(with_fourth(), 4).weights[3] == 1


def test_a_preset_is_what_the_refiner_reads(tmp_path):
    preset = tune(biased(np.random.default_rng(0)), 3)
    path = tmp_path / "preset.json"
    path.write_text(json.dumps(preset.as_json()))
    ratios = PriorShift(path).weights / PriorShift(preset.weights).weights
    np.testing.assert_allclose(ratios, 1, rtol=1e-6)


def test_what_cannot_be_tuned_on_is_refused():
    scores, truth = next(biased(np.random.default_rng(0)))
    with pytest.raises(ValueError, match="0 images with 0 scored pixels"):
        tune([], 3)
    with pytest.raises(ValueError, match="1 images with 0 scored pixels"):
        tune([(scores, np.full_like(truth, VOID))], 3)
    with pytest.raises(ValueError, match="K = 3; allowed: 4"):
        tune([(scores, truth)], 4)
    with pytest.raises(ValueError, match=r"ids 0..2; allowed: 0..1"):
        tune([(scores[:2], truth)], 2)
