from __future__ import annotations

import numpy as np
import pytest
import torch

from boundary_bench.bench.datasets.camvid import Camvid
from boundary_bench.bench.predictions.probabilities import Probabilities
from boundary_bench.metrics.structures.segmentation import SemanticMap
from boundary_bench.refiners.classical.chain import chain
from boundary_bench.refiners.classical.prior_shift import PriorShift
from boundary_bench.refiners.common.probabilities import upsample
from boundary_bench.refiners.gum.checkpoint import GUM_CHECKPOINTS
from boundary_bench.refiners.gum.network import GuidanceNetwork
from boundary_bench.refiners.gum.refiner import GUM
from boundary_bench.refiners.gum.sampling import guided
from boundary_bench.refiners.segfix.network import preprocess
from tests.paths import data_dir
from tests.refiners.filled_networks import drawn_bgr, fill_by_rule
from tests.void import VOID, WIDE_VOID

SIZE = HEIGHT, WIDTH = 40, 48
IMAGE = drawn_bgr(*SIZE)


def predicted(classes=5, cells=(10, 12), seed=0):
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(classes), cells).astype(np.float32)
    labels = upsample(probabilities.transpose(2, 0, 1).copy(), SIZE).argmax(axis=0).astype(np.uint8)
    return SemanticMap(labels, probabilities.transpose(2, 0, 1).copy())


@pytest.fixture(scope="module")
def network():
    return fill_by_rule(GuidanceNetwork("hrnet_tiny"))


@pytest.fixture(scope="module")
def file(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("gum") / "net.safetensors"
    GUM_CHECKPOINTS.save(path, network, {}, half=False)
    return str(path)


@pytest.mark.parametrize(("classes", "cells"), [(5, (10, 12)), (2, (5, 6)), (19, (40, 48))])
def test_probabilities_are_those_where_the_network_says_whatever_their_number(network, file, classes, cells):
    prediction = predicted(classes, cells)
    with torch.inference_mode():
        offsets = network(preprocess(IMAGE)[None])
        expected = guided(torch.from_numpy(prediction.probabilities.copy())[None], offsets)[0].numpy()
    found = GUM(file, device="cpu").refine(IMAGE, prediction)
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-3)  # folding rounds
    np.testing.assert_array_equal(found.labels, found.probabilities.argmax(axis=0))
    assert (found.labels != prediction.labels).mean() > 0.02


def test_an_untrained_network_enlarges(tmp_path):
    GUM_CHECKPOINTS.save(tmp_path / "net.safetensors", GuidanceNetwork("hrnet_tiny"), {})
    prediction = predicted()
    found = GUM(str(tmp_path / "net.safetensors"), device="cpu").refine(IMAGE, prediction)
    np.testing.assert_allclose(found.probabilities, upsample(prediction.probabilities, SIZE), atol=1e-5)


def test_void_stays_and_the_type_of_labels_too(file):
    plain = predicted()
    labels = plain.labels.astype(np.int32)
    labels[5:9, 7:20] = WIDE_VOID
    found = GUM(file, device="cpu").refine(IMAGE, SemanticMap(labels, plain.probabilities))
    assert found.labels.dtype == np.int32
    np.testing.assert_array_equal(found.labels == WIDE_VOID, labels == WIDE_VOID)


def test_what_comes_after_it_sees_its_probabilities(file):
    first, second = GUM(file, device="cpu"), PriorShift([1.0, 3.0, 0.5, 1.0, 2.0])
    prediction = predicted()
    both = chain([first, second])
    assert both.needs_probabilities
    expected = second.refine(IMAGE, first.refine(IMAGE, prediction))
    np.testing.assert_array_equal(both.refine(IMAGE, prediction).labels, expected.labels)
    assert (expected.labels != second.refine(IMAGE, prediction).labels).any()


def test_bfloat16_differs_little(file):
    exact, narrow = (GUM(file, device="cpu", precision=each) for each in ("float32", "bfloat16"))
    prediction = predicted()
    one, other = (each.refine(IMAGE, prediction) for each in (exact, narrow))
    assert other.probabilities.dtype == np.float32
    assert 0 < np.abs(one.probabilities - other.probabilities).mean() < 0.03


def test_parameters_and_files(network, file):
    refiner = GUM(file, device="cpu")
    assert refiner.network_parameters() == sum(each.numel() for each in network.parameters())
    assert [str(path) for path in refiner.files("any")] == [file]
    assert refiner.for_sample("any") is refiner


def test_bad_input(file):
    refiner, prediction = GUM(file, device="cpu"), predicted()
    with pytest.raises(ValueError, match="guided up-sampling needs class probabilities, and the prediction has labels"):
        refiner.refine(IMAGE, SemanticMap(prediction.labels))
    with pytest.raises(ValueError, match=r"image has size \(39, 48\); allowed: that of the prediction, \(40, 48\)"):
        refiner.refine(IMAGE[1:], prediction)
    with pytest.raises(ValueError, match=r"image is float32 \(40, 48, 3\); allowed: uint8"):
        refiner.refine(IMAGE.astype(np.float32), prediction)
    swapped = SemanticMap(prediction.labels, np.full((5, 12, 9), 0.2, np.float32))
    with pytest.raises(ValueError, match=r"probabilities have \(h, w\) = \(12, 9\); allowed for labels of 40 x 48"):
        refiner.refine(IMAGE, swapped)
    many = SemanticMap(prediction.labels, np.zeros((256, 10, 12), np.float32))
    with pytest.raises(ValueError, match="K = 256; allowed beside uint8 labels: at most 255"):
        refiner.refine(IMAGE, many)
    # No prediction has such probabilities: it is refused where it is made.
    with pytest.raises(ValueError, match="probabilities"):
        SemanticMap(prediction.labels, np.full((5, 10, 12), np.nan, np.float32))


@pytest.mark.parametrize("model", ["fcn8_small", "unet_small"])
def test_the_network_that_comes_with_the_package_mends_images_that_it_has_not_seen(model):
    scenes = Camvid(data_dir("camvid"), "val")
    folder = data_dir("camvid_predictions", model)
    predictions = Probabilities(folder / "val_prob", dataset=scenes)
    refiner, wrong = GUM("camvid", device="cpu"), []
    for sample in scenes.samples()[::40]:
        truth, before = scenes.truth(sample).labels, predictions.load(sample)
        after = refiner.refine(scenes.image(sample), before)
        wrong.append([np.count_nonzero((each.labels != truth) & (truth != VOID)) for each in (before, after)])
    before, after = np.sum(wrong, axis=0)
    assert after < 0.97 * before


def test_bad_parameters(file):
    with pytest.raises(ValueError, match=r"checkpoint is 'nowhere', which is not there; allowed: .*a file"):
        GUM("nowhere")
    with pytest.raises(ValueError, match="device is 'tpu'; allowed on this machine: cpu"):
        GUM(file, device="tpu")
    with pytest.raises(ValueError, match="precision is 'int8'; allowed: float32"):
        GUM(file, precision="int8")
