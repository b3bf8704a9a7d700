import gc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.metrics.functional import geometry
from boundary_bench.metrics.functional.cache import remembered
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.metrics import definitions
from tests.metrics.drawn import draw

MAPS = st.tuples(st.integers(1, 40), st.integers(1, 140)).flatmap(
    lambda shape: st.integers(0, 2**32 - 1).map(lambda seed: blobs(shape, seed))
)


def blobs(shape: tuple[int, int], seed: int) -> np.ndarray:
    """Boxes of a few labels and void over one another: long runs, thin lines and single pixels."""
    rng = np.random.default_rng(seed)
    labels = np.full(shape, rng.integers(4), np.uint8)
    for _ in range(rng.integers(0, 7)):
        y, x = rng.integers(shape[0]), rng.integers(shape[1])
        h, w = rng.integers(1, shape[0] + 1), rng.integers(1, shape[1] + 1)
        labels[y : y + h, x : x + w] = rng.choice([0, 1, 2, 3, 255])
    return labels


@given(MAPS, st.sampled_from([1, 2, 5, 63, 64, 65, 126, 127, 200]))
def test_distance_is_that_of_a_transform_of_each_label(labels, max_px):
    expected = definitions.other_label_distance(labels)
    expected[expected > max_px] = np.inf
    for dtype in (np.uint8, np.int32):
        got = geometry.other_label_distance(labels.astype(dtype), max_px=max_px)
        np.testing.assert_allclose(got, expected, rtol=1e-6)


@given(MAPS, st.sampled_from([1, 4, 126]))
def test_bins_are_distances_rounded_up(labels, max_px):
    distance = definitions.other_label_distance(labels)
    expected = np.where(distance <= max_px, np.ceil(distance), 0)
    np.testing.assert_array_equal(geometry.distance_bins(labels, max_px=max_px), expected)


def test_distances_by_hand():
    labels = draw("0000\n0000\n0001").labels
    distance = geometry.other_label_distance(labels, max_px=9)
    np.testing.assert_allclose(distance[:, 0] ** 2, [13, 10, 9], rtol=1e-6)
    assert distance[2, 3] == 1
    assert distance[1, 2] == pytest.approx(2**0.5)


def test_void_is_another_label_and_the_image_border_is_not():
    assert geometry.other_label_distance(draw("00.").labels, max_px=3).tolist() == [[2, 1, 1]]
    assert np.isinf(geometry.other_label_distance(draw("000").labels, max_px=3)).all()


@given(MAPS, st.sampled_from([0, 0.5, 1, 1.5, 2, 3.7]))
def test_band_holds_the_pixels_within_its_width(labels, width_px):
    expected = definitions.other_label_distance(labels) <= width_px
    np.testing.assert_array_equal(geometry.band(labels, width_px=width_px), expected)


@given(MAPS)
def test_class_boundaries_are_those_of_each_mask(labels):
    boundaries = geometry.class_boundaries(labels, classes=4)
    for label in range(4):
        np.testing.assert_array_equal(boundaries[label], definitions.seg2bmap(labels == label))


@pytest.mark.parametrize("max_px", [0, -1, 16001])
def test_distances_out_of_range_are_refused(max_px):
    with pytest.raises(ValueError, match="allowed: 1 to 16000"):
        geometry.other_label_distance(np.zeros((2, 2), np.uint8), max_px=max_px)


@pytest.mark.parametrize("width_px", [-1, np.nan, np.inf])
def test_bands_out_of_range_are_refused(width_px):
    with pytest.raises(ValueError, match="width_px is"):
        geometry.band(np.zeros((2, 2), np.uint8), width_px=width_px)


def test_a_result_is_remembered_as_long_as_its_map_lives():
    calls = []

    @remembered
    def count(segmentation: SemanticMap, *, power: int) -> int:
        calls.append(power)
        return int(segmentation.labels.sum()) ** power

    first = draw("11")
    assert [count(first, power=2), count(first, power=2), count(first, power=3)] == [4, 4, 8]
    assert calls == [2, 3]
    del first
    gc.collect()
    assert count(draw("12"), power=2) == 9
