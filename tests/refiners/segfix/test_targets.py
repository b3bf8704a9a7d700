from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from boundary_bench.metrics.functional.geometry import other_label_distance
from boundary_bench.metrics.structures.labels import void_of
from boundary_bench.refiners.segfix.targets import targets_of_labels
from tests.paths import reference_dir
from tests.strategies import label_maps
from tests.void import VOID


def halves(height=20, width=24):
    labels = np.zeros((height, width), np.uint8)
    labels[:, width // 2 :] = 1
    return labels


def angle_between(a, b):
    return np.abs((a - b + 180) % 360 - 180)


def definition(labels, kernel):
    """Distances and slopes by the definition, with SciPy in float64: one class at a time."""
    distance, slopes = np.zeros(labels.shape), np.zeros((2, *labels.shape))
    for label in set(np.unique(labels).tolist()) - {void_of(labels)}:
        inside = labels == label
        own = ndimage.distance_transform_edt(inside)
        distance += own
        for axis, weights in enumerate((kernel, kernel.T)):
            slopes[axis] += np.where(inside, ndimage.correlate(own, weights, mode="constant"), 0)
    return distance, slopes


def inverse_distance_kernel():
    y, x = np.mgrid[-2:3, -2:3]
    return y / np.maximum(y * y + x * x, 1)


def sobel_kernel():
    smooth = np.array([1.0])
    for _ in range(8):
        smooth = np.convolve(smooth, [1, 1])
    slope = np.array([-1.0, 1.0])
    for _ in range(7):
        slope = np.convolve(slope, [1, 1])
    # One difference and seven sums: as long as eight sums.
    return np.outer(slope, smooth) / np.abs(slope).sum() / smooth.sum()


def test_released_targets_equal_the_reference():
    reference = np.load(reference_dir("values", "segfix_gt.npz"))
    targets = targets_of_labels(reference["label"])
    void = reference["label"] == VOID
    np.testing.assert_array_equal(targets.distance_px.astype(np.uint8), reference["depth_u8"])
    np.testing.assert_array_equal(targets.boundary, (reference["depth_u8"] <= 5) & ~void)
    assert np.isnan(targets.angle_deg[void]).all()
    stored = reference["dir_deg_half_u8"] * 2.0 - 180
    # Where the slope vanishes, the reference holds the direction of its rounding errors.
    clear = ~void & (np.hypot(*definition(reference["label"], inverse_distance_kernel())[1]) >= 1e-4)
    difference = angle_between(targets.angle_deg[clear], stored[clear])
    assert difference.max() <= 2
    assert (difference == 0).mean() > 0.999
    assert (targets.angle_deg[~void & ~clear] == 0).all()


def test_paper_distances_equal_the_untruncated_reference():
    reference = np.load(reference_dir("values", "segfix_gt.npz"))
    # No class of this image has fewer than 100 px, so both variants have the same distances before truncation.
    np.testing.assert_allclose(
        targets_of_labels(reference["label"], variant="paper").distance_px, reference["depth_f32"], rtol=1e-6
    )


def test_a_straight_edge_by_hand():
    columns = np.arange(24)
    distance = np.where(columns < 12, 12 - columns, columns - 11)
    released = targets_of_labels(halves(), width_px=3)
    assert (released.distance_px == distance).all()
    assert (released.boundary == (distance <= 3)).all()
    paper = targets_of_labels(halves(), width_px=3, variant="paper")
    assert (paper.boundary == (distance < 3)).all()
    for targets in (released, paper):
        row = targets.angle_deg[10]
        assert (angle_between(row[8:12], 180) <= 2).all()
        assert (angle_between(row[12:16], 0) <= 2).all()


def test_vertical_directions_point_away_from_the_edge():
    targets = targets_of_labels(halves().T.copy())
    assert (angle_between(targets.angle_deg[10:12, 10], -90) <= 2).all()
    assert (angle_between(targets.angle_deg[12:14, 10], 90) <= 2).all()


def test_truncation_widens_the_released_boundary():
    labels = np.zeros((20, 20), np.uint8)
    labels[10:, 10:] = 1
    # The nearest other pixel of (9, 9) is its diagonal neighbour, at 1.41 px.
    released = targets_of_labels(labels, width_px=1)
    assert released.distance_px[9, 9] == 1
    assert released.boundary[9, 9]
    paper = targets_of_labels(labels, width_px=1.4, variant="paper")
    assert paper.distance_px[9, 9] == np.float32(np.sqrt(2))
    assert not paper.boundary[9, 9]


@pytest.mark.parametrize(("rows", "kept"), [(10, True), (9, False)])
def test_released_leaves_out_classes_under_100_px(rows, kept):
    labels = np.zeros((30, 30), np.uint8)
    labels[5 : 5 + rows, 5:15] = 1
    targets = targets_of_labels(labels)
    inside = labels == 1
    assert (targets.distance_px[inside] > 0).all() == kept
    assert targets.boundary[inside].all()
    if not kept:
        assert (targets.distance_px[inside] == 0).all()
        assert (targets.angle_deg[inside] == 0).all()
    # A class that is left out is still another label to its neighbours.
    assert targets.distance_px[6, 4] == 1
    assert (targets_of_labels(labels, variant="paper").distance_px[inside] > 0).all()
    assert (targets_of_labels(labels, smallest_px=1).distance_px[inside] > 0).all()


@pytest.mark.parametrize("variant", ["released", "paper"])
def test_void_has_nothing_but_bounds_its_neighbours(variant):
    labels = np.zeros((20, 20), np.uint8)
    labels[:, 15:] = VOID
    targets = targets_of_labels(labels, variant=variant)
    void = labels == VOID
    assert (targets.distance_px[void] == 0).all()
    assert not targets.boundary[void].any()
    assert np.isnan(targets.angle_deg[void]).all()
    assert targets.distance_px[10, 14] == 1
    assert targets.boundary[10, 14]


def test_a_map_of_one_class_has_no_boundary_unless_the_width_is_infinite():
    labels = np.full((5, 30), 3, np.int32)
    for variant, distance in (("released", 250), ("paper", np.inf)):
        assert (targets_of_labels(labels, variant=variant).distance_px == distance).all()
        assert not targets_of_labels(labels, variant=variant).boundary.any()
        assert targets_of_labels(labels, width_px=np.inf, variant=variant).boundary.all()


def test_a_ridge_has_no_direction_in_the_paper_and_zero_degrees_as_released():
    labels = np.zeros((41, 41), np.uint8)
    labels[:, 19:22] = 1
    assert targets_of_labels(labels).angle_deg[20, 20] == 0
    assert np.isnan(targets_of_labels(labels, variant="paper").angle_deg[20, 20])


@given(label_maps())
def test_distances_are_those_of_the_definition(labels):
    if len(np.unique(labels)) == 1:
        return
    expected, _ = definition(labels, sobel_kernel())
    found = targets_of_labels(labels, variant="paper").distance_px
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    fused = other_label_distance(labels, max_px=50)
    np.testing.assert_allclose(found[labels != void_of(labels)], fused[labels != void_of(labels)], rtol=1e-6)


@pytest.mark.parametrize(
    ("variant", "kernel", "tolerance_deg"),
    [("released", inverse_distance_kernel(), 2.01), ("paper", sobel_kernel(), 0.05)],
)
@given(labels=label_maps(size=(23, 31)))
def test_directions_are_those_of_the_definition(variant, kernel, tolerance_deg, labels):
    if len(np.unique(labels)) == 1:
        return
    _, slopes = definition(labels, kernel)
    found = targets_of_labels(labels, variant=variant)
    clear = (np.hypot(*slopes) > 0.01) & (found.distance_px > 0)
    expected = np.degrees(np.arctan2(slopes[0], slopes[1]))
    assert angle_between(found.angle_deg, expected)[clear].max(initial=0) <= tolerance_deg


@given(label_maps(), st.sampled_from(["vertical", "horizontal", "transposed"]))
def test_flips_of_labels_flip_the_directions(labels, flip):
    moved, turned = {
        "vertical": (np.flipud, lambda angle: -angle),
        "horizontal": (np.fliplr, lambda angle: 180 - angle),
        "transposed": (np.transpose, lambda angle: 90 - angle),
    }[flip]
    here, there = (targets_of_labels(m, variant="paper") for m in (labels, np.ascontiguousarray(moved(labels))))
    np.testing.assert_array_equal(moved(here.distance_px), there.distance_px)
    np.testing.assert_array_equal(moved(here.boundary), there.boundary)
    expected = turned(moved(here.angle_deg))
    np.testing.assert_array_equal(np.isnan(expected), np.isnan(there.angle_deg))
    known = ~np.isnan(expected)
    assert angle_between(expected[known], there.angle_deg[known]).max(initial=0) < 0.5


@pytest.mark.parametrize("width", [0, -1, np.nan])
def test_widths_that_make_no_boundary_are_refused(width):
    with pytest.raises(ValueError, match=r"width_px is .*; allowed: above 0"):
        targets_of_labels(halves(), width_px=width)


def test_another_variant_is_refused():
    with pytest.raises(ValueError, match="targets is 'Paper'; allowed: released, paper"):
        targets_of_labels(halves(), variant="Paper")
