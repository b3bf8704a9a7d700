"""How segments share out pixels by confidence."""

import numpy as np

from metrics.segmentation import PanopticMap
from refiners.segments import most_confident
from tests.refiners.drawn import ids, segments

DRAWN = """
    1122
    1122
    ..33
"""


def shared(confidence, margin_px=1) -> PanopticMap:
    return most_confident(segments(DRAWN, {3: 0, 1: 0, 2: 1}), confidence, margin_px=margin_px)


def test_each_segment_is_asked_for_its_grown_box():
    asked = []

    def nothing(mask, window):
        asked.append((mask.sum(), window))
        return np.zeros(mask.shape, np.float32)

    refined = shared(nothing)
    np.testing.assert_array_equal(refined.ids, ids(DRAWN))
    assert [(int(size), rows.start, rows.stop, columns.start) for size, (rows, columns) in asked] == [
        (2, 1, 4, 1),
        (4, 0, 3, 0),
        (4, 0, 3, 1),
    ]


def test_the_surest_has_the_pixel_and_void_stays():
    refined = shared(
        lambda mask, window: np.where(mask, 0.4, 0.5).astype(np.float32) if mask.sum() == 2 else mask * 0.45
    )
    # Segment 3 is surer of all but its own pixels, as far as its window reaches.
    np.testing.assert_array_equal(refined.ids, ids("1122\n1333\n..33"))


def test_of_equally_sure_ones_the_earlier_has_the_pixel():
    refined = shared(lambda mask, window: np.full(mask.shape, 0.5, np.float32))
    # Segment 3 comes first, then 1, which leaves nothing to 2 but what its own window does not reach.
    np.testing.assert_array_equal(refined.ids, ids("1112\n1333\n..33"))


def test_segments_that_lost_everything_are_left_out():
    refined = shared(lambda mask, window: np.full(mask.shape, 1.0, np.float32), margin_px=5)
    np.testing.assert_array_equal(refined.segments, [3])
