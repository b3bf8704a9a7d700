import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.majority_filter import MajorityFilter, majority_labels
from tests.strategies import label_maps
from tests.void import VOID


def plainly(labels, radius_px):
    """The definition, pixel by pixel."""
    out = labels.copy()
    rows, columns = np.indices(labels.shape)
    for y, x in np.argwhere(labels != void_of(labels)):
        disk = labels[(rows - y) ** 2 + (columns - x) ** 2 <= radius_px**2]
        ids, votes = np.unique(disk[disk != void_of(labels)], return_counts=True)
        tied = ids[votes == votes.max()]
        out[y, x] = labels[y, x] if labels[y, x] in tied else tied[0]
    return out


@given(label_maps(), st.integers(1, 5))
def test_equal_to_the_definition(labels, radius_px):
    filtered = majority_labels(labels, radius_px=radius_px)
    assert filtered.dtype == labels.dtype
    np.testing.assert_array_equal(filtered, plainly(labels, radius_px))


@given(label_maps(classes=2, void=False, dtypes=(np.uint8,)))
def test_two_classes_in_a_plus_shaped_disk_are_a_median(labels):
    """Away from the border a vote of two is a median: SciPy's and OpenCV's are other people's code for it."""
    ndimage = pytest.importorskip("scipy.ndimage")
    plus = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)).astype(bool)
    inner = np.s_[1:-1, 1:-1]
    median = ndimage.median_filter(labels, footprint=plus)
    np.testing.assert_array_equal(majority_labels(labels, radius_px=1)[inner], median[inner])


def test_drawn():
    labels = np.array(
        [
            [0, 0, 0, 0, 1],
            [0, 2, 0, 1, 1],
            [0, 0, 0, 1, 1],
        ],
        np.uint8,
    )
    expected = np.array(
        [
            [0, 0, 0, 0, 1],  # (0, 3): votes 0 0 1 1, a tie, keeps its own
            [0, 0, 0, 1, 1],  # the speck goes
            [0, 0, 0, 1, 1],
        ],
        np.uint8,
    )
    np.testing.assert_array_equal(majority_labels(labels, radius_px=1), expected)


def test_smallest_id_wins_where_the_own_label_is_not_among_the_tied():
    labels = np.array([[9, 3, 9], [7, 5, 3], [9, 7, 9]], np.uint8)
    assert majority_labels(labels, radius_px=1)[1, 1] == 3


def test_void_has_no_vote_and_stays():
    labels = np.array([[VOID, VOID, VOID], [VOID, 4, 6], [VOID, 6, 6]], np.uint8)
    expected = np.array([[VOID, VOID, VOID], [VOID, 6, 6], [VOID, 6, 6]], np.uint8)
    np.testing.assert_array_equal(majority_labels(labels, radius_px=1), expected)
    void = np.full((4, 4), VOID, np.uint8)
    np.testing.assert_array_equal(majority_labels(void, radius_px=2), void)


def test_probabilities_are_dropped():
    prediction = SemanticMap(np.eye(4, dtype=np.uint8), np.ones((2, 4, 4), np.float32))
    assert MajorityFilter().refine(np.zeros((4, 4, 3), np.uint8), prediction).probabilities is None


def test_a_disk_without_neighbours_is_refused():
    with pytest.raises(ValueError, match="radius_px is 0"):
        MajorityFilter(0)
