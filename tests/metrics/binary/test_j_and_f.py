import cv2
import numpy as np
import pytest

from boundary_bench.metrics.binary.j_and_f import JAndF
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from tests.metrics.definitions import disk, seg2bmap
from tests.metrics.random_masks import mask_pairs
from tests.real_masks import camvid, nuclei


def plain(prediction, truth):
    """J and F as the benchmark defines them, by dilation of boundary maps."""
    scored = np.ones(truth.size, bool) if truth.void is None else ~truth.void
    found, true = prediction.mask & scored, truth.mask & scored
    either = (found | true).sum()
    j = (found & true).sum() / either if either else 1.0
    radius = int(np.ceil(0.008 * np.linalg.norm(truth.size)))
    predicted_edge, true_edge = seg2bmap(found), seg2bmap(true)
    near_predicted, near_true = (cv2.dilate(e.astype(np.uint8), disk(radius)) > 0 for e in (predicted_edge, true_edge))
    if not predicted_edge.any() or not true_edge.any():
        return j, float(not predicted_edge.any() and not true_edge.any())
    precision = (predicted_edge & near_true).sum() / predicted_edge.sum()
    recall = (true_edge & near_predicted).sum() / true_edge.sum()
    return j, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def image_of(prediction, truth, **parameters):
    found = JAndF(**parameters).measure(prediction=prediction, truth=truth)
    return float(found["J"]), float(found["F"])


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.slow)])
def test_random_masks_have_the_numbers_of_the_definition(count):
    for prediction, truth in mask_pairs(count, seed=4, largest=90):
        assert image_of(prediction, truth) == pytest.approx(plain(prediction, truth), abs=1e-12)


def test_real_masks_have_the_numbers_of_the_definition():
    pairs = [
        (e.prediction, e.truth) for some in (camvid("car"), camvid("pedestrian"), nuclei()) for e in list(some)[:70]
    ]
    assert len(pairs) > 200
    metric = JAndF()
    found = metric.summarise([metric.measure(prediction=p, truth=t) for p, t in pairs]).values
    j, f = np.mean([plain(p, t) for p, t in pairs], axis=0)
    assert [found["J"], found["F_boundary"], found["J_and_F"]] == pytest.approx([j, f, (j + f) / 2], abs=1e-12)


EMPTY, FULL, HALF = np.zeros((6, 6), np.bool_), np.ones((6, 6), np.bool_), np.arange(36).reshape(6, 6) < 18


@pytest.mark.parametrize(
    ("prediction", "truth", "j", "f"),
    [
        (EMPTY, EMPTY, 1, 1),
        (FULL, FULL, 1, 1),
        (EMPTY, FULL, 0, 1),  # neither has a boundary
        (EMPTY, HALF, 0, 0),
        (HALF, EMPTY, 0, 0),
        (HALF, FULL, 0.5, 0),
        (HALF, HALF, 1, 1),
    ],
)
def test_empty_and_full_masks(prediction, truth, j, f):
    assert image_of(BinaryMask(prediction), BinaryMask(truth)) == (j, f)


def test_by_hand():
    # Edges of columns 3 and 4 lie two pixels from those of columns 1 and 2; within 1 px nothing matches, within 2 all.
    truth, prediction = np.zeros((5, 9), np.bool_), np.zeros((5, 9), np.bool_)
    truth[:, :2], prediction[:, :4] = True, True
    for tolerance, f in ((1, 0), (2, 1)):
        assert image_of(BinaryMask(prediction), BinaryMask(truth), tolerance_px=tolerance) == (0.5, f)


def test_void_is_left_out_of_j_and_background_for_f():
    void = np.zeros((4, 6), np.bool_)
    void[:, 4:] = True
    truth, prediction = np.zeros((4, 6), np.bool_), np.zeros((4, 6), np.bool_)
    truth[:, 2:4], prediction[:, 2:] = True, True
    assert image_of(BinaryMask(prediction), BinaryMask(truth, void=void)) == (1, 1)
    assert image_of(BinaryMask(prediction), BinaryMask(truth)) == (0.5, pytest.approx(2 / 3))


def test_weights_count_images_as_often_as_they_say():
    metric = JAndF()
    images = [metric.measure(prediction=p, truth=t) for p, t in mask_pairs(20, seed=3)]
    weights = np.random.default_rng(0).integers(0, 3, (5, 20)).astype(float)
    together = metric.summarise(images, weights).values
    for row, counts in enumerate(weights):
        repeated = metric.summarise([each for each, n in zip(images, counts, strict=True) for _ in range(int(n))])
        for name, value in repeated.values.items():
            assert together[name][row] == pytest.approx(value, abs=1e-12)


@pytest.mark.parametrize("parameters", [{"tolerance_px": -1}, {"tolerance_ratio": 0}, {"tolerance_ratio": 1.0}])
def test_bad_parameters_are_refused(parameters):
    with pytest.raises(ValueError, match="allowed"):
        JAndF(**parameters)
