"""Panoptic quality against evaluations of one segment after another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from boundary_bench.metrics.panoptic.panoptic_quality import PanopticQuality
from boundary_bench.metrics.structures.segmentation import PanopticMap
from tests.metrics.segments import plain_quality
from tests.speed.ratio import measure_ratio, record
from tests.speed.scenes import prediction_of, street_labels

K, THINGS = 19, tuple(range(11, 19))


def street_segments(labels: np.ndarray) -> PanopticMap:
    """One segment for each class of stuff, one for each connected piece of a thing of at least 100 px."""
    ids, categories = np.zeros(labels.shape, np.int32), []
    for label in range(K):
        pieces, number = ndimage.label(labels == label) if label in THINGS else ((labels == label) * 1, 1)
        sizes = np.bincount(pieces.ravel(), minlength=number + 1)
        for piece in 1 + np.flatnonzero(sizes[1:] >= 100):
            categories.append(label)
            ids[pieces == piece] = 1000 * (label + 1) + piece
    return PanopticMap(ids, np.unique(ids[ids > 0]).astype(np.int32), np.array(categories))


LABELS = street_labels()
TRUTH, PREDICTION = street_segments(LABELS), street_segments(prediction_of(LABELS))


def copy(segmentation: PanopticMap) -> PanopticMap:
    """A map of which nothing is remembered."""
    return PanopticMap(segmentation.ids, segmentation.segments, segmentation.categories)


@pytest.mark.parametrize(
    ("iou", "goal", "peer"), [("mask", 4, "NumPy, per segment"), ("boundary", 10, "OpenCV erosion, per segment")]
)
def test_panoptic_quality(benchmark, iou, goal, peer):
    metric = PanopticQuality(K, THINGS, iou=iou)
    band_px = 46 if iou == "boundary" else None
    # Fresh maps for every round: codes and bands of a map are remembered as long as it lives.
    pairs = [(copy(PREDICTION), copy(TRUTH)) for _ in range(9)]

    def ours():
        prediction, truth = pairs.pop()
        return metric.measure(prediction=prediction, truth=truth)

    def theirs():
        return plain_quality(PREDICTION, TRUTH, K, band_px)

    expected, measured = theirs(), ours()
    for name, counts in expected.items():
        np.testing.assert_allclose(measured[name], counts)
    ratio = measure_ratio(benchmark, ours, theirs, rounds=3)
    name = f"{iou} panoptic quality, {len(TRUTH.segments)} and {len(PREDICTION.segments)} segments"
    record(name, ratio, goal, peer=peer)
