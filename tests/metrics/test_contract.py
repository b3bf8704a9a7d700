"""Every metric of the catalogue: measure maps, summarise reduces, and a replicate is the same with other weights."""

import json

import numpy as np
import pytest

from boundary_bench.bench.config.defaults import fill_parameters
from boundary_bench.bench.plugins import catalogue, registry
from boundary_bench.metrics.functional.geometry import semantic_edges
from boundary_bench.metrics.structures.binary_mask import BinaryMask
from boundary_bench.metrics.structures.masks import Masks
from boundary_bench.metrics.structures.segmentation import (
    EdgeMaps,
    Federated,
    InstanceSet,
    PanopticMap,
    SemanticMap,
)
from tests.metrics.functional.test_geometry import blobs

CLASSES = 4
OFFERED = {"classes": CLASSES, "things": [0, 1], "frequencies": ["f", "c", "r", "f"]}
TRUTHS = [blobs((24, 31), seed) for seed in range(6)]
PREDICTIONS = [np.roll(truth, 1, axis=1) for truth in TRUTHS]


def semantic(labels):
    return SemanticMap(labels)


def instance(labels):
    """One object for each label that occurs. No two scores are equal: between such the order of images decides."""
    categories = np.setdiff1d(labels, [255])
    masks = Masks.from_dense(labels.shape, [labels == category for category in categories])
    scores = np.random.default_rng(int(labels.sum())).random(len(categories))
    return InstanceSet(masks, categories, scores=scores, federated=Federated(frozenset(range(CLASSES)), frozenset()))


def panoptic(labels):
    categories = np.setdiff1d(labels, [255])
    ids = np.where(labels == 255, 0, labels.astype(np.int32) + 7).astype(np.int32)
    return PanopticMap(ids, categories.astype(np.int32) + 7, categories.astype(np.int64))


def edges(labels):
    return EdgeMaps(semantic_edges(labels, classes=CLASSES, radius_px=1))


def probable_edges(labels):
    """In 255ths, some of them faint."""
    return EdgeMaps(edges(labels).maps[0] * (labels * np.uint8(40) + np.uint8(90)))


def binary(labels):
    """The class 1 of them, of no label what is void."""
    return BinaryMask(labels == 1, void=labels == 255)


def soft(labels):
    return BinaryMask.soft((labels == 1) * np.uint8(90) + labels % 7 * np.uint8(20))


KINDS = {"semantic": semantic, "instance": instance, "panoptic": panoptic, "binary": binary, "edges": edges}
PREDICTED = KINDS | {"binary": soft, "edges": probable_edges}


def tasks_of(name):
    return sorted(registry.find("metrics", name).tasks)


def built(name):
    """For as many classes as are offered, or as the metric is for."""
    classes = {"cityscapes_iou": 19}.get(name, 2 if tasks_of(name) == ["binary"] else CLASSES)
    offered = OFFERED | {"classes": classes}
    return registry.build("metrics", name, fill_parameters("metrics", name, {}, offered))


class OfTask:
    """A metric, measured on one kind of segmentation."""

    def __init__(self, name, task=None):
        self.metric, self.task = built(name), task or tasks_of(name)[0]

    def __getattr__(self, name):
        return getattr(self.metric, name)


CASES = [(name, task) for name in sorted(catalogue.METRICS) for task in tasks_of(name)]


@pytest.fixture(params=CASES, ids="-".join)
def metric(request):
    return OfTask(*request.param)


def measurements(metric, predictions=PREDICTIONS):
    pairs = zip(predictions, TRUTHS, strict=True)
    kinds = PREDICTED[metric.task], KINDS[metric.task]
    return [metric.measure(prediction=kinds[0](p), truth=kinds[1](t)) for p, t in pairs]


def assert_equal(left, right):
    for kind in ("values", "per_class"):
        assert getattr(left, kind).keys() == getattr(right, kind).keys()
        for name, value in getattr(left, kind).items():
            np.testing.assert_array_equal(value, getattr(right, kind)[name], err_msg=name)


def test_whole_weights_are_repetitions(metric):
    measured = measurements(metric)
    repeated = [measured[i] for i in (0, 2, 2, 5)]
    assert_equal(metric.summarise(measured, np.array([1.0, 0, 2, 0, 0, 1])), metric.summarise(repeated))


def test_replicates_are_summarised_at_once(metric):
    measured = measurements(metric)
    weights = np.random.default_rng(0).integers(0, 3, (5, len(measured))).astype(float)
    together = metric.summarise(measured, weights)
    for row, weight in enumerate(weights):
        alone = metric.summarise(measured, weight)
        for kind in ("values", "per_class"):
            for name, value in getattr(alone, kind).items():
                np.testing.assert_allclose(getattr(together, kind)[name][row], value, rtol=1e-12, err_msg=name)


def test_order_of_images_changes_nothing(metric):
    measured = measurements(metric)
    left, right = metric.summarise(measured), metric.summarise(measured[::-1])
    for name, value in left.values.items():
        np.testing.assert_allclose(value, right.values[name], rtol=1e-12, err_msg=name)


def test_summaries_name_the_same_things(metric):
    summary = metric.summarise(measurements(metric))
    assert summary.values.keys() == summary.scored.keys() == summary.undefined.keys()
    for name, value in summary.values.items():
        assert value.shape == ()
        counted = len(TRUTHS) if metric.task == "binary" else metric.classes
        assert 0 <= summary.scored[name] <= summary.scored[name] + summary.undefined[name] <= counted
    classes = 2 if metric.task == "binary" else metric.classes
    assert all(value.shape == (classes,) for value in summary.per_class.values())


def test_inputs_stay_untouched_and_the_definition_is_plain_data(metric):
    before = [truth.copy() for truth in TRUTHS]
    measurements(metric)
    for truth, old in zip(TRUTHS, before, strict=True):
        np.testing.assert_array_equal(truth, old)
    assert json.loads(json.dumps(metric.definition())) == metric.definition()
    assert "source" in metric.definition()


def test_an_empty_set_is_refused(metric):
    with pytest.raises(ValueError, match="no measurements"):
        metric.summarise([])
