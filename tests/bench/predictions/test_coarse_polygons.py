from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation, distance_transform_edt

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.formats.class_labels import class_labels
from boundary_bench.bench.predictions.coarse_polygons import coarsened, report
from boundary_bench.metrics.functional.overlap import class_overlap
from boundary_bench.metrics.structures.segmentation import PanopticMap, SemanticMap
from tests.effort import examples
from tests.strategies import label_maps
from tests.void import VOID, WIDE_VOID


def blank(*size: int) -> np.ndarray:
    return np.full(size, VOID, np.uint8)


def polygon_with_a_window() -> np.ndarray:
    labels = blank(60, 80)
    labels[10:50, 10:60] = 2
    labels[24:36, 24:46] = 1
    return labels


def test_a_square_shrinks_on_all_sides_and_takes_four_clicks():
    labels = blank(60, 80)
    labels[10:40, 20:70] = 3
    coarse = coarsened(SemanticMap(labels), classes=5, error_px=4)
    expected = blank(60, 80)
    expected[14:36, 24:66] = 3
    np.testing.assert_array_equal(coarse.labels, expected)
    assert coarse.clicks.tolist() == [0, 0, 0, 4, 0]


@pytest.mark.parametrize("wide_class", [255, 299])
def test_any_number_of_classes(wide_class):
    labels = np.full((60, 80), WIDE_VOID, np.int32)
    labels[10:40, 20:70] = wide_class
    coarse = coarsened(SemanticMap(labels), classes=300, error_px=4)
    expected = np.full((60, 80), WIDE_VOID, np.int32)
    expected[14:36, 24:66] = wide_class
    assert coarse.labels.dtype == np.int32
    np.testing.assert_array_equal(coarse.labels, expected)
    assert np.flatnonzero(coarse.clicks).tolist() == [wide_class]


def test_the_image_border_is_no_edge():
    labels = np.zeros((40, 60), np.uint8)
    labels[:, 30:] = 1
    coarse = coarsened(SemanticMap(labels), classes=2, error_px=5)
    expected = blank(40, 60)
    expected[:, :25], expected[:, 35:] = 0, 1
    np.testing.assert_array_equal(coarse.labels, expected)
    assert coarse.clicks.tolist() == [4, 4]


def test_holes_stay_open_and_cost_clicks():
    coarse = coarsened(SemanticMap(polygon_with_a_window()), classes=3, error_px=2)
    assert (coarse.labels[26:34, 26:44] == 1).all()
    assert (coarse.labels[22:38, 24:46] != 2).all()
    assert (coarse.labels[24:36, 22:48] != 2).all()
    assert coarse.clicks[1] == 4
    assert coarse.clicks[2] >= 8


@pytest.mark.parametrize("error_px", [1, 3, 6])
def test_a_zigzag_finer_than_the_error_is_one_straight_line(error_px):
    labels = blank(60, 90)
    labels[10:50, 10:80] = 0
    labels[10 : 10 + error_px, 10:80:2] = VOID
    coarse = coarsened(SemanticMap(labels), classes=1, error_px=error_px)
    assert coarse.clicks.tolist() == [4]


def test_what_is_too_thin_is_not_drawn():
    labels = blank(40, 40)
    labels[5:17, 5:30] = 0
    assert coarsened(SemanticMap(labels), classes=1, error_px=3).clicks.sum() == 4
    gone = coarsened(SemanticMap(labels), classes=1, error_px=5)
    assert (gone.labels == VOID).all()
    assert gone.clicks.sum() == 0


def test_nothing_but_void():
    coarse = coarsened(SemanticMap(blank(7, 9)), classes=2, error_px=4)
    assert (coarse.labels == VOID).all()
    assert coarse.clicks.tolist() == [0, 0]


@settings(max_examples=examples(60))
@given(label_maps((50, 60)), st.integers(1, 5))
def test_polygons_stay_within_their_objects(labels, error_px):
    """Out of them by the rounding of a line to pixels at most."""
    labels = cv2.resize(labels.astype(np.uint8), (150, 120), interpolation=cv2.INTER_NEAREST)
    coarse = coarsened(SemanticMap(labels), classes=5, error_px=error_px)
    for class_id in np.unique(coarse.labels[coarse.labels != VOID]):
        inside = labels == class_id
        drawn = coarse.labels == class_id
        assert not (drawn & ~binary_dilation(inside, np.ones((3, 3)))).any()


def test_deep_pixels_are_drawn_and_shallow_ones_are_not():
    """Of a disc: outlines lie 0 to 2 errors inside of the true one."""
    y, x = np.mgrid[:200, :220]
    labels = np.where((y - 100) ** 2 + (x - 110) ** 2 <= 80**2, 1, VOID).astype(np.uint8)
    depth = distance_transform_edt(labels == 1)
    counts = []
    for error_px in (2, 4, 8, 16):
        coarse = coarsened(SemanticMap(labels), classes=2, error_px=error_px)
        assert (coarse.labels[depth > 2 * error_px + 2] == 1).all()
        assert (coarse.labels[depth < 1] == VOID).all()
        counts.append(int(coarse.clicks[1]))
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > counts[-1] >= 3


def test_touching_objects_of_a_class_are_drawn_one_by_one():
    ids = np.zeros((40, 60), np.int32)
    ids[5:35, 5:30], ids[5:35, 30:55] = 700, 300
    truth = PanopticMap(ids, np.array([300, 700], np.int32), np.array([1, 1]))
    coarse = coarsened(truth, classes=2, error_px=3)
    assert coarse.clicks.tolist() == [0, 8]
    assert (coarse.labels[8:32, 8:27] == 1).all()
    assert (coarse.labels[:, 27:33] == VOID).all()
    together = coarsened(SemanticMap(class_labels(truth)), classes=2, error_px=3)
    assert together.clicks.tolist() == [0, 4]
    assert set(np.unique(class_labels(truth))) == {1, WIDE_VOID}


def test_panoptic_truth_of_more_segments_than_void_has_below_it():
    ids = np.kron(np.arange(1, 301, dtype=np.int32).reshape(15, 20), np.ones((6, 6), np.int32))
    truth = PanopticMap(ids, np.arange(1, 301, dtype=np.int32), np.arange(300) % 3)
    coarse = coarsened(truth, classes=3, error_px=1)
    assert coarse.clicks.tolist() == [400, 400, 400]
    assert WIDE_VOID not in class_labels(truth)


def test_more_classes_than_a_byte_has_values():
    labels = np.full((30, 30), 300, np.int32)
    coarse = coarsened(SemanticMap(labels), classes=400, error_px=1)
    np.testing.assert_array_equal(coarse.labels, labels)


def test_an_error_below_one_is_refused():
    with pytest.raises(ValueError, match="error_px is 0; allowed: 1 or more"):
        coarsened(SemanticMap(blank(4, 4)), classes=1, error_px=0)


def test_the_report_by_hand():
    dataset = Synthetic("val", images=1, height_px=64, width_px=96)
    classes = len(dataset.classes)
    truth = SemanticMap(np.where(np.arange(40) < 20, 0, 1)[None].repeat(40, axis=0).astype(np.uint8))
    coarse = coarsened(truth, classes=classes, error_px=5)
    overlap = class_overlap(prediction=coarse.labels, truth=truth.labels, classes=classes)
    found = report(dataset, 5, {"b": coarse.clicks, "a": 3 * coarse.clicks}, [overlap, overlap])
    first, second = dataset.classes[:2]
    assert found["mIoU"] == 0.75
    assert found["clicks_per_image"] == (8 + 24) / 2
    assert found["classes"][first] == {"clicks_per_image": 8.0, "IoU": 0.75}
    assert found["classes"][dataset.classes[2]] == {"clicks_per_image": 0.0, "IoU": None}
    assert found["images"] == {"a": {"clicks": {first: 12, second: 12}}, "b": {"clicks": {first: 4, second: 4}}}
    assert list(found["images"]) == ["a", "b"]
