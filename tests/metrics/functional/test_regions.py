import numpy as np
import pytest

from boundary_bench.metrics.functional.masks.regions import regions
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.segmentation import SemanticMap


def test_the_foreground_is_one_region_even_where_it_is_empty():
    mask, void = np.zeros((2, 3), np.bool_), np.zeros((2, 3), np.bool_)
    void[0, 0] = True
    (found,) = regions(BinaryMask(~mask), BinaryMask(mask, void=void), classes=2)
    assert found.category == 1
    assert not found.truth.any()
    assert np.array_equal(found.prediction, ~void)


def test_classes_of_either_map_are_regions_and_true_void_belongs_to_none():
    truth = np.array([[0, 0, 2, 255]], np.uint8)
    prediction = np.array([[0, 3, 255, 1]], np.uint8)
    found = list(regions(SemanticMap(prediction), SemanticMap(truth), classes=4))
    assert [each.category for each in found] == [0, 2, 3]
    assert [each.truth.tolist() for each in found] == [
        [[True, True, False, False]],
        [[False, False, True, False]],
        [[False] * 4],
    ]
    assert [each.prediction.sum() for each in found] == [1, 0, 1]


def test_other_sizes_are_refused():
    small, large = (BinaryMask(np.zeros(size, np.bool_)) for size in ((2, 3), (3, 2)))
    with pytest.raises(ValueError, match=r"\(2, 3\); allowed: that of the truth, \(3, 2\)"):
        list(regions(small, large, classes=2))
