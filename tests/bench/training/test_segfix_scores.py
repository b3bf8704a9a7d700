from __future__ import annotations

import math

import numpy as np
import pytest

from boundary_bench.bench.datasets.synthetic import Synthetic
from boundary_bench.bench.training import segfix_scores
from boundary_bench.bench.training.segfix_scores import ScoredNetwork, image_counts, score_branches
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.segfix.checkpoint import SEGFIX_CHECKPOINTS
from boundary_bench.refiners.segfix.network import SegFixNetwork
from boundary_bench.refiners.segfix.scores import branch_scores
from boundary_bench.refiners.segfix.training import TargetSettings
from tests.refiners.filled_networks import fill_by_rule
from tests.void import VOID


@pytest.fixture
def build(tmp_path):
    def make(**card) -> ScoredNetwork:
        path = tmp_path / "net.safetensors"
        SEGFIX_CHECKPOINTS.save(path, fill_by_rule(SegFixNetwork("hrnet_tiny", 4)), card, half=False)
        return ScoredNetwork.load(path)

    return make


def test_targets_are_those_of_the_card(build):
    assert build(width_px="inf", targets="paper").settings == TargetSettings(4, math.inf, "paper")
    assert build(width_px=3, targets="released").settings == TargetSettings(4, 3.0, "released")
    assert build().settings == TargetSettings(4, 5.0, "released")


def test_the_truths_own_boundary_and_directions_score_all():
    """A straight edge at column 10: nearer than 3 px are two columns either side, directions lead off the edge."""
    labels = np.zeros((40, 20), np.uint8)
    labels[:, 10:] = 1
    labels[:5] = VOID
    boundary = np.zeros(labels.shape, np.float32)
    boundary[:, 8:12] = 0.51
    boundary[5:7] = 0.51  # along the void
    classes = np.where(np.arange(20) < 10, 0, 4)[None].repeat(40, axis=0).astype(np.uint8)
    settings = TargetSettings(8, 3.0, "paper")
    image = np.zeros((*labels.shape, 3), np.uint8)
    counts = image_counts((boundary, classes), image, SemanticMap(labels), settings)
    assert counts["pixels"] == 35 * 20
    assert counts["true"] == counts["predicted"] == counts["both"] == 2 * 20 + 33 * 4
    below = image_counts((np.full_like(boundary, 0.5), classes), image, SemanticMap(labels), settings)
    assert below["predicted"] == 0
    boundary[:20] = boundary[30:] = 0  # there, void and the end of the image turn directions
    level = branch_scores(image_counts((boundary, classes), image, SemanticMap(labels), settings))
    assert (level["direction_accuracy@predicted"], level["mask_precision"]) == (1.0, 1.0)
    assert level["mask_recall"] == pytest.approx(10 * 4 / (2 * 20 + 33 * 4))


def test_a_set_is_scored_over_all_its_pixels(build, monkeypatch):
    scored, dataset = build(width_px=3, targets="paper"), Synthetic("val", images=2, height_px=64, width_px=96)
    samples = dataset.samples()
    steps = []
    document = score_branches(scored, dataset, samples, lambda done, total: steps.append((done, total)))
    each = [score_branches(scored, dataset, [sample], lambda *_: None)["counts"] for sample in samples]
    assert document["counts"] == {name: each[0][name] + each[1][name] for name in each[0]}
    assert document["scores"] == branch_scores(document["counts"])
    assert steps == [(1, 2), (2, 2)]
    assert document["dataset"]["images"] == 2
    parameters = SegFixNetwork("hrnet_tiny", 4).parameters()
    assert document["network"]["parameters"] == sum(each.numel() for each in parameters)


def test_only_inference_is_timed(build, monkeypatch):
    clock = iter(range(100))
    monkeypatch.setattr(segfix_scores.time, "perf_counter", lambda: next(clock) / 4)
    dataset = Synthetic("val", images=3, height_px=64, width_px=96)
    runtime = score_branches(build(), dataset, dataset.samples(), lambda *_: None)["runtime"]
    assert runtime["ms_per_image"] == 250
    assert (runtime["device"], runtime["precision"], runtime["crops"]) == ("cpu", "float32", False)


def test_an_infinite_width_is_written_as_json_can(build):
    dataset = Synthetic("val", images=1, height_px=64, width_px=96)
    document = score_branches(build(width_px="inf"), dataset, dataset.samples(), lambda *_: None)
    assert document["definition"]["width_px"] == "inf"
    assert document["counts"]["true"] == document["counts"]["pixels"]
