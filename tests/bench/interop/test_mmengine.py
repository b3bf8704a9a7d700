"""The mmengine metric in an evaluator: mmengine's own where it is installed, else one by its documentation."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from types import ModuleType

import numpy as np
import pytest
import torch

from boundary_bench.bench.errors import InputError
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.mean_iou import MeanIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.bench.interop import mmengine_protocol
from tests.bench.interop.region import region
from tests.void import VOID

META = {"classes": ("road", "car", "sky"), "palette": [[0, 0, 0]] * 3}
MODULE = "boundary_bench.bench.interop.mmengine"


@pytest.fixture
def mmengine(monkeypatch):
    """(evaluators, our module)."""
    if importlib.util.find_spec("mmengine") is None:
        for name in ("mmengine", "mmengine.evaluator"):
            monkeypatch.setitem(sys.modules, name, ModuleType(name))
        monkeypatch.setitem(sys.modules, "mmengine.evaluator", mmengine_protocol)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    ours = importlib.import_module(MODULE)
    yield sys.modules["mmengine.evaluator"].Evaluator, ours
    sys.modules.pop(MODULE, None)


def samples(count=3, void=VOID):
    """As `SegDataSample.to_dict` gives them: maps of (1, 8, 10) on some device."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        truth = np.kron(rng.integers(0, 3, (2, 2)), np.ones((4, 5), np.int64))
        prediction = np.roll(truth, 1, axis=1)
        truth[0] = void
        maps = {"pred_sem_seg": prediction, "gt_sem_seg": truth}
        found.append({key: {"data": torch.tensor(labels)[None]} for key, labels in maps.items()})
        found[-1]["img_path"] = f"{number}.png"
    return found


def expected(given, metric):
    measured = []
    for sample in given:
        maps = [sample[key]["data"][0].numpy().astype(np.uint8) for key in ("pred_sem_seg", "gt_sem_seg")]
        measured.append(metric.measure(prediction=SemanticMap(maps[0]), truth=SemanticMap(maps[1])))
    return metric.summarise(measured).values


def test_values_are_ours_in_per_cent(mmengine):
    evaluators, ours = mmengine
    evaluator = evaluators([ours.SemanticMetric(), ours.SemanticMetric(["mean_iou"], prefix="again")])
    evaluator.dataset_meta = META
    given = samples()
    evaluator.process(data_samples=given[:2], data_batch={"inputs": None})
    evaluator.process(data_samples=given[2:])
    found = evaluator.evaluate(3)
    for metric in (MeanIoU(3), BoundaryF(3)):
        for name, value in expected(given, metric).items():
            assert found[f"bench/{name}"] == pytest.approx(100 * value)
    assert found["again/mIoU"] == found["bench/mIoU"]
    assert "bench/boundary_mIoU" in found
    assert all(isinstance(value, float) for value in found.values())


def test_it_begins_anew_after_an_evaluation_and_drops_what_was_repeated(mmengine):
    evaluators, ours = mmengine
    evaluator = evaluators(ours.SemanticMetric(["mean_iou"]))
    evaluator.dataset_meta = META
    given = samples()
    evaluator.process(given)
    evaluator.evaluate(3)
    evaluator.process([*given[:2], given[0]])
    assert evaluator.evaluate(2)["bench/mIoU"] == pytest.approx(100 * expected(given[:2], MeanIoU(3))["mIoU"])


def test_metrics_as_in_experiments(mmengine):
    evaluators, ours = mmengine
    wanted = [
        {"name": "boundary_f", "tolerances_px": [2]},
        {"name": "boundary_f", "tolerances_px": [2], "variant": "strict", "label": "strict"},
    ]
    evaluator = evaluators(ours.SemanticMetric(metrics=wanted, ignore_index=-1))
    evaluator.dataset_meta = META
    evaluator.process(samples(void=-1))
    found = evaluator.evaluate(3)
    values = expected(samples(), BoundaryF(3, [2], variant="strict"))
    assert found["bench/boundary_f@2px (strict)"] == pytest.approx(100 * values["boundary_f@2px"])
    assert "bench/boundary_f@2px" in found


@pytest.mark.parametrize("ignored", [0, 2, None])
@pytest.mark.parametrize("classes", [4, 300])
def test_any_number_of_classes_and_an_ignored_one(mmengine, classes, ignored):
    evaluators, ours = mmengine
    rng = np.random.default_rng(0)
    truth = rng.integers(0, classes, (40, 50))
    truth[:8] = 0
    prediction = np.where(rng.random(truth.shape) < 0.7, truth, rng.integers(0, classes, truth.shape))
    evaluator = evaluators(ours.SemanticMetric(["region"], ignore_index=ignored))
    evaluator.dataset_meta = {"classes": [str(k) for k in range(classes)]}
    maps = {"pred_sem_seg": prediction, "gt_sem_seg": truth}
    evaluator.process([{key: {"data": torch.tensor(labels)[None]} for key, labels in maps.items()}])
    found = evaluator.evaluate(1)
    mean, accuracy = region(prediction, truth, classes, ignored)
    assert found["bench/mIoU"] == pytest.approx(mean)
    assert found["bench/pixel_accuracy"] == pytest.approx(accuracy)


def changed(key, data):
    (sample,) = samples(1)
    return {**sample, key: {"data": data}}


@pytest.mark.parametrize(
    ("sample", "message"),
    [
        ({"gt_sem_seg": 0}, r"a data sample has \['gt_sem_seg'\]; allowed: samples with pred_sem_seg"),
        (changed("pred_sem_seg", torch.zeros(2, 8, 10).long()), r"pred_sem_seg are \(2, 8, 10\); allowed: \(1, H, W\)"),
        (changed("pred_sem_seg", torch.zeros(1, 8, 10)), "pred_sem_seg are float32; allowed: whole numbers"),
        (changed("gt_sem_seg", torch.full((1, 8, 10), 3)), "gt_sem_seg hold 3; allowed: 0 to 2, and 255 for void"),
        (changed("gt_sem_seg", torch.zeros(1, 8, 9).long()), r"prediction is \(8, 10\), the truth \(8, 9\)"),
    ],
)
def test_samples_that_are_refused(mmengine, sample, message):
    evaluators, ours = mmengine
    evaluator = evaluators(ours.SemanticMetric())
    evaluator.dataset_meta = META
    with pytest.raises(ValueError, match=message):
        evaluator.process([sample])


def test_settings_that_are_refused(mmengine):
    evaluators, ours = mmengine
    nothing_known = evaluators(ours.SemanticMetric())
    nothing_known.dataset_meta = {"palette": []}
    with pytest.raises(ValueError, match=r"dataset_meta has \['palette'\]; allowed: .* 'classes'"):
        nothing_known.process(samples())
    for metrics, message in ((["maen_iou"], "did you mean"), (["average_precision"], "a metric of instance maps")):
        evaluator = evaluators(ours.SemanticMetric(metrics))
        evaluator.dataset_meta = META
        with pytest.raises(InputError, match=message):
            evaluator.process(samples())
    empty = evaluators(ours.SemanticMetric())
    empty.dataset_meta = META
    with pytest.raises(ValueError, match="no images were measured"):
        empty.evaluate(0)
