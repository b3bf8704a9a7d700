import numpy as np
import pytest

from metrics.segmentation import SemanticMap

LABELS = np.zeros((2, 3), np.uint8)


def test_arrays_are_read_only_views():
    labels = LABELS.copy()
    segmentation = SemanticMap(labels)
    with pytest.raises(ValueError, match="read-only"):
        segmentation.labels[0, 0] = 1
    labels[0, 0] = 1  # the caller's own array stays writable
    assert segmentation.size == (2, 3)


@pytest.mark.parametrize("labels", [LABELS.astype(np.int64), LABELS.astype(float), LABELS.tolist()])
def test_other_types_of_labels_are_refused(labels):
    with pytest.raises(TypeError, match="allowed: a uint8 or int32 array"):
        SemanticMap(labels)


@pytest.mark.parametrize("shape", [(0, 3), (3,), (2, 3, 1)])
def test_other_shapes_of_labels_are_refused(shape):
    with pytest.raises(ValueError, match="2 dimensions"):
        SemanticMap(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("value", [np.nan, np.inf, -0.1, 1.1])
def test_probabilities_out_of_range_are_refused(value):
    probabilities = np.full((2, 2, 3), 0.5, np.float32)
    probabilities[1, 1, 1] = value
    with pytest.raises(ValueError, match=r"allowed: finite values in \[0, 1\]"):
        SemanticMap(LABELS, probabilities)
