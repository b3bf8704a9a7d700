import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundary_bench.refiners.densecrf.mean_field import infer
from boundary_bench.refiners.densecrf.parameters import Parameters
from tests.paths import reference_dir
from tests.refiners.densecrf.problems import filtered_units, gaussian, mean_field, problem

GOLDEN = Path(__file__).parents[2] / "golden"
BANDWIDTHS = {"gaussian_sxy": 2.0, "bilateral_sxy": 5.0, "bilateral_srgb": 40.0}
REFERENCE = {
    "gauss": Parameters(3, 3, 80, 13, 0, iterations=5),
    "bilat": Parameters(3, 0, 80, 13, 10, iterations=5),
    "both1": Parameters(3, 3, 80, 13, 10, iterations=1),
    "both5": Parameters(3, 3, 80, 13, 10, iterations=5),
    "both10": Parameters(3, 3, 80, 13, 10, iterations=10),
}


def potts(weight, classes):
    return weight * (1 - np.eye(classes))


def kernels(image, of):
    return [of(image, 2.0, None), of(image, 5.0, 40.0)]


@pytest.mark.parametrize("name", REFERENCE)
def test_the_original_gives_the_same(name):
    stored = np.load(reference_dir("values", "densecrf.npz"))
    scores = stored["prob_u8"].astype(np.float32)
    marginals = infer(stored["image"], scores / scores.sum(axis=0), REFERENCE[name])
    assert np.count_nonzero(marginals.argmax(axis=0) != stored[f"{name}_argmax"]) <= marginals[0].size / 10_000
    np.testing.assert_allclose(marginals[:, ::8, ::8], stored[f"{name}_Q_every8"], rtol=0, atol=1e-4)


@pytest.mark.parametrize(("size", "classes", "iterations"), [((12, 14), 4, 1), ((9, 70), 9, 5), ((66, 5), 2, 20)])
def test_with_the_lattices_matrix_it_is_the_plain_algorithm(size, classes, iterations):
    image, probabilities = problem(size, classes)
    parameters = Parameters(**BANDWIDTHS, gaussian_compat=3, bilateral_compat=4, iterations=iterations)
    penalties = [potts(3, classes), potts(4, classes)]
    expected = mean_field(probabilities, kernels(image, filtered_units), penalties, iterations)
    np.testing.assert_allclose(infer(image, probabilities, parameters), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("size", [(12, 14), (20, 20)])
def test_with_the_true_kernel_it_is_close(size):
    image, probabilities = problem(size)
    kernel = kernels(image, gaussian)
    for iterations, tolerance in ((1, 4e-3), (5, 2e-2)):
        parameters = Parameters(**BANDWIDTHS, gaussian_compat=3, bilateral_compat=4, iterations=iterations)
        expected = mean_field(probabilities, kernel, [potts(3, 4), potts(4, 4)], iterations)
        # On few pixels much of the lattice is missing: this is how far that takes single pixels on average.
        assert np.abs(infer(image, probabilities, parameters) - expected).mean() < tolerance


def test_penalties_for_each_pair_of_classes():
    image, probabilities = problem()
    between = np.abs(np.subtract.outer(np.arange(4.0), np.arange(4.0)))
    parameters = Parameters(**BANDWIDTHS, gaussian_compat=between.tolist(), bilateral_compat=4, iterations=3)
    expected = mean_field(probabilities, kernels(image, filtered_units), [between, potts(4, 4)], 3)
    np.testing.assert_allclose(infer(image, probabilities, parameters), expected, rtol=0, atol=2e-6)


def test_penalties_that_are_those_of_the_potts_model():
    image, probabilities = problem()
    plain = Parameters(**BANDWIDTHS, gaussian_compat=3, bilateral_compat=4)
    spelled_out = Parameters(**BANDWIDTHS, gaussian_compat=potts(3, 4).tolist(), bilateral_compat=potts(4, 4).tolist())
    marginals = [infer(image, probabilities, parameters) for parameters in (plain, spelled_out)]
    np.testing.assert_allclose(*marginals, rtol=0, atol=1e-5)


@pytest.mark.parametrize("changes", [{"iterations": 0}, {"gaussian_compat": 0, "bilateral_compat": 0.0}])
def test_without_updates_or_terms_there_is_the_unary_term_alone(changes):
    image, probabilities = problem()
    probabilities[:, 0, 0] = (1, 0, 0, 0)
    expected = mean_field(probabilities, [], [], 0)
    np.testing.assert_allclose(infer(image, probabilities, Parameters(**changes)), expected, rtol=1e-5)


@given(st.integers(1, 12), st.integers(0, 3), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_a_distribution_at_every_pixel(classes, iterations, size):
    image, probabilities = problem(size, classes)
    marginals = infer(image, probabilities, Parameters(iterations=iterations))
    assert marginals.dtype == np.float32
    assert marginals.shape == (classes, *size)
    assert marginals.min() >= 0
    np.testing.assert_allclose(marginals.sum(axis=0), 1, atol=1e-5)


@given(st.permutations(range(11)))
def test_permuted_classes_permute_the_result(order):
    image, probabilities = problem((7, 9), 11)
    parameters = Parameters(**BANDWIDTHS, gaussian_compat=1, bilateral_compat=2, iterations=3)
    straight = infer(image, probabilities, parameters)
    np.testing.assert_allclose(infer(image, probabilities[list(order)], parameters), straight[list(order)], atol=1e-5)


def test_a_constant_image_with_the_same_everywhere_keeps_the_order_of_classes():
    image = np.full((40, 30, 3), 90, np.uint8)
    probabilities = np.broadcast_to(np.array([0.2, 0.5, 0.3], np.float32)[:, None, None], (3, 40, 30))
    marginals = infer(image, probabilities, Parameters())
    assert (marginals.argmax(axis=0) == 1).all()
    assert (marginals[1] > 0.99).all()


def test_a_boundary_moves_to_where_the_colours_change():
    image = np.where(np.arange(60) < 33, 60, 180).astype(np.uint8)[None, :, None].repeat(40, 0).repeat(3, 2)
    is_right = np.arange(60) >= 30
    probabilities = np.where(is_right, 0.3, 0.7) * np.ones((40, 1))
    marginals = infer(
        np.ascontiguousarray(image), np.stack([probabilities, 1 - probabilities]).astype(np.float32), Parameters()
    )
    np.testing.assert_array_equal(marginals.argmax(axis=0), (np.arange(60) >= 33) * np.ones((40, 1), int))


@pytest.mark.parametrize("size", [(30, 20), (200, 150)])
def test_threads_change_nothing(size):
    image, probabilities = problem(size, 3)
    one, three = (infer(image, probabilities, Parameters(), thread_count=count) for count in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_no_denormals_where_classes_are_impossible():
    image, probabilities = problem()
    probabilities[:] = 0
    probabilities[0] = 1
    marginals = infer(image, probabilities, Parameters(gaussian_compat=50, bilateral_compat=50))
    assert marginals.min() > np.finfo(np.float32).tiny


@pytest.mark.parametrize(
    ("image", "probabilities", "message"),
    [
        (np.zeros((4, 5, 3)), np.ones((2, 4, 5)), "image is float64"),
        (np.zeros((4, 5, 3, 1), np.uint8), np.ones((2, 4, 5)), r"image is uint8 \(4, 5, 3, 1\)"),
        (np.zeros((4, 5, 0), np.uint8), np.ones((2, 4, 5)), r"image is uint8 \(4, 5, 0\)"),
        (np.zeros((4, 5, 3), np.uint8), np.ones((2, 5, 4)), r"allowed for this image: \(K, 4, 5\)"),
        (np.zeros((4, 5, 3), np.uint8), np.ones((0, 4, 5)), r"probabilities are \(0, 4, 5\)"),
    ],
)
def test_shapes_are_checked(image, probabilities, message):
    with pytest.raises(ValueError, match=message):
        infer(image, probabilities.astype(np.float32), Parameters())


@pytest.mark.parametrize("change", [lambda p: -np.log(p), np.log, lambda p: 255 * p, lambda p: p / 2, lambda p: p / 0])
def test_what_is_no_distribution_is_refused(change):
    image, probabilities = problem()
    with np.errstate(divide="ignore"):
        wrong = change(probabilities)
    with pytest.raises(ValueError, match="allowed: 0 to 1 with the sum 1"):
        infer(image, wrong, Parameters())


def test_a_single_nan_is_refused():
    image, probabilities = problem()
    probabilities[1, 2, 3] = np.nan
    with pytest.raises(ValueError, match="probabilities are nan to nan"):
        infer(image, probabilities, Parameters())


@pytest.mark.parametrize("channels", [None, 1, 2, 5])
def test_images_of_any_number_of_channels(channels):
    shape = (20, 26) if channels is None else (20, 26, channels)
    image = np.clip(np.random.default_rng(0).normal(20, 5, shape), 0, 255).astype(np.uint8)
    image.reshape(20, 26, -1)[:, 13:, -1] += 150
    _, probabilities = problem((20, 26), 2)
    probabilities[1] = 0.3 + 0.4 * (np.arange(26) >= 15)
    probabilities[0] = 1 - probabilities[1]
    found = infer(image, probabilities, Parameters(3, 3, 20, 13, 3, iterations=5))
    features = image.reshape(20, 26, -1)
    kernel = [gaussian(features, 3.0, None), gaussian(features, 20.0, 13.0)]
    expected = mean_field(probabilities, kernel, [potts(3, 2), potts(3, 2)], 5)
    assert (found.argmax(axis=0) == expected.argmax(axis=0)).mean() > 0.99
    np.testing.assert_array_equal(found.argmax(axis=0)[:, 13:15], 1)  # the image's edge has moved the labels'


def test_the_package_names_what_others_use():
    from boundary_bench.refiners import densecrf

    assert (densecrf.infer, densecrf.Parameters) == (infer, Parameters)
    assert not [name for name in densecrf.__all__ if not hasattr(densecrf, name)]
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        densecrf.nothing  # noqa: B018


def test_penalties_for_another_number_of_classes():
    image, probabilities = problem()
    with pytest.raises(ValueError, match="gaussian_compat is 3 x 3; allowed for K = 4"):
        infer(image, probabilities, Parameters(gaussian_compat=potts(1, 3).tolist()))


def test_bandwidths_that_no_lattice_can_hold():
    image, probabilities = problem()
    with pytest.raises(ValueError, match="bandwidths are so small"):
        infer(image, probabilities, Parameters(bilateral_sxy=1e-3, bilateral_srgb=1e-3))


@pytest.mark.parametrize("row", json.loads((GOLDEN / "densecrf.json").read_text())["rows"])
def test_the_original_gave_the_same_on_a_generated_problem(row):
    image, probabilities = problem((40, 50), 5, seed=3)
    *numbers, iterations = row["parameters"]
    marginals = infer(image, probabilities, Parameters(*numbers, iterations=iterations))
    np.testing.assert_allclose(marginals[:, ::9, ::11].ravel(), row["marginals"], rtol=0, atol=2e-4)
    np.testing.assert_array_equal(np.bincount(marginals.argmax(axis=0).ravel(), minlength=5), row["argmax_counts"])
