"""How labels share out pixels by confidence."""

import numpy as np
import pytest

from boundary_bench.refiners.common.merging import surest, windows
from tests.refiners.drawn import labels
from tests.strategies import wide
from tests.void import VOID

DRAWN = """
    1122
    1122
    ..33
"""


def shared(confidence, margin_px=1, dtype=np.uint8):
    """With the labels asked in the order 3, 1, 2, each for its mask."""
    drawn = labels(DRAWN) if dtype is np.uint8 else wide(labels(DRAWN))
    claims = (
        (label, window, confidence((drawn[window] == label).astype(np.uint8)))
        for label, window in windows(drawn, [3, 1, 2], margin_px=margin_px)
    )
    return surest(drawn, claims)


def test_windows_are_grown_boxes_of_what_is_there():
    drawn = labels(DRAWN)
    assert drawn[2, 0] == VOID
    found = list(windows(drawn, [3, 7, 1, 300, 2], margin_px=1))
    cut = [(label, drawn[window].shape, window[0].start, window[1].start) for label, window in found]
    assert cut == [(3, (2, 3), 1, 1), (1, (3, 3), 0, 0), (2, (3, 3), 0, 1)]


def test_where_none_is_sure_labels_stay():
    np.testing.assert_array_equal(shared(lambda mask: np.zeros(mask.shape, np.float32)), labels(DRAWN))


@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_the_surest_has_the_pixel_and_void_stays(dtype):
    found = shared(
        lambda mask: np.where(mask, 0.4, 0.5).astype(np.float32) if mask.sum() == 2 else mask * np.float32(0.45),
        dtype=dtype,
    )
    # Label 3 is surer of all but its own pixels, as far as its window reaches.
    expected = labels("1122\n1333\n..33")
    np.testing.assert_array_equal(found, expected if dtype is np.uint8 else wide(expected))
    assert found.dtype == dtype


def test_of_equally_sure_ones_the_earlier_has_the_pixel():
    # Label 3 comes first, then 1, which leaves nothing to 2 but what its own window does not reach.
    found = shared(lambda mask: np.full(mask.shape, 0.5, np.float32))
    np.testing.assert_array_equal(found, labels("1112\n1333\n..33"))
