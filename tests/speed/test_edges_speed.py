"""Correspondence of edges against an assignment solver, and how long a whole image takes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment
from scipy.spatial import cKDTree

from boundary_bench.metrics.edges.semantic_edges import SemanticEdges
from boundary_bench.metrics.functional.correspondence import matching_pairs
from boundary_bench.metrics.functional.geometry import diagonal_px, semantic_edges, thin
from boundary_bench.metrics.structures.segmentation import EdgeMaps
from tests.speed.ratio import Section, best_s, measure_ratio, record, record_line
from tests.speed.scenes import prediction_of, street_labels

K = 19
LIMIT_S = 60
WHOLE = Section(
    "Semantic edges of one image",
    f"One 1024 x 2048 image, {K} classes, 99 thresholds, 8-bit maps in memory; goal: under {LIMIT_S} s.",
    ("what", "seconds"),
)


def boundaries(size: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Thin edges of all classes together: of a prediction and of its truth."""
    truth = street_labels(*size)
    maps = (semantic_edges(labels, classes=K, radius_px=1).any(axis=0) for labels in (prediction_of(truth), truth))
    prediction, true = (thin(one) for one in maps)
    return prediction, true


def solver(
    prediction: NDArray[np.bool_], truth: NDArray[np.bool_], reach: float
) -> tuple[SimpleLinearSumAssignment, int]:
    """The same graph, with a stand-in for each pixel that has no partner, ready to be solved; and what that costs."""
    points, places = np.argwhere(prediction), np.argwhere(truth)
    near = cKDTree(points).sparse_distance_matrix(cKDTree(places), reach, output_type="ndarray")
    left, right, n, m = near["i"].astype(np.int64), near["j"].astype(np.int64), len(points), len(places)
    alone = int(100 * reach * (min(n, m) + 1))
    arcs = [
        (left, right, np.rint(100 * near["v"]).astype(np.int64)),
        (n + right, m + left, np.zeros(len(near), np.int64)),
        (np.arange(n), m + np.arange(n), np.full(n, alone)),
        (n + np.arange(m), np.arange(m), np.full(m, alone)),
    ]
    assignment = SimpleLinearSumAssignment()
    assignment.add_arcs_with_cost(*(np.concatenate(column).astype(np.int64) for column in zip(*arcs, strict=True)))
    return assignment, alone


@pytest.mark.parametrize(("size", "ratio"), [((321, 481), 0.0075), ((1024, 2048), 0.0035)])
def test_correspondence(benchmark, size, ratio):
    prediction, truth = boundaries(size)
    reach = ratio * diagonal_px(size)
    assignment, alone = solver(prediction, truth, reach)
    found = measure_ratio(
        benchmark,
        lambda: matching_pairs(prediction, truth, max_distance_px=reach),
        assignment.solve,
        rounds=5,
    )
    pairs = len(matching_pairs(prediction, truth, max_distance_px=reach))
    both = int(prediction.sum() + truth.sum())
    assert (both - 2 * pairs) == assignment.optimal_cost() // alone
    name = f"correspondence of edges at {size[0]} x {size[1]}"
    record(name, found, 20, peer="OR-Tools linear assignment, graph ready, costs in 1/100 px")


def probable(labels: NDArray[np.uint8]) -> EdgeMaps:
    """Edges of a prediction, blurred, of uneven confidence, over a weak texture: every threshold has pixels."""
    rng = np.random.default_rng(0)
    edges = semantic_edges(labels, classes=K, radius_px=1)
    maps = np.empty(edges.shape, np.uint8)
    for k, edge in enumerate(edges):
        distance = cv2.distanceTransform(1 - edge.view(np.uint8), cv2.DIST_L2, 5)
        coarse = (rng.random(shape, dtype=np.float32) for shape in ((32, 64), (128, 256)))
        confidence, texture = (cv2.resize(one, labels.shape[::-1]) for one in coarse)
        maps[k] = 255 * np.minimum(np.exp(-((distance / 3) ** 2)) * (0.3 + 0.7 * confidence) + 0.1 * texture**4, 1)
    return EdgeMaps(maps)


def test_whole_image():
    labels = street_labels()
    truth, prediction = EdgeMaps(semantic_edges(labels, classes=K, radius_px=2)), probable(prediction_of(labels))
    for ratio in (0.0035, 0.0075):
        for thinned in (False, True):
            metric = SemanticEdges(K, ratio, thin_prediction=thinned)
            seconds = best_s(lambda metric=metric: metric.measure(prediction=prediction, truth=truth), rounds=1)
            how = "thinned at each threshold" if thinned else "not thinned"
            record_line(WHOLE, f"{how}, within {ratio} of the diagonal", f"{seconds:.1f}")
