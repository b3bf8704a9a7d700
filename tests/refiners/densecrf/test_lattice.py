import numpy as np
import pytest

from boundary_bench.refiners.densecrf.kernels import embedding
from boundary_bench.refiners.densecrf.lattice import Order, _factors, _strides, build, threads
from tests.refiners.densecrf.problems import filtered_units, gaussian, problem


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (65, 3), (130, 140)])
def test_an_order_has_every_pixel_once(size):
    order = Order.of(*size)
    np.testing.assert_array_equal(np.sort(order.pixels), np.arange(size[0] * size[1]))
    assert order.bands[0] == 0
    assert order.bands[-1] == size[0] * size[1]


def test_tiles_follow_one_another():
    order = Order.of(70, 100)
    np.testing.assert_array_equal(order.pixels[:65], [*range(64), 100])
    np.testing.assert_array_equal(order.pixels[64 * 64 : 64 * 64 + 2], [64, 65])
    np.testing.assert_array_equal(order.bands, [0, 6400, 7000])


@pytest.mark.parametrize("srgb", [None, 20.0])
def test_weights_are_barycentric_and_places_are_points(srgb):
    image, _ = problem((70, 30))
    with threads(2) as run:
        lattice = build(image, Order.of(70, 30), 3.0, srgb, run)
    # A common factor for each pixel, the normalisation, aside.
    assert (lattice.weights > -1e-5).all()
    for number, (first, last) in enumerate(zip(lattice.order.bands, lattice.order.bands[1:], strict=False)):
        places = lattice.places[lattice.band(number)]
        vertices = places[lattice.vertices[first:last]]
        assert len(np.unique(places)) == len(places)
        assert (np.sort(vertices, axis=1)[:, 1:] > np.sort(vertices, axis=1)[:, :-1]).all()
    assert lattice.places.max() + 1 == lattice.points


def test_neighbours_are_one_step_along_an_axis():
    # The extremes of all features, where the range of the codes ends.
    image = np.random.default_rng(0).choice([0, 128, 255], (9, 11, 3)).astype(np.uint8)
    factors = _factors([2.0, 2.0, 60.0, 60.0, 60.0])
    strides, origin = _strides(image.shape[:2], factors)
    room = np.empty((99, 6), np.uint32), np.empty((99, 6), np.float32)
    codes = embedding.embed(image, np.arange(99, dtype=np.int32), tuple(factors), strides, origin, *room)
    ends = np.append(strides[1:], codes.max() + 1)
    digits = (codes[:, None] % ends) // strides
    # Whole coordinates but the last: 6 times a digit, and the remainder.
    coordinates = 6 * digits[:, :5] + digits[:, 5:]
    for axis, pairs in enumerate(embedding.neighbours(codes, strides)):
        step = np.where(np.arange(5) == axis, 5, -1)
        there = np.flatnonzero(pairs[:, 0] < len(codes))
        assert len(there) > 0
        np.testing.assert_array_equal(coordinates[pairs[there, 0]] - coordinates[there], np.tile(step, (len(there), 1)))


def test_neighbours_are_mutual():
    image, _ = problem((40, 30))
    with threads(1) as run:
        lattice = build(image, Order.of(40, 30), 3.0, 20.0, run)
    for axis in lattice.neighbours:
        for one, other in ((0, 1), (1, 0)):
            there = np.flatnonzero(axis[:, one] < lattice.points)
            np.testing.assert_array_equal(axis[axis[there, one], other], there)


@pytest.mark.parametrize(("sxy", "srgb", "tolerance"), [(2.0, None, 5e-3), (4.0, 30.0, 2e-2)])
def test_the_filter_is_near_the_gaussian(sxy, srgb, tolerance):
    image, _ = problem((24, 24))
    values = np.random.default_rng(1).random((24 * 24, 3))
    exact, ours = gaussian(image, sxy, srgb) @ values, filtered_units(image, sxy, srgb) @ values
    assert np.abs(exact - ours).mean() < tolerance


def test_points_that_bands_share_are_merged():
    # A single colour and a wide kernel: the two bands of 64 + 6 rows have points in common.
    image = np.zeros((70, 8, 3), np.uint8)
    with threads(1) as run:
        lattice = build(image, Order.of(70, 8), 50.0, None, run)
    assert lattice.points < len(lattice.places)
