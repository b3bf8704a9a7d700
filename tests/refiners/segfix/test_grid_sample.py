from __future__ import annotations

import numpy as np
import pytest

from boundary_bench.refiners.segfix.grid_sample import grid_sample_shift
from boundary_bench.refiners.segfix.offsets import apply_offsets
from tests.paths import reference_dir
from tests.strategies import wide
from tests.void import VOID, WIDE_VOID


@pytest.mark.parametrize(
    ("key", "align_corners", "scale"),
    [
        ("out_default", False, 1),
        ("out_align_true", True, 1),
        ("out_half_offset_default", False, 0.5),
        ("out_half_offset_align_true", True, 0.5),
        ("zero_offset_default", False, 0),
    ],
)
def test_equals_the_reference(key, align_corners, scale):
    reference = np.load(reference_dir("values", "segfix_shift.npz"))
    offsets = np.moveaxis(reference["offset_yx"], 0, -1)
    found = grid_sample_shift(reference["label"], offsets, align_corners=align_corners, scale=scale)
    np.testing.assert_array_equal(found, reference[key])


def test_the_gather_is_what_was_meant():
    reference = np.load(reference_dir("values", "segfix_shift.npz"))
    offsets = np.ascontiguousarray(np.moveaxis(reference["offset_yx"], 0, -1))
    np.testing.assert_array_equal(apply_offsets(reference["label"], offsets), reference["out_align_true"])


def test_without_aligned_corners_labels_are_invented_by_hand():
    labels = np.array([[0, 8, 0, 8, 0]] * 5, np.uint8)
    still = np.zeros((5, 5, 2), np.int8)
    np.testing.assert_array_equal(grid_sample_shift(labels, still, align_corners=True), labels)
    # Column x is read at x * 5 / 4 - 0.5 within 0..4: 0, 0.75, 2, 3.25, 4.
    assert grid_sample_shift(labels, still, align_corners=False).tolist() == [[0, 6, 0, 6, 0]] * 5


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("size", [(2, 2), (17, 40), (64, 33), (90, 91)])
def test_equals_torch(size, align_corners):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(size[0])
    labels = rng.integers(0, 19, size).astype(np.uint8)
    offsets = rng.integers(-3, 4, (*size, 2)).astype(np.int8)
    y, x = (np.arange(n, dtype=np.float32) for n in size)
    position = torch.from_numpy(np.stack([offsets[..., 1] + x, offsets[..., 0] + y[:, None]], axis=-1))
    grid = position / torch.tensor([(size[1] - 1) / 2, (size[0] - 1) / 2]) - 1
    sampled = torch.nn.functional.grid_sample(
        torch.from_numpy(labels)[None, None].float(),
        grid[None],
        mode="bilinear",
        padding_mode="border",
        align_corners=align_corners,
    )[0, 0].numpy()
    found = grid_sample_shift(labels, offsets, align_corners=align_corners)
    # Halfway between two labels the processor's rounding decides.
    tie = np.abs(sampled - np.floor(sampled) - 0.5) < 1e-3
    np.testing.assert_array_equal(found[~tie], np.round(sampled[~tie]))
    assert np.abs(found - sampled).max() <= 0.5 + 1e-3


def test_void_of_wide_maps_is_blended_as_in_narrow_ones():
    rng = np.random.default_rng(4)
    labels = rng.choice(np.array([0, 7, 200, 254, VOID], np.uint8), (30, 41))
    offsets = rng.integers(-3, 4, (30, 41, 2)).astype(np.int8)
    narrow = grid_sample_shift(labels, offsets, align_corners=False)
    found = grid_sample_shift(wide(labels), offsets, align_corners=False)
    np.testing.assert_array_equal(found, wide(narrow))
    assert (narrow == VOID).any()


def test_wide_ids_are_blended_unless_void_has_no_number_beside_them():
    labels = np.array([[0, 800, 0, 800, 0]] * 5, np.int32)
    still = np.zeros((5, 5, 2), np.int8)
    assert grid_sample_shift(labels, still, align_corners=False).tolist() == [[0, 600, 0, 600, 0]] * 5
    labels[0, 0] = WIDE_VOID
    with pytest.raises(ValueError, match=r"hold void and ids up to 800; allowed .*: ids below 255, or no void"):
        grid_sample_shift(labels, still, align_corners=False)


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match=r"shape \(3, 3, 2\); allowed: \(3, 4, 2\)"):
        grid_sample_shift(np.zeros((3, 4), np.uint8), np.zeros((3, 3, 2)), align_corners=True)
    with pytest.raises(ValueError, match="at least 2 px a side"):
        grid_sample_shift(np.zeros((1, 4), np.uint8), np.zeros((1, 4, 2)), align_corners=True)
