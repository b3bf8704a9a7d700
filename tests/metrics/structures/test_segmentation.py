import numpy as np
import pytest

from boundary_bench.metrics.structures.segmentation import EdgeMaps, SemanticMap

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


def test_edge_maps_of_one_annotator_may_lack_their_axis():
    maps = EdgeMaps(np.ones((3, 4, 5), np.bool_))
    assert maps.maps.shape == (1, 3, 4, 5)
    assert (maps.classes, maps.size) == (3, (4, 5))
    assert not maps.maps.flags.writeable
    assert EdgeMaps(np.zeros((3, 4, 5), np.uint8)).size == (4, 5)


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_edges_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match="probabilities lie in"):
        EdgeMaps(np.array([[[0.5, value]]], np.float32))


@pytest.mark.parametrize("maps", [np.zeros((1, 2, 3)), np.zeros((1, 2, 3), np.int32), [[[0.5]]]])
def test_other_types_of_edges_are_refused(maps):
    with pytest.raises(TypeError, match="allowed: a float32 or uint8 or bool array"):
        EdgeMaps(maps)


@pytest.mark.parametrize(("shape", "dtype"), [((2, 3), np.uint8), ((1, 0, 3), np.bool_), ((1, 1, 2, 3), np.float32)])
def test_other_shapes_of_edges_are_refused(shape, dtype):
    with pytest.raises(ValueError, match="maps have shape"):
        EdgeMaps(np.zeros(shape, dtype))
