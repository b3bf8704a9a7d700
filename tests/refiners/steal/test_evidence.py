from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt

from boundary_bench.refiners.steal.evidence import energy, likeliest, mask_edges, merged, normalised, stopping_function
from tests.paths import reference_dir


def ones(*size):
    return np.ones(size, np.float32)


def test_other_classes_are_weaker_evidence():
    maps = np.zeros((3, 1, 4), np.float32)
    maps[0, 0, 0], maps[1, 0, 1], maps[2, 0, 1], maps[2, 0, 2] = 0.8, 0.2, 0.6, 0.4
    # Of class 0 the others sum up to 0, 0.8, 0.4, 0, of which the largest is 0.8.
    np.testing.assert_allclose(merged(maps, 0)[0], [0.8, 0.5, 0.25, 0], atol=1e-5)
    np.testing.assert_allclose(merged(maps, 1, weight=0.25)[0], [0.25, 0.2 + 0.25 * 0.75, 0.125, 0], atol=1e-5)
    np.testing.assert_array_equal(merged(maps, 2, weight=0), maps[2])
    np.testing.assert_array_equal(merged(maps[:1], 0), maps[0])


def test_classes_without_edges_add_nothing():
    maps = np.zeros((4, 5, 5), np.float32)
    maps[1] = 0.7
    np.testing.assert_array_equal(merged(maps, 1), maps[1])


def test_evidence_is_divided_by_its_maximum():
    np.testing.assert_allclose(normalised(np.array([[0.3, 0.6, 0]], np.float32)), [[0.5, 1, 0]], atol=1e-4)
    np.testing.assert_array_equal(normalised(0 * ones(2, 2)), 0 * ones(2, 2))


def test_the_stopping_function_by_hand():
    evidence = np.array([[0, 1, 3]], np.float32)
    np.testing.assert_allclose(stopping_function(evidence), [[1, 1 / math.sqrt(2), 0.5]], rtol=1e-6)
    edges = np.array([[False, True, False]])
    expected = [[1 + 0.2, 1 / math.sqrt(2) + 0.2 / math.sqrt(2), 0.5 + 0.2]]
    np.testing.assert_allclose(stopping_function(evidence, edges, closeness=0.2), expected, rtol=1e-6)


def test_reference_values_of_steal():
    stored = np.load(reference_dir("values", "steal_mls.npz"))
    for width in (1, 2, 5):
        edges = mask_edges(stored["road_gt"] > 0, width_px=width, border=True)
        np.testing.assert_array_equal(edges, stored[f"seg2edges_r{width}"] > 0)
    for name, expected in zip(("noisy_init", "level5", "level25"), stored["edges_ckpt"], strict=True):
        np.testing.assert_array_equal(mask_edges(stored[name] > 0, border=True), expected > 0)
    edges = mask_edges(stored["noisy_init"] > 0, border=True)
    speed = stopping_function(normalised(stored["evidence"]), edges, closeness=0.2)
    np.testing.assert_array_equal(speed, stored["h"])


@given(st.integers(0, 2**20), st.floats(1, 6))
def test_edges_lie_on_both_sides_of_the_contour(seed, width):
    mask = np.random.default_rng(seed).random((13, 17)) < 0.8
    mask[0, 0], mask[0, 1] = True, False
    distance = distance_transform_edt(mask) + distance_transform_edt(~mask)
    np.testing.assert_array_equal(mask_edges(mask, width_px=width), distance <= width)


def test_a_full_mask_has_edges_along_the_border_or_none():
    full = np.ones((5, 6), bool)
    assert not mask_edges(full).any()
    assert mask_edges(full, width_px=1, border=True).sum() == 18
    assert not mask_edges(~full, border=True).any()


@given(st.integers(0, 2**20))
def test_energies_differ_as_likelihoods_of_all_pixels(seed):
    rng = np.random.default_rng(seed)
    likely = rng.uniform(0.01, 0.99, (6, 7)).astype(np.float32)
    one, two = rng.random((2, 6, 7)) < 0.3

    def negative_log_likelihood(edges):
        return -sum(math.log(p if edge else 1 - p) for p, edge in zip(likely.flat, edges.flat, strict=True))

    difference = negative_log_likelihood(one) - negative_log_likelihood(two)
    assert energy(one, likely) - energy(two, likely) == pytest.approx(difference, abs=1e-5)


def test_certain_edges_have_finite_energies():
    certain = np.array([[0, 1]], np.float32)
    assert energy(np.array([[True, False]]), certain) == pytest.approx(math.log(1e6), rel=1e-3)
    assert energy(np.array([[False, True]]), certain) == pytest.approx(-math.log(1e6), rel=1e-3)
    assert energy(np.zeros((1, 2), bool), certain) == 0


def test_the_mask_along_likely_edges_is_taken_the_first_of_equal_ones():
    columns = np.arange(20)[None].repeat(10, axis=0)
    masks = [columns < place for place in (5, 9, 10, 14)]
    likely = np.where(np.abs(columns - 9.5) < 2, np.float32(0.9), np.float32(0.1))
    assert likeliest(iter(masks), likely) is masks[2]
    again = masks[2].copy()
    assert likeliest([masks[2], again], likely) is masks[2]


@pytest.mark.parametrize(
    ("evidence", "edges", "closeness", "message"),
    [
        (-ones(2, 2), None, 0.0, r"evidence lies in \[-1, -1\]; allowed: finite, 0 or more"),
        (ones(2, 2) * np.nan, None, 0.0, "evidence lies in"),
        (ones(2, 2), None, 0.5, "closeness is 0.5; allowed: 0 without edges"),
        (ones(2, 2), ones(2, 2) > 0, -1.0, "closeness is -1.0; allowed: finite, 0 or more"),
    ],
)
def test_what_is_refused(evidence, edges, closeness, message):
    with pytest.raises(ValueError, match=message):
        stopping_function(evidence, edges, closeness=closeness)
