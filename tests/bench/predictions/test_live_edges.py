"""Edges of networks, of SegFix's boundary branch and of label maps, as prediction sets; and simulated coarse labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boundary_bench.bench.datasets.edges import EdgeTruth
from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.errors import InputError, Problem
from boundary_bench.bench.formats.labels.label_image import write_label_image
from boundary_bench.bench.predictions.coarse_polygons import coarsened
from boundary_bench.bench.predictions.edges.label_edges import LabelEdges
from boundary_bench.bench.predictions.edges.network_edges import EdgeNetwork, SegFixBoundary
from boundary_bench.bench.predictions.simulated_coarse import SimulatedCoarse
from boundary_bench.metrics.edges.semantic_edges import SemanticEdges
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.inference import predict
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.nms import thinned
from boundary_bench.refiners.steal.refiner import Steal
from tests.refiners.filled_networks import fill_by_rule

SOURCE = Synthetic("val", images=2, height_px=64, width_px=96)
EDGES, BINARY = EdgeTruth(SOURCE), EdgeTruth(SOURCE, binary=True)
SAMPLE = SOURCE.samples()[0]


@pytest.fixture
def network(tmp_path: Path) -> str:
    path = tmp_path / "net.safetensors"
    STEAL_CHECKPOINTS.save(path, fill_by_rule(CASENet("casenet_tiny", 19)), {})
    return str(path)


def test_binary_truth_is_on_the_edge_of_any_class() -> None:
    labels = SOURCE.truth(SAMPLE).labels
    wide = EdgeTruth(SOURCE, binary=True, thin_truth=False).truth(SAMPLE).maps
    np.testing.assert_array_equal(wide[0], semantic_edges(labels, classes=19, radius_px=1).any(axis=0, keepdims=True))
    assert BINARY.classes == ("edge",)
    assert BINARY.truth_settings["binary"] is True


def test_an_edge_network_sees_the_image(network: str) -> None:
    expected = Steal(network).edges(SOURCE.image(SAMPLE))
    for nms in (False, True):
        found = EdgeNetwork(network, dataset=EDGES, nms=nms)
        assert found.check(SAMPLE, (64, 96)) == []
        np.testing.assert_array_equal(found.load(SAMPLE).maps, thinned(expected) if nms else expected)
    merged = EdgeNetwork(network, dataset=BINARY).load(SAMPLE).maps
    np.testing.assert_array_equal(merged, expected.max(axis=0, keepdims=True))


def test_what_decides_edges_is_in_the_digest(network: str, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    STEAL_CHECKPOINTS.save(other, CASENet("casenet_tiny", 19), {})
    sets = [
        EdgeNetwork(network, dataset=EDGES),
        EdgeNetwork(network, dataset=EDGES, nms=True),
        EdgeNetwork(network, dataset=EDGES, precision="bfloat16"),
        EdgeNetwork(str(other), dataset=EDGES),
    ]
    assert len({each.digest(SAMPLE) for each in sets}) == 4
    assert sets[0].digest(SAMPLE) == EdgeNetwork(network, dataset=EDGES).digest(SAMPLE)
    assert sets[0].name == "net"
    assert str(tmp_path) not in str(sets[0].describe())


def test_a_network_of_other_classes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    STEAL_CHECKPOINTS.save(path, CASENet("casenet_tiny", 11), {})
    with pytest.raises(InputError, match="a network of 11 classes; allowed: 19 classes"):
        EdgeNetwork(str(path), dataset=EDGES)


def test_images_are_checked(network: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = EdgeNetwork(network, dataset=EDGES)
    assert "an image of size (64, 96)" in str(found.check(SAMPLE, (32, 96))[0])

    def damaged(sample: object) -> None:
        raise InputError(Problem("a.png", "cut off", "an image"))

    monkeypatch.setattr(SOURCE, "image", damaged)
    assert [problem.where for problem in found.check(SAMPLE, (64, 96))] == ["a.png"]


def test_segfix_sees_a_single_boundary(tmp_path: Path) -> None:
    path = tmp_path / "segfix.safetensors"
    net = fill_by_rule(SegFixNetwork("hrnet_tiny", 8)).eval()
    SEGFIX_CHECKPOINTS.save(path, net, {})
    found = SegFixBoundary(str(path), dataset=BINARY).load(SAMPLE).maps
    expected, _ = predict(net, SOURCE.image(SAMPLE))
    # Weights are saved in half precision.
    np.testing.assert_allclose(found[0], expected, atol=0.02)
    with pytest.raises(InputError, match="19 classes; allowed: one"):
        SegFixBoundary(str(path), dataset=EDGES)


def test_edges_of_the_true_labels_are_perfect(tmp_path: Path) -> None:
    for sample in SOURCE.samples():
        write_label_image(tmp_path / "labels" / f"{sample.id}.png", SOURCE.truth(sample).labels)
    for truth in (EDGES, BINARY):
        saved, metric = LabelEdges(tmp_path / "labels", dataset=truth), SemanticEdges(len(truth.classes))
        measured = [metric.measure(prediction=saved.load(s), truth=truth.truth(s)) for s in SOURCE.samples()]
        assert float(metric.summarise(measured).values["MF_ODS"]) == 1
        assert saved.check(SAMPLE, (64, 96)) == []
        assert saved.check(SAMPLE, (32, 96)) != []
    assert saved.name == "labels"
    with pytest.raises(InputError, match="edges of another origin"):
        LabelEdges(tmp_path / "labels", dataset=SOURCE)


def test_edges_of_other_labels_are_theirs(tmp_path: Path) -> None:
    labels = np.zeros((64, 96), np.uint8)
    labels[:, 40:] = 7
    write_label_image(tmp_path / f"{SAMPLE.id}.png", labels)
    found = LabelEdges(tmp_path, dataset=EDGES).load(SAMPLE).maps
    assert found.shape == (19, 64, 96)
    assert set(np.flatnonzero(found.any(axis=(1, 2)))) == {0, 7}
    assert set(np.flatnonzero(found[0].any(axis=0))) <= {39, 40}
    assert found.max() == 255


def test_coarse_labels_in_place_of_predictions() -> None:
    coarse = SimulatedCoarse(4, dataset=SOURCE)
    expected = coarsened(SOURCE.truth(SAMPLE), classes=19, error_px=4).labels
    np.testing.assert_array_equal(coarse.load(SAMPLE).labels, expected)
    assert coarse.name == "coarse, 4 px"
    assert coarse.digest(SAMPLE) != SimulatedCoarse(8, dataset=SOURCE).digest(SAMPLE)
    for wrong in (0, 2.5, "4"):
        with pytest.raises(InputError, match="a whole number of 1 or more"):
            SimulatedCoarse(wrong, dataset=SOURCE)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="semantic truth"):
        SimulatedCoarse(4, dataset=EDGES)
