import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.bench.plugins.protocols import FileRefiner
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap
from boundary_bench.refiners.classical.chain import chain
from boundary_bench.refiners.densecrf.mean_field import infer
from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters
from boundary_bench.refiners.densecrf.refiner import DenseCRF
from boundary_bench.refiners.densecrf.unary import of_labels
from boundary_bench.refiners.segfix.offset_files import SegFixOffsets
from boundary_bench.refiners.segfix.offset_io import write_offsets
from tests.refiners.densecrf.problems import problem
from tests.refiners.drawn import dense, objects
from tests.void import VOID

WEAK = {"gaussian_compat": 1, "bilateral_compat": 4, "bilateral_sxy": 10, "iterations": 3}


def two_halves(size=(40, 60), edge=33):
    """An image whose colours change at a column."""
    columns = np.where(np.arange(size[1]) < edge, 60, 180).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(columns[None, :, None], (*size, 3)))


def right_of(column, size=(40, 60)):
    return np.ascontiguousarray(np.broadcast_to(np.arange(size[1]) >= column, size))


def test_probabilities_are_refined_and_come_along():
    image, probabilities = problem((30, 20), 5)
    labels = probabilities.argmax(axis=0).astype(np.uint8)
    labels[3, :4] = VOID
    refined = DenseCRF(**WEAK).refine(image, SemanticMap(labels, probabilities))
    expected = infer(image, probabilities, Parameters(3, 1, 10, 13, 4, iterations=3))
    np.testing.assert_array_equal(refined.probabilities, expected)
    np.testing.assert_array_equal(refined.labels, np.where(labels == VOID, VOID, expected.argmax(axis=0)))


def test_coarse_probabilities_are_enlarged():
    image, _ = problem((32, 24))
    coarse = np.random.default_rng(2).dirichlet(np.ones(3), (8, 6)).transpose(2, 0, 1).astype(np.float32)
    refined = DenseCRF(iterations=1).refine(image, SemanticMap(np.zeros((32, 24), np.int32), coarse))
    assert refined.probabilities.shape == (3, 32, 24)
    assert refined.labels.dtype == np.int32


def test_labels_with_a_certainty_take_the_classes_of_the_map():
    image, _ = problem((30, 20))
    labels = np.where(right_of(9, (30, 20)), 7, 2).astype(np.uint8)
    labels[0, :5] = VOID
    refined = DenseCRF(**WEAK, source="labels", certainty=0.6).refine(image, SemanticMap(labels))
    marginals = infer(image, of_labels(labels, np.array([2, 7]), 0.6), Parameters(3, 1, 10, 13, 4, iterations=3))
    expected = np.where(labels == VOID, VOID, np.array([2, 7])[marginals.argmax(axis=0)])
    np.testing.assert_array_equal(refined.labels, expected)
    assert refined.probabilities is None


def test_with_penalties_the_classes_are_theirs():
    image, _ = problem((10, 12))
    between = np.abs(np.subtract.outer(np.arange(3.0), np.arange(3.0))).tolist()
    refiner = DenseCRF(gaussian_compat=between, source="labels")
    assert refiner.refine(image, SemanticMap(np.ones((10, 12), np.uint8))).labels.max() == 1
    with pytest.raises(ValueError, match=r"labels have the ids 3; allowed: 0\.\.2 and 255"):
        refiner.refine(image, SemanticMap(np.full((10, 12), 3, np.uint8)))


def test_an_object_is_pulled_to_the_edge_of_the_image():
    drawn = objects(right_of(30), categories=[3], scores=[0.5])
    refined = DenseCRF().refine(two_halves(), drawn)
    np.testing.assert_array_equal(refined.masks.dense(0), right_of(33))
    assert refined.scores[0] == 0.5
    assert refined.areas[0] == right_of(33).sum()


def test_masks_without_a_boundary_stay():
    masks = [np.zeros((40, 60), bool), np.ones((40, 60), bool)]
    np.testing.assert_array_equal(dense(DenseCRF().refine(two_halves(), objects(*masks))), masks)


def test_segments_share_out_the_pixels():
    ids = np.where(right_of(30), 12, 7).astype(np.int32)
    ids[:4] = 0
    segments = PanopticMap(ids, np.array([7, 12], np.int32), np.array([0, 1]))
    refined = DenseCRF().refine(two_halves(), segments)
    np.testing.assert_array_equal(refined.ids, np.where(ids == 0, 0, np.where(right_of(33), 12, 7)))


@given(st.integers(0, 2**16))
def test_every_pixel_keeps_one_segment(seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(0, 5, (9, 11)).astype(np.int32)
    segments = np.unique(ids[ids > 0])
    image = rng.integers(0, 255, (9, 11, 3), dtype=np.uint8)
    refined = DenseCRF(**WEAK, margin_px=2).refine(image, PanopticMap(ids, segments, np.zeros(len(segments), np.int64)))
    np.testing.assert_array_equal(refined.ids == 0, ids == 0)
    np.testing.assert_array_equal(np.unique(refined.ids[refined.ids > 0]), np.sort(refined.segments))


@pytest.mark.parametrize("first", ["densecrf", "segfix"])
def test_chains_with_offsets(tmp_path, first):
    image, probabilities = problem((30, 20), 4)
    prediction = SemanticMap(probabilities.argmax(axis=0).astype(np.uint8), probabilities)
    offsets = np.random.default_rng(0).integers(-1, 2, (30, 20, 2)).astype(np.int8)
    write_offsets(tmp_path / "a.npz", offsets)
    crf = DenseCRF(**WEAK, source="probabilities" if first == "densecrf" else "labels")
    stages = [crf, SegFixOffsets(tmp_path)] if first == "densecrf" else [SegFixOffsets(tmp_path), crf]
    refined = chain(stages).for_sample("a").refine(image, prediction)
    one, two = (stage.for_sample("a") for stage in stages)
    np.testing.assert_array_equal(refined.labels, two.refine(image, one.refine(image, prediction)).labels)


def test_presets_and_what_takes_their_place(tmp_path):
    assert DenseCRF().parameters == PRESETS["pydensecrf-default"]
    assert DenseCRF("deeplab", iterations=3).parameters == Parameters(1, 3, 67, 3, 4, iterations=3)
    preset = tmp_path / "tuned.json"
    preset.write_text(json.dumps({"parameters": {"gaussian_sxy": 2.5}}))
    tuned = DenseCRF(str(preset))
    assert tuned.parameters == Parameters(gaussian_sxy=2.5)
    assert isinstance(tuned, FileRefiner)
    assert tuned.files("any") == [preset]
    assert DenseCRF().files("any") == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"preset": "no such"}, "preset is 'no such'"),
        ({"source": "logits"}, "source is 'logits'"),
        ({"certainty": 0.5}, "certainty is 0.5; allowed: above 0.5 and below 1"),
        ({"certainty": 1}, "certainty is 1"),
        ({"margin_px": 0}, "margin_px is 0"),
        ({"bilateral_sxy": 0}, "bilateral_sxy is 0"),
        ({"bilateral_srgb": -2}, "bilateral_srgb is -2"),
    ],
)
def test_parameters_are_checked(parameters, message):
    with pytest.raises(ValueError, match=message):
        DenseCRF(**parameters)


def test_bad_input():
    image, probabilities = problem((10, 12), 3)
    labels = np.zeros((10, 12), np.uint8)
    with pytest.raises(ValueError, match=r"image is \(9, 12\); allowed: the size of the prediction, \(10, 12\)"):
        DenseCRF().refine(image[1:], SemanticMap(labels, probabilities))
    with pytest.raises(ValueError, match="DenseCRF needs class probabilities"):
        DenseCRF().refine(image, SemanticMap(labels))
    with pytest.raises(ValueError, match="bilateral_compat is 2 x 2; allowed for K = 3"):
        DenseCRF(bilateral_compat=[[0, 1], [1, 0]]).refine(image, SemanticMap(labels, probabilities))
    with pytest.warns(UserWarning, match="at 120 of 120 pixels"):
        DenseCRF(iterations=1).refine(image, SemanticMap(labels, probabilities / 2))
