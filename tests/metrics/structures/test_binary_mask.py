import numpy as np
import pytest

from boundary_bench.metrics.structures.binary_mask import BinaryMask, above_half

MASK = np.array([[True, False, False], [True, True, False]])


def test_arrays_are_read_only_views():
    mask = MASK.copy()
    found = BinaryMask(mask, mask.astype(np.float32), ~mask)
    for array in (found.mask, found.probabilities, found.void):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 0
    mask[0, 0] = False  # the caller's own array stays writable
    assert found.size == (2, 3)


def test_labels_and_levels_of_a_hard_mask():
    found = BinaryMask(MASK, void=np.array([[False, True, False], [False, False, False]]))
    assert found.labels.tolist() == [[1, 255, 0], [1, 1, 0]]
    assert found.levels.tolist() == [[255, 0, 0], [255, 255, 0]]


@pytest.mark.parametrize(
    ("given", "mask", "levels"),
    [
        (np.array([[0, 127, 128, 255]], np.uint8), [False, False, True, True], [0, 127, 128, 255]),
        (np.array([[0, 0.499, 0.5, 1]], np.float32), [False, False, True, True], [0, 127, 128, 255]),
    ],
)
def test_a_soft_mask_is_cut_at_the_middle(given, mask, levels):
    found = BinaryMask.soft(given)
    assert found.mask.tolist() == [mask]
    assert found.levels.tolist() == [levels]


def test_cutting_before_and_after_rounding_to_levels_is_the_same():
    probabilities = np.linspace(0, 1, 100_001, dtype=np.float32)[None]
    assert np.array_equal(above_half(probabilities), above_half(BinaryMask.soft(probabilities).levels))


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ((MASK.astype(np.uint8),), TypeError, "masks are uint8; allowed: a bool array"),
        ((MASK[0],), ValueError, "2 dimensions"),
        ((np.zeros((0, 3), np.bool_),), ValueError, "none of them 0"),
        ((MASK, MASK.astype(np.float64)), TypeError, "allowed: a float32 or uint8 array"),
        ((MASK, np.full((2, 3), np.nan, np.float32)), ValueError, r"finite values in \[0, 1\]"),
        ((MASK, np.zeros((3, 2), np.uint8)), ValueError, r"probabilities have shape \(3, 2\)"),
        ((MASK, None, MASK), ValueError, "void holds pixels of the mask"),
        ((MASK, None, MASK[:1]), ValueError, r"void have shape \(1, 3\)"),
    ],
)
def test_other_arrays_are_refused(arguments, kind, message):
    with pytest.raises(kind, match=message):
        BinaryMask(*arguments)
