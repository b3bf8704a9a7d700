from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import InstanceSet, PanopticMap, SemanticMap
from boundary_bench.refiners.bpr.checkpoint import BPR_CHECKPOINTS
from boundary_bench.refiners.bpr.network import RefinementNetwork
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.steal.casenet import CASENet
from boundary_bench.refiners.steal.checkpoint import STEAL_CHECKPOINTS
from boundary_bench.refiners.steal.contour import Contour
from boundary_bench.refiners.steal.evolution import Evolution
from boundary_bench.refiners.steal.files import write_npz
from boundary_bench.refiners.steal.inference import probabilities
from boundary_bench.refiners.steal.oracle import StealOracle
from boundary_bench.refiners.steal.refiner import Steal, StealEdges
from boundary_bench.refiners.steal.schedule import Schedule
from boundary_bench.refiners.transfer.steal import start_from
from tests.refiners.filled_networks import drawn_bgr, fill_by_rule
from tests.void import VOID

CLASSES = 3


@pytest.fixture(scope="module")
def network():
    return fill_by_rule(CASENet("casenet_tiny", CLASSES))


@pytest.fixture
def file(network, tmp_path):
    STEAL_CHECKPOINTS.save(tmp_path / "net.safetensors", network, {}, half=False)
    return str(tmp_path / "net.safetensors")


def labels(size=(24, 32)):
    found = np.zeros(size, np.uint8)
    found[4:18, 5:20] = 1
    found[10:, 22:] = 2
    return found


def coarsened(found):
    found = found.copy()
    found[2:7] = found[:, 18:25] = VOID
    return found


def test_labels_move_to_the_networks_edges(network, file):
    image = drawn_bgr(24, 32)
    edges = probabilities(network, image)
    refiner = Steal(file)
    np.testing.assert_allclose(refiner.edges(image), edges, rtol=0, atol=1e-4)
    assert refiner.classes == CLASSES
    expected = Evolution(Contour(0, 0.99, 1), Schedule((20,), 1)).refined(SemanticMap(labels()), edges)
    found = refiner.refine(image, SemanticMap(labels()))
    np.testing.assert_array_equal(found.labels, expected.labels)
    assert (found.labels != labels()).any()


def test_an_image_is_looked_at_once_for_all_its_predictions(file, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "boundary_bench.refiners.steal.inference.probabilities",
        lambda network, image, **options: seen.append(image) or probabilities(network, image, **options),
    )
    refiner, image = Steal(file), drawn_bgr(24, 32)
    first = refiner.refine(image, SemanticMap(labels()))
    refiner.refine(image.copy(), SemanticMap(coarsened(labels())))
    assert len(seen) == 1
    other = image[::-1].copy()
    assert not np.array_equal(refiner.edges(other), refiner.edges(image))
    assert len(seen) == 3
    np.testing.assert_array_equal(refiner.refine(image, SemanticMap(labels())).labels, first.labels)
    with pytest.raises(ValueError, match="read-only"):
        refiner.edges(image)[:] = 0


def test_coarse_labels_are_refined_as_released(network, file):
    image, drawn = drawn_bgr(24, 32), SemanticMap(coarsened(labels()))
    expected = Evolution(Contour(1, 0.99, 1), Schedule((60,), 2), coarse=True).refined(
        drawn, probabilities(network, image)
    )
    np.testing.assert_array_equal(Steal(file, coarse=True).refine(image, drawn).labels, expected.labels)


def test_saved_edges_serve_as_well(file, tmp_path):
    image, refiner = drawn_bgr(24, 32), Steal(file, steps=[2, 4], reduction=2)
    np.savez(tmp_path / "a.npz", edges=refiner.edges(image))
    saved = StealEdges(tmp_path, steps=[2, 4], reduction=2)
    found = saved.for_sample("a").refine(np.zeros_like(image), SemanticMap(labels()))
    np.testing.assert_array_equal(found.labels, refiner.refine(image, SemanticMap(labels())).labels)
    assert saved.files("a") == (tmp_path / "a.npz",)
    saved.check("a", (24, 32))
    with pytest.raises(ValueError, match=r"edges have size \(24, 32\); allowed: \(24, 30\)"):
        saved.check("a", (24, 30))


@pytest.mark.parametrize("reduction", [1, 2])
def test_true_edges_bring_coarse_labels_back(reduction):
    truth = SemanticMap(labels((48, 64)))
    near = StealOracle(coarse=True, reduction=reduction).refine_with_truth(
        np.zeros((48, 64, 3), np.uint8), SemanticMap(coarsened(truth.labels)), truth
    )
    assert np.mean(near.labels == truth.labels) > 0.9 > np.mean(coarsened(truth.labels) == truth.labels)


def test_true_edges_are_those_of_objects_and_segments_alike():
    image, true = np.zeros((24, 32, 3), np.uint8), labels()
    refiner = StealOracle(1, coarse=True, steps=5, reduction=1, smoothing=0)
    drawn = coarsened(true)
    expected = refiner.refine_with_truth(image, SemanticMap(drawn), SemanticMap(true)).labels
    segments, categories = np.array([5, 6, 7], np.int32), np.array([0, 1, 2])
    ids = np.append(np.arange(5, 8), np.zeros(253)).astype(np.int32)
    panoptic = PanopticMap(ids[drawn], segments, categories)
    found = refiner.refine_with_truth(image, panoptic, PanopticMap(ids[true], segments, categories))
    np.testing.assert_array_equal(found.ids, ids[expected])
    both = (
        InstanceSet(Masks.from_dense((24, 32), [each == k for k in (1, 2)]), np.array([1, 2]), np.ones(2))
        for each in (drawn, true)
    )
    found = refiner.refine_with_truth(image, *both).masks
    for place, k in enumerate((1, 2)):
        assert (found.dense(place) >= (drawn == k)).all()
        assert np.count_nonzero(found.dense(place) & (true != k)) < np.count_nonzero(drawn == VOID) / 4


def test_crowds_have_no_edges():
    size = (10, 30)
    ids = np.full(size, 4, np.int32)
    ids[:, 10:] = 9
    drawn = np.where(np.arange(30) < 5, ids, 0)
    coarse = PanopticMap(drawn, np.array([4], np.int32), np.array([0]))
    refiner = StealOracle(coarse=True, reduction=1, smoothing=0)
    for crowd in (False, True):
        truth = PanopticMap(ids, np.array([4, 9], np.int32), np.array([0, 0]), crowd=np.array([crowd, True]))
        found = refiner.refine_with_truth(np.zeros((*size, 3), np.uint8), coarse, truth)
        assert (found.ids == 4).all() == crowd


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"checkpoint": "nowhere"}, "checkpoint is 'nowhere', which is not there"),
        ({"steps": [5, 2]}, r"steps are \(5, 2\)"),
        ({"balloon": np.inf}, "balloon is inf"),
        ({"reduction": 0}, "reduction is 0"),
        ({"scheme": "tiles"}, "scheme is 'tiles'; allowed: whole, windows, padded"),
        ({"device": "abacus"}, "device is 'abacus'"),
        ({"precision": "float8"}, "precision is 'float8'"),
    ],
)
def test_bad_parameters_are_refused(file, given, message):
    with pytest.raises(ValueError, match=message):
        Steal(**{"checkpoint": file, **given})


def test_a_class_without_edges_is_refused(file, tmp_path):
    found = labels()
    found[0, 0] = 7
    with pytest.raises(ValueError, match="class 7 has no edges; allowed: 0, 1, 2"):
        Steal(file).refine(drawn_bgr(24, 32), SemanticMap(found))
    write_npz(tmp_path / "e" / "a.npz", np.zeros((1, 24, 32), np.float32))
    with pytest.raises(ValueError, match="class 1 has no edges"):
        StealEdges(tmp_path / "e").for_sample("a").refine(drawn_bgr(24, 32), SemanticMap(labels()))


def test_sizes_and_widths_of_the_oracle():
    with pytest.raises(ValueError, match=r"width_px is 0.5; allowed: 1 or more"):
        StealOracle(0.5)
    with pytest.raises(ValueError, match=r"prediction has size \(24, 32\); allowed: that of the truth, \(24, 30\)"):
        StealOracle().refine_with_truth(
            np.zeros((24, 32, 3), np.uint8), SemanticMap(labels()), SemanticMap(labels()[:, :30].copy())
        )


@pytest.mark.parametrize("kind", ["segfix", "bpr"])
def test_a_network_starts_with_the_backbone_of_another(tmp_path, kind):
    other = {"segfix": SegFixNetwork, "bpr": RefinementNetwork}[kind]("hrnet_tiny")
    {"segfix": SEGFIX_CHECKPOINTS, "bpr": BPR_CHECKPOINTS}[kind].save(tmp_path / "o.safetensors", other, {}, half=False)
    own = CASENet("casenet_tiny", 2)
    heads = own.score_cls_side5.conv.weight.clone()
    start_from(own, tmp_path / "o.safetensors")
    expected = dict(other.backbone.state_dict())
    if kind == "bpr":  # it sees red, green, blue
        expected["conv1.weight"] = expected["conv1.weight"].flip(1)
    for name, tensor in own.trunk.backbone.state_dict().items():
        if not name.endswith("num_batches_tracked"):
            torch.testing.assert_close(tensor, expected[name], rtol=0, atol=0)
    torch.testing.assert_close(own.score_cls_side5.conv.weight, heads)


def test_networks_without_such_a_backbone_are_refused(tmp_path, file):
    SEGFIX_CHECKPOINTS.save(tmp_path / "o.safetensors", SegFixNetwork("hrnet_small"), {})
    with pytest.raises(ValueError, match="holds another backbone; allowed: that of casenet_tiny"):
        start_from(CASENet("casenet_tiny", 2), tmp_path / "o.safetensors")
    with torch.device("meta"):
        large = CASENet("casenet101", 2)
    with pytest.raises(ValueError, match="network is casenet101; allowed to start from others: casenet_tiny"):
        start_from(large, tmp_path / "o.safetensors")
    with pytest.raises(ValueError, match="kind of the network is 'steal'; allowed: 'bpr' or 'segfix'"):
        start_from(CASENet("casenet_tiny", 2), file)
