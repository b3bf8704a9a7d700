"""What was fixed and broken, on maps small enough to draw by hand."""

from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.bench.report.page.views import BROKEN, FIXED, STILL, view
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import EdgeMaps, InstanceSet, PanopticMap, SemanticMap
from tests.void import VOID

COLOURS = np.array([(10, 20, 30), (40, 50, 60), (70, 80, 90)], np.uint8)


def semantic(*rows: list[int]) -> SemanticMap:
    return SemanticMap(np.array(rows, np.uint8))


def test_a_label_map_is_wrong_where_it_differs_from_what_is_scored():
    truth = semantic([0, 0, 1, 1, VOID])
    seen = view(semantic([0, 1, 0, VOID, 2]), semantic([1, 0, 2, 1, 0]), truth, COLOURS)
    assert seen.errors.tolist() == [[BROKEN, FIXED, STILL, FIXED, 0]]
    assert seen.before.tolist() == [[1, 2, 1, 0, 3]]
    assert seen.after.tolist() == [[2, 1, 3, 2, 1]]
    assert seen.changed_classes() == (0, 1)
    assert seen.changed_classes(share=0.5) == (0,)


def test_of_a_mask_the_object_alone_is_coloured_and_its_void_is_never_wrong():
    truth = BinaryMask(np.array([[1, 1, 0, 0, 0]], np.bool_), void=np.array([[0, 0, 0, 0, 1]], np.bool_))
    before = BinaryMask.soft(np.array([[255, 0, 128, 127, 0]], np.uint8))
    after = BinaryMask(np.array([[1, 1, 1, 1, 0]], np.bool_))
    seen = view(before, after, truth, COLOURS[:2])
    assert seen.errors.tolist() == [[0, FIXED, STILL, BROKEN, 0]]
    assert seen.before.tolist() == [[1, 0, 1, 0, 0]]
    assert len(seen.colours) == 1
    assert seen.changed_classes() == ()


def panoptic(ids: list[list[int]], categories: dict[int, int]) -> PanopticMap:
    present = np.array(sorted({i for row in ids for i in row if i}), np.int32)
    return PanopticMap(np.array(ids, np.int32), present, np.array([categories[i] for i in present.tolist()], np.int64))


def test_a_segment_is_right_where_the_true_one_that_it_stands_for_lies():
    truth = panoptic([[7, 7, 7, 8, 8, 8, 0]], {7: 1, 8: 1})
    before = panoptic([[1, 1, 1, 1, 2, 2, 2]], {1: 1, 2: 1})
    after = panoptic([[1, 1, 2, 2, 2, 2, 2]], {1: 1, 2: 1})
    seen = view(before, after, truth, COLOURS)
    assert seen.errors.tolist() == [[0, 0, BROKEN, FIXED, 0, 0, 0]]
    assert (seen.before[0, 0], seen.before[0, 6]) == (seen.after[0, 0], seen.after[0, 6])
    assert seen.changed_classes() == (1,)


def test_a_segment_of_another_category_or_with_too_little_in_common_is_wrong_everywhere():
    truth = panoptic([[7, 7, 7, 7]], {7: 1})
    other = panoptic([[1, 1, 1, 1]], {1: 2})
    half = panoptic([[1, 1, 2, 2]], {1: 1, 2: 1})
    assert view(other, half, truth, COLOURS).errors.tolist() == [[STILL] * 4]


def objects(masks: list[list[int]], scores: list[float] | None = None, ids: list[int] | None = None) -> InstanceSet:
    dense = [np.array([mask], np.bool_) for mask in masks]
    own = {} if ids is None else {"ids": np.array(ids, np.int64)}
    return InstanceSet(
        Masks.from_dense((1, len(masks[0])), dense), np.zeros(len(masks), np.int64),
        None if scores is None else np.array(scores), **own,
    )  # fmt: skip


def test_objects_are_compared_with_the_true_ones_that_they_found():
    truth = objects([[1, 1, 1, 1, 0, 0, 0, 0]])
    before = objects([[1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 1, 1]], [0.1, 0.2], [5, 9])
    after = objects([[0, 0, 0, 0, 0, 0, 1, 1], [0, 1, 1, 1, 1, 0, 0, 0]], [0.2, 0.1], [9, 5])
    seen = view(before, after, truth, COLOURS)
    assert seen.errors.tolist() == [[BROKEN, 0, 0, FIXED, BROKEN, 0, 0, 0]]
    # The one that found nothing is too unsure to be drawn; the other keeps its colour although its place changed.
    assert seen.before.tolist() == [[1, 1, 1, 0, 0, 0, 0, 0]]
    assert seen.after.tolist() == [[0, 1, 1, 1, 1, 0, 0, 0]]
    assert seen.changed_classes() == (0,)


def test_an_object_that_refinement_lost_breaks_all_that_was_right():
    truth = objects([[1, 1, 1, 0]])
    seen = view(objects([[1, 1, 0, 0]], [0.9], [3]), objects([[0, 0, 0, 0]], [0.9], [4]), truth, COLOURS)
    assert seen.errors.tolist() == [[BROKEN, BROKEN, STILL, 0]]


def test_edges_have_no_regions():
    edges = EdgeMaps(np.zeros((1, 2, 2), np.uint8))
    with pytest.raises(ValueError, match="EdgeMaps; allowed: a kind with regions"):
        view(edges, edges, edges, COLOURS)
