"""What refiners make of one object on its background: as of an object of a set, soft masks soft, nothing from void."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from boundary_bench.bench.plugins import registry
from boundary_bench.metrics.functional.geometry import band
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.refiners.classical.guided_filter import GuidedFilter, _Guide
from boundary_bench.refiners.classical.oracle import OracleReplace
from boundary_bench.refiners.common.binary import answer, probability, unrefined
from boundary_bench.refiners.segfix.oracle import OracleOffset
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.moving import Moving
from boundary_bench.refiners.steal.oracle import StealOracle
from tests.effort import examples
from tests.refiners.drawn import dense, mask, objects
from tests.strategies import binary_masks, images

SIZE = (22, 27)
AS_OBJECTS = [
    ("majority_filter", {}),
    ("guided_filter", {"radius_px": 2}),
    ("grabcut", {}),
    ("grabcut", {"coarse": True}),
    ("densecrf", {"iterations": 2, "margin_px": 4}),
    ("external", {"command": ["cp", "{mask}", "{output}"]}),
]
EMPTY = np.zeros((24, 30), np.bool_)
EVOLUTION = Moving().evolution()


def box(top: int, left: int, bottom: int, right: int) -> np.ndarray:
    found = EMPTY.copy()
    found[top:bottom, left:right] = True
    return found


def photo(found: np.ndarray) -> np.ndarray:
    return np.where(found[..., None], np.uint8(200), np.uint8(40)).repeat(3, axis=2)


@pytest.mark.parametrize(("name", "parameters"), AS_OBJECTS)
def test_a_hard_mask_is_refined_as_an_object(name, parameters):
    refiner = registry.build("refiners", name, parameters)

    @settings(max_examples=examples(10))
    @given(st.data())
    def check(data: DataObject) -> None:
        prediction = data.draw(binary_masks(SIZE))
        image = data.draw(images(prediction.labels))
        found = refiner.refine(image, BinaryMask(prediction.mask))
        if prediction.mask.all() or not prediction.mask.any():
            np.testing.assert_array_equal(found.mask, prediction.mask)
            return
        as_object = dense(refiner.refine(image, objects(prediction.mask, scores=[1.0])))[0]
        np.testing.assert_array_equal(found.mask, as_object)

    check()


def test_moved_along_true_offsets_as_an_object():
    prediction, truth = box(6, 7, 16, 20), box(5, 6, 15, 19)
    image = photo(truth)
    found = OracleOffset().refine_with_truth(image, BinaryMask(prediction), BinaryMask(truth))
    expected = OracleOffset().refine_with_truth(image, objects(prediction, scores=[1.0]), objects(truth))
    np.testing.assert_array_equal(found.mask, dense(expected)[0])
    assert (found.mask != truth).sum() < (prediction != truth).sum()


def test_the_true_mask_is_meant_without_overlap():
    prediction, truth = box(2, 2, 8, 8), box(2, 9, 8, 15)
    found = OracleReplace(3).refine_with_truth(photo(truth), BinaryMask(prediction), BinaryMask(truth))
    near = band(prediction.view(np.uint8), width_px=3)
    np.testing.assert_array_equal(found.mask, np.where(near, truth, prediction))
    assert (found.mask & truth).any()


@pytest.mark.parametrize("oracle", [OracleReplace(2), OracleReplace("inf"), OracleOffset()])
def test_where_the_truth_is_void_oracles_change_nothing(oracle):
    prediction, known = box(6, 7, 16, 20), box(0, 0, 24, 12)
    truth = BinaryMask(box(4, 5, 14, 18) & known, void=~known)
    found = oracle.refine_with_truth(photo(truth.mask), BinaryMask(prediction), truth)
    np.testing.assert_array_equal(found.mask[:, 14:], prediction[:, 14:])
    assert found.mask[:, :12].tobytes() != prediction[:, :12].tobytes()
    assert found.void is None


def test_true_edges_end_where_the_truth_is_void(monkeypatch):
    seen = []
    monkeypatch.setattr(Evolution, "refined", lambda _, prediction, edges: seen.append(edges) or prediction)
    mask_, void = box(4, 4, 16, 12), box(4, 12, 16, 20)
    StealOracle().refine_with_truth(photo(mask_), BinaryMask(mask_), BinaryMask(mask_, void=void))
    StealOracle().refine_with_truth(photo(mask_), BinaryMask(mask_), BinaryMask(mask_))
    with_void, without = seen
    assert without[0, 10, 10:14].all()
    assert not with_void[0, 10, 10:14].any()
    assert not with_void[0, void].any()
    np.testing.assert_array_equal(with_void[..., :10], without[..., :10])


def test_edges_are_those_of_any_class():
    prediction, true = box(4, 5, 18, 23), box(6, 7, 16, 21)
    edges = np.zeros((3, *EMPTY.shape), np.float32)
    boundary = band(true.view(np.uint8), width_px=2)
    edges[0, :12], edges[2, 12:] = boundary[:12], boundary[12:]
    whole = np.asarray(boundary[None], np.float32)
    found = EVOLUTION.refined(BinaryMask(prediction), edges)
    np.testing.assert_array_equal(found.mask, EVOLUTION.refined(BinaryMask(prediction), whole).mask)
    assert (found.mask != EVOLUTION.refined(BinaryMask(prediction), np.zeros_like(edges)).mask).any()
    as_object = EVOLUTION.refined(objects(prediction, scores=[1.0]), whole)
    np.testing.assert_array_equal(found.mask, dense(as_object)[0])


@pytest.mark.parametrize("source", [None, "probabilities", "labels"])
def test_the_filtered_map_of_a_soft_mask_is_its_new_probability(source):
    levels = np.where(box(6, 7, 16, 20), 180, 60).astype(np.uint8)
    levels[10, 10] = 100
    image = np.random.default_rng(0).integers(0, 256, (*EMPTY.shape, 3), np.uint8)
    prediction = BinaryMask.soft(levels)
    plane = prediction.mask.astype(np.float32) if source == "labels" else levels / np.float32(255)
    expected = np.clip(_Guide(image, 2, 1e-3).filter(plane), 0, 1)
    found = GuidedFilter(2, 1e-3, source).refine(image, prediction)
    assert found.probabilities.dtype == np.float32
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    np.testing.assert_array_equal(found.mask, found.probabilities >= 0.5)


def test_filtered_in_strips_as_at_once(monkeypatch):
    rng = np.random.default_rng(1)
    image, soft = rng.integers(0, 256, (60, 9, 3), np.uint8), BinaryMask.soft(rng.random((60, 9)).astype(np.float32))
    whole = GuidedFilter(2, 1e-2).refine(image, soft)
    monkeypatch.setattr("boundary_bench.refiners.classical.guided_filter.STRIP_ROWS", 7)
    in_strips = GuidedFilter(2, 1e-2).refine(image, soft)
    np.testing.assert_allclose(in_strips.probabilities, whole.probabilities, atol=1e-4)


def test_a_hard_mask_needs_no_probabilities_to_be_filtered():
    image, prediction = photo(box(6, 7, 16, 20)), BinaryMask(box(6, 7, 16, 21))
    one, other = (GuidedFilter(source=source).refine(image, prediction) for source in ("probabilities", "labels"))
    np.testing.assert_array_equal(one.mask, other.mask)
    assert one.probabilities is None


def test_probabilities_of_each_form():
    hard = BinaryMask(mask("#."))
    levels = BinaryMask.soft(np.array([[255, 51]], np.uint8))
    floats = BinaryMask.soft(np.array([[0.5, 0.25]], np.float32))
    for one, expected in ((hard, [[1, 0]]), (levels, [[1, 0.2]]), (floats, [[0.5, 0.25]])):
        assert probability(one).dtype == np.float32
        np.testing.assert_allclose(probability(one), expected)


def test_answers_are_as_soft_as_the_question():
    refined = np.array([[1.2, 0.5, 0.49, -0.1]], np.float32)
    hard = answer(BinaryMask(mask("#...")), refined)
    assert hard.probabilities is None
    np.testing.assert_array_equal(hard.mask, mask("##.."))
    soft = answer(BinaryMask.soft(np.full((1, 4), 7, np.uint8)), refined)
    np.testing.assert_array_equal(soft.probabilities, np.array([[1, 0.5, 0.49, 0]], np.float32))
    np.testing.assert_array_equal(soft.mask, mask("##.."))


def test_what_is_not_refined_keeps_its_mask_whatever_made_it():
    found = unrefined(BinaryMask(mask("#.."), np.array([[255, 204, 0]], np.uint8)))
    np.testing.assert_array_equal(found.mask, mask("#.."))
    np.testing.assert_allclose(found.probabilities, [[1, 0.8, 0]])
