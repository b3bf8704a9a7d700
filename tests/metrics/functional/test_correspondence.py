import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching

from boundary_bench.metrics.functional.correspondence import matching_pairs, matching_sizes
from tests.paths import reference_dir

RADII = st.sampled_from([0.0, 1.0, 1.4, 1.5, 2.0, 2.9, 4.0, 100.0])


@st.composite
def map_pairs(draw):
    """Two maps of one size, sparse to full."""
    shape = draw(st.tuples(st.integers(1, 11), st.integers(1, 14)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return tuple(rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.3, 0.8, 1.0])) for _ in range(2))


def distances(prediction, truth):
    across = np.argwhere(prediction)[:, None] - np.argwhere(truth)[None]
    return np.sqrt((across.astype(float) ** 2).sum(axis=-1))


def largest_matching(prediction, truth, radius):
    graph = csr_matrix(distances(prediction, truth) <= radius)
    return int((maximum_bipartite_matching(graph) >= 0).sum()) if min(graph.shape) else 0


@given(map_pairs(), RADII)
def test_pairs_are_as_many_and_as_near_as_an_assignment_solver_finds(maps, radius):
    prediction, truth = maps
    cost = distances(prediction, truth)
    far = 1e6
    rows, columns = linear_sum_assignment(np.where(cost <= radius, cost, far))
    within = cost[rows, columns] <= radius
    pairs = matching_pairs(prediction, truth, max_distance_px=radius)
    assert len(pairs) == within.sum() == largest_matching(prediction, truth, radius)
    lengths = np.sqrt(((pairs[:, 0] - pairs[:, 1]).astype(float) ** 2).sum(axis=-1))
    assert np.all(lengths <= radius)
    assert lengths.sum() == pytest.approx(cost[rows, columns][within].sum(), abs=1e-4)
    for side, mask in enumerate(maps):
        assert mask[tuple(pairs[:, side].T)].all()
        assert len(np.unique(pairs[:, side], axis=0)) == len(pairs)


@given(map_pairs(), RADII)
def test_it_does_not_matter_which_map_comes_first(maps, radius):
    there = matching_pairs(*maps, max_distance_px=radius)
    back = matching_pairs(*maps[::-1], max_distance_px=radius)[:, ::-1]
    assert {tuple(pair.ravel()) for pair in there} == {tuple(pair.ravel()) for pair in back}


@st.composite
def growing_maps(draw):
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 40)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    levels = rng.integers(0, 8, shape) * (rng.random(shape) < draw(st.sampled_from([0.1, 0.4, 1.0])))
    return levels.astype(np.uint8), rng.random(shape) < draw(st.sampled_from([0.0, 0.1, 0.3, 0.9]))


@given(growing_maps(), RADII)
def test_sizes_are_those_of_a_matching_at_each_level(maps, radius):
    levels, truth = maps
    predicted, matched = matching_sizes(levels, truth, count=9, max_distance_px=radius)
    masks = [levels >= level for level in range(1, 10)]
    assert predicted.tolist() == [int(mask.sum()) for mask in masks]
    assert matched.tolist() == [largest_matching(mask, truth, radius) for mask in masks]


def test_a_late_pixel_moves_a_whole_chain():
    """A line of pixels on a line one longer: the late pixel before it fits only if each of them moves on by one."""
    truth, levels = np.zeros((1, 60), bool), np.zeros((1, 60), np.uint8)
    truth[0, 1:50], levels[0, 1:49], levels[0, 0] = True, 2, 1
    assert matching_sizes(levels, truth, count=2, max_distance_px=1)[1].tolist() == [49, 48]
    truth[0, 49] = False
    assert matching_sizes(levels, truth, count=2, max_distance_px=1)[1].tolist() == [48, 48]


def test_the_distance_is_euclidean_and_inclusive():
    prediction, truth = np.zeros((4, 5), bool), np.zeros((4, 5), bool)
    prediction[0, 0] = truth[3, 4] = True
    assert len(matching_pairs(prediction, truth, max_distance_px=4.999)) == 0
    assert matching_pairs(prediction, truth, max_distance_px=5).tolist() == [[[0, 0], [3, 4]]]
    assert matching_sizes(prediction.view(np.uint8), truth, count=1, max_distance_px=4.999)[1].tolist() == [0]
    assert matching_sizes(prediction.view(np.uint8), truth, count=1, max_distance_px=5)[1].tolist() == [1]


def test_more_pairs_come_before_near_ones():
    """The middle true pixel lies on a predicted one, but both predicted pixels get a partner only if it does not."""
    prediction = np.array([[0, 0, 1, 1, 0, 0]], bool)
    truth = np.array([[1, 0, 1, 0, 0, 0]], bool)
    pairs = matching_pairs(prediction, truth, max_distance_px=2)
    assert sorted(map(tuple, pairs[:, :, 1].tolist())) == [(2, 0), (3, 2)]


def test_bad_input_is_refused():
    mask = np.ones((2, 3), bool)
    with pytest.raises(ValueError, match=r"\(2, 2\); allowed: the size of the truth"):
        matching_pairs(mask[:, :2], mask, max_distance_px=1)
    for distance in (-1, np.nan, np.inf):
        with pytest.raises(ValueError, match="max_distance_px is"):
            matching_sizes(mask.view(np.uint8), mask, count=1, max_distance_px=distance)


def test_a_level_too_high_is_refused():
    with pytest.raises(ValueError, match="levels reach 3; allowed: 0 to 2"):
        matching_sizes(np.array([[1, 3]], np.uint8), np.ones((1, 2), bool), count=2, max_distance_px=1)


def test_the_benchmark_of_bsds():
    """Its solver varies from run to run; the largest matching does not, nor do we."""
    values = json.loads(reference_dir("values", "bsds_outputs.json").read_text())
    packed = np.load(reference_dir("values", "bsds_boundaries_packbits.npz"))
    for entry in values["results"]:
        shape = entry["shape"]

        def boundary(name, shape=shape, image=entry["image"]):
            return np.unpackbits(packed[f"{image}_{name}"], count=shape[0] * shape[1]).reshape(shape).astype(bool)

        prediction = boundary(f"t{entry['threshold_index']:02d}")
        found = np.zeros_like(prediction)
        reach = values["maxDist"] * np.hypot(*shape)
        for annotator, largest in enumerate(entry["max_cardinality"]):
            truth = boundary(f"gt{annotator}")
            pairs = matching_pairs(prediction, truth, max_distance_px=reach)
            sizes = matching_sizes(prediction.view(np.uint8), truth, count=1, max_distance_px=reach)
            assert len(pairs) == sizes[1][0] == largest
            found[tuple(pairs[:, 0].T)] = True
        peer = np.mean([run["cntP"] for run in entry["peer_runs"]])
        assert np.count_nonzero(found) == pytest.approx(peer, rel=1e-3)
