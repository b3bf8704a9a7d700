"""What stands in for predictions in the papers' tables: coarse labels drawn from the truth, edges of label maps."""

from __future__ import annotations

import numpy as np
import pytest

from bench.datasets.edges import EdgeTruth
from bench.label_image import write_label_image
from bench.papers.label_edges import LabelEdges
from bench.papers.simulated import RegionOf, SimulatedCoarse
from metrics.region import Region
from metrics.segmentation import SemanticMap
from tests.bench.label_files import write_camvid


@pytest.fixture
def camvid(tmp_path):
    return write_camvid(tmp_path / "camvid", size=(40, 56))


def test_edges_of_the_true_label_maps_are_the_truth(camvid, tmp_path):
    for sample in camvid.samples():
        write_label_image(tmp_path / "maps" / f"{sample.id}.png", camvid.truth(sample).labels)
    truth = EdgeTruth(camvid, thin_truth=False)
    edges = LabelEdges(tmp_path / "maps", dataset=truth)
    sample = truth.samples()[0]
    assert edges.has(sample)
    assert edges.check(sample, truth.size(sample)) == []
    found = edges.load(sample).maps
    assert set(np.unique(found)) == {0, 255}
    np.testing.assert_array_equal(found > 0, truth.truth(sample).maps[0])


def test_simulated_labels_are_right_or_void_and_worse_with_the_error(camvid):
    sample = camvid.samples()[0]
    truth = camvid.truth(sample).labels
    drawn = [SimulatedCoarse(dataset=camvid, error_px=px) for px in (1, 3)]
    shares = [float(np.mean(each.load(sample).labels == truth)) for each in drawn]
    assert 1 > shares[0] > shares[1]
    assert drawn[0].digest(sample) != drawn[1].digest(sample)


def test_a_mean_over_some_classes_leaves_the_others_out():
    truth = SemanticMap(np.repeat(np.array([[0, 1, 2]], np.uint8), 4, axis=0))
    prediction = SemanticMap(np.array([[0, 1, 2], [0, 1, 1], [1, 1, 1], [1, 1, 1]], np.uint8))
    # Class by class: 2 of 4; 4 of 4 + 2 + 3; 1 of 4.
    every, two = Region(3), RegionOf(3, [0, 2])
    measured = [every.measure(prediction=prediction, truth=truth)]
    assert every.summarise(measured).values["mIoU"] == pytest.approx((2 / 4 + 4 / 9 + 1 / 4) / 3)
    found = two.summarise(measured, np.ones((5, 1)))
    np.testing.assert_allclose(found.values["mIoU"], np.full(5, (2 / 4 + 1 / 4) / 2))
    assert two.definition()["averaged_classes"] == [0, 2]
