import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical import guided_filter
from boundary_bench.refiners.classical.guided_filter import GuidedFilter, _Guide
from boundary_bench.refiners.common.probabilities import upsample
from tests.effort import examples
from tests.strategies import images, label_maps, semantic_maps, sizes
from tests.void import VOID


def plainly(image, plane, radius_px, eps):
    """The definition: a ridge regression in every window, and the mean of the fits that cover a pixel."""
    height, width = plane.shape
    colours = image.astype(float) / 255
    slopes, offsets = np.zeros((height, width, 3)), np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        window = window_of(y, x, radius_px)
        guide, target = colours[window].reshape(-1, 3), plane[window].reshape(-1)
        centred, count = guide - guide.mean(axis=0), len(guide)
        system = centred.T @ centred + count * eps * np.eye(3)
        slopes[y, x] = np.linalg.solve(system, centred.T @ (target - target.mean()))
        offsets[y, x] = target.mean() - slopes[y, x] @ guide.mean(axis=0)
    filtered = np.zeros((height, width))
    for y, x in np.ndindex(height, width):
        window = window_of(y, x, radius_px)
        filtered[y, x] = slopes[window].mean(axis=(0, 1)) @ colours[y, x] + offsets[window].mean()
    return filtered


def window_of(y, x, radius_px):
    return slice(max(y - radius_px, 0), y + radius_px + 1), slice(max(x - radius_px, 0), x + radius_px + 1)


@settings(max_examples=examples(25))
@given(st.data(), st.integers(1, 4), st.sampled_from([1e-4, 1e-2]))
def test_equal_to_ridge_regressions_in_windows(data, radius_px, eps):
    labels = data.draw(label_maps(data.draw(sizes(1, 14)), void=False))
    image = data.draw(images(labels))
    plane = (labels == labels[0, 0]).astype(np.float32)
    ours = _Guide(image, radius_px, eps).filter(plane)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, plainly(image, plane, radius_px, eps), atol=2e-3)


def test_a_boundary_beside_an_image_edge_moves_onto_it():
    image = np.full((20, 20, 3), 40, np.uint8)
    image[:, 10:] = 200
    labels = np.zeros((20, 20), np.int32)
    labels[:, 11:] = 7  # a pixel late
    refined = GuidedFilter(radius_px=4, eps=1e-6).refine(image, SemanticMap(labels)).labels
    assert refined.dtype == np.int32
    np.testing.assert_array_equal(refined, np.where(image[..., 0] == 200, 7, 0))


def test_beside_a_step_by_hand():
    image = np.full((20, 20, 3), 40, np.uint8)
    image[:, 10:] = 200
    late = np.zeros((20, 20), np.float32)
    late[:, 12:] = 1
    # In a window across the step the fit gives a bright pixel the share of bright pixels that are 1; nine
    # windows cover column 10, the last of them wholly bright.
    shares = [0 / 1, 0 / 2, 1 / 3, 2 / 4, 3 / 5, 4 / 6, 5 / 7, 6 / 8, 7 / 9]
    np.testing.assert_allclose(_Guide(image, 4, 1e-6).filter(late)[10, 10], np.mean(shares), atol=1e-3)


def test_a_flat_image_leaves_a_box_filter():
    labels = np.zeros((9, 9), np.uint8)
    labels[4, 4] = 1
    flat = np.full((9, 9, 3), 90, np.uint8)
    assert not GuidedFilter(radius_px=1).refine(flat, SemanticMap(labels)).labels.any()


@settings(max_examples=examples(40))
@given(st.data())
def test_probabilities_as_source(data):
    prediction = data.draw(semantic_maps(void=False))
    image = data.draw(images(prediction.labels))
    refined = GuidedFilter(2, 1e-3, "probabilities").refine(image, prediction)
    guide = _Guide(image, 2, 1e-3)
    full = upsample(prediction.probabilities, prediction.size)
    expected = np.argmax([guide.filter(plane) for plane in full], axis=0)
    np.testing.assert_array_equal(refined.labels, expected)
    assert refined.probabilities is None


@pytest.mark.parametrize("source", ["labels", "probabilities"])
def test_strips_leave_no_seams(monkeypatch, source):
    rng = np.random.default_rng(3)
    image = rng.integers(0, 256, (50, 12, 3), dtype=np.uint8)
    saved = rng.random((4, 25, 6), dtype=np.float32)
    prediction = SemanticMap(rng.integers(0, 4, (50, 12)).astype(np.uint8), saved)
    whole = GuidedFilter(3, 1e-3, source).refine(image, prediction)
    monkeypatch.setattr(guided_filter, "STRIP_ROWS", 7)
    pieces = GuidedFilter(3, 1e-3, source).refine(image, prediction)
    np.testing.assert_array_equal(pieces.labels, whole.labels)


def test_void_is_no_class_and_stays():
    labels = np.full((6, 6), VOID, np.uint8)
    image = np.zeros((6, 6, 3), np.uint8)
    np.testing.assert_array_equal(GuidedFilter().refine(image, SemanticMap(labels)).labels, labels)
    labels[3, 3] = 2  # outnumbered by void, which does not compete
    np.testing.assert_array_equal(GuidedFilter().refine(image, SemanticMap(labels)).labels, labels)


@pytest.mark.parametrize("left", [True, False])
def test_a_class_out_of_reach_does_not_win_where_the_own_one_scores_below_zero(left):
    """Beside void: the class is where the image is bright, and one pixel of it where the image is darkest."""
    grey = np.random.default_rng(1).integers(0, 256, (9, 9)).astype(np.uint8)
    darkest = np.unravel_index(grey.argmin(), grey.shape)
    labels = np.where(grey > np.median(grey), 0, VOID).astype(np.uint8)
    labels[darkest] = 0
    far = np.pad(labels, ((0, 0), (30, 0) if left else (0, 30)), constant_values=VOID)
    far[:, slice(0, 3) if left else slice(-3, None)] = 1
    image = np.pad(grey, ((0, 0), (30, 0) if left else (0, 30)), mode="reflect")[..., None].repeat(3, axis=2)
    scores = _Guide(image, 2, 1e-4).filter((far == 0).astype(np.float32))
    assert (scores[far == 0] < 0).any()
    refined = GuidedFilter(radius_px=2, eps=1e-4).refine(image, SemanticMap(far)).labels
    np.testing.assert_array_equal(refined, far)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"radius_px": 0}, "radius_px is 0"),
        ({"eps": 0.0}, "eps is 0"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"source": "logits"}, "'logits'; allowed: \"labels\""),
    ],
)
def test_other_values_are_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        GuidedFilter(**parameters)


def test_an_image_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"image is \(4, 5\)"):
        GuidedFilter().refine(np.zeros((4, 5, 3), np.uint8), SemanticMap(np.zeros((4, 4), np.uint8)))
