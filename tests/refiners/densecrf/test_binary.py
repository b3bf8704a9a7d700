"""DenseCRF on binary masks and objects: its preset for them, soft masks, and that small objects survive."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.refiners.densecrf import refiner, unary
from boundary_bench.refiners.densecrf.mean_field import infer
from boundary_bench.refiners.densecrf.parameters import PRESETS, Parameters
from boundary_bench.refiners.densecrf.refiner import DenseCRF
from tests.refiners.densecrf.problems import problem
from tests.refiners.drawn import objects

SIZE = (60, 80)


def disc(radius: int, at: tuple[int, int] = (40, 30)) -> np.ndarray:
    found = np.zeros(SIZE, np.uint8)
    cv2.circle(found, at, radius, 1, -1)
    return found > 0


def photo(found: np.ndarray, contrast: int = 25) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 6, (*SIZE, 3))
    return np.clip(110 + contrast * found[..., None] + noise, 0, 255).astype(np.uint8)


def iou(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def test_small_objects_gain_where_the_preset_of_maps_loses_them():
    truth = disc(7)
    rng = np.random.default_rng(1)
    ragged = truth ^ ((cv2.dilate(truth.view(np.uint8), np.ones((5, 5))) > 0) & (rng.random(SIZE) < 0.3))
    image = photo(truth)
    ours, of_maps = (one.refine(image, BinaryMask(ragged)).mask for one in (DenseCRF(), DenseCRF("pydensecrf-default")))
    assert iou(ours, truth) > iou(ragged, truth) + 0.1
    assert iou(of_maps, truth) < iou(ragged, truth) - 0.1


def test_masks_and_objects_have_a_preset_of_their_own_unless_one_is_named(monkeypatch):
    used = []
    monkeypatch.setattr(refiner, "infer", lambda image, scores, parameters: used.append(parameters) or scores)
    one, image = disc(7), photo(disc(7))
    for prediction in (BinaryMask(one), BinaryMask.soft(one.astype(np.float32)), objects(one, scores=[1.0])):
        for crf in (DenseCRF(), DenseCRF(bilateral_sxy=5, iterations=1), DenseCRF("deeplab")):
            crf.refine(image, prediction)
    assert used == [PRESETS["masks"], Parameters(3, 3, 5, 8, 6, iterations=1), PRESETS["deeplab"]] * 3


def test_a_soft_mask_is_the_unary_term_cut_off():
    image, drawn = problem((20, 30), 2)
    soft = BinaryMask.soft(np.where(drawn[1] > 0.8, np.float32(1), drawn[1]))
    crf = DenseCRF(iterations=2, margin_px=40)
    found = crf.refine(image, soft)
    likely = np.clip(soft.probabilities, 0.05, 0.95)
    expected = infer(image, np.stack([1 - likely, likely]), crf.mask_parameters)[1]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-6)
    np.testing.assert_array_equal(found.mask, found.probabilities >= 0.5)
    of_levels = crf.refine(image, BinaryMask.soft(np.rint(soft.probabilities * 255).astype(np.uint8)))
    np.testing.assert_allclose(of_levels.probabilities, found.probabilities, atol=0.02)


def test_by_its_labels_a_soft_mask_is_as_certain_as_a_hard_one():
    image, drawn = problem((20, 30), 2)
    crf = DenseCRF(iterations=2, source="labels", certainty=0.8)
    soft = BinaryMask.soft(drawn[1])
    found, hard = crf.refine(image, soft), crf.refine(image, BinaryMask(soft.mask))
    np.testing.assert_array_equal(found.mask, hard.mask)
    assert hard.probabilities is None
    assert found.probabilities is not None


def test_far_from_the_mask_probabilities_stay():
    levels = np.where(disc(5, (10, 10)), 200, 30).astype(np.uint8)
    found = DenseCRF(margin_px=4).refine(photo(levels > 99), BinaryMask.soft(levels))
    np.testing.assert_array_equal(found.probabilities[:, 30:], np.float32(30) / np.float32(255))
    assert (found.probabilities[8:13, 8:13] > 0.9).all()


@pytest.mark.parametrize(
    ("crf", "said"),
    [(DenseCRF(), 1), (DenseCRF("masks"), 0), (DenseCRF(iterations=3), 0), (DenseCRF(certainty=0.8), 1)],
)
def test_that_tuning_would_help_is_said_of_masks_without_a_preset(crf, said):
    assert len(crf.notes("binary")) == said
    assert crf.notes("semantic") == []
    assert all("bench tune densecrf" in text for text in crf.notes("binary"))


def test_two_classes_of_an_object():
    scores = unary.of_object(np.array([[0, 0.3, 1]], np.float32))
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, [[[0.95, 0.7, 0.05]], [[0.05, 0.3, 0.95]]], rtol=1e-6)
