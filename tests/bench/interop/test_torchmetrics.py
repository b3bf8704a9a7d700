"""The torchmetrics classes say what our metrics say, alone, in collections and in several processes."""

from __future__ import annotations

import pickle

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassJaccardIndex

from boundary_bench.bench.interop.torchmetrics import BoundaryFScore, MaskBoundaryIoU, SemanticBoundaryIoU
from boundary_bench.metrics.semantic.boundary_f import BoundaryF
from boundary_bench.metrics.semantic.boundary_iou import BoundaryIoU as OurBoundaryIoU
from boundary_bench.metrics.structures.segmentation import SemanticMap
from tests.bench.interop import two_processes
from tests.effort import examples
from tests.strategies import CLASSES, label_maps
from tests.void import VOID

SHELLS = [
    (lambda **more: BoundaryFScore(CLASSES, (0, 1, 3), (0.05,), **more), BoundaryF(CLASSES, (0, 1, 3), (0.05,))),
    (lambda **more: BoundaryFScore(CLASSES, variant="strict", **more), BoundaryF(CLASSES, variant="strict")),
    (lambda **more: SemanticBoundaryIoU(CLASSES, 0.05, **more), OurBoundaryIoU(CLASSES, 0.05)),
    (lambda **more: SemanticBoundaryIoU(CLASSES, width_px=2, **more), OurBoundaryIoU(CLASSES, width_px=2)),
]
NAMES = ["f", "strict f", "iou", "iou of 2 px"]


def drawn(count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """Blobs as (N, 20, 24) ids, and predictions with a part of them wrong; some void in the target."""
    rng = np.random.default_rng(seed)
    target = np.kron(rng.integers(0, CLASSES, (count, 5, 6)), np.ones((1, 4, 4), np.int64))
    preds = np.roll(target, 1, axis=2)
    target[:, :3, :3] = VOID
    return torch.tensor(np.where(preds == VOID, 0, preds)), torch.tensor(target)


@pytest.mark.parametrize(("shell", "ours"), SHELLS, ids=NAMES)
@settings(max_examples=examples(15))
@given(data=st.data())
def test_equal_to_our_numbers(shell, ours, data):
    size = data.draw(st.tuples(st.integers(1, 14), st.integers(1, 14)))
    maps_of_size = label_maps(size, dtypes=(np.uint8,))
    pairs = data.draw(st.lists(st.tuples(maps_of_size, maps_of_size), min_size=1, max_size=4))
    macro, by_class = shell(), shell(average="none")
    cut = data.draw(st.integers(0, len(pairs)))
    for part in (pairs[:cut], pairs[cut:]):
        batch = [torch.tensor(np.stack(maps).astype(np.int64)) for maps in zip(*part, strict=True)]
        for metric in (macro, by_class) if part else ():
            metric.update(*batch)
    summary = ours.summarise([ours.measure(prediction=SemanticMap(p), truth=SemanticMap(t)) for p, t in pairs])
    require_equal(macro.compute(), summary.values)
    require_equal(by_class.compute(), summary.per_class)


def require_equal(found, expected):
    assert list(found) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(found[name].numpy(), value, rtol=0, atol=1e-6, err_msg=name)


def band(mask, width_px):
    """By erosion in a frame of background, as the authors describe it."""
    framed = np.pad(mask.astype(np.uint8), 1)
    return mask & ~cv2.erode(framed, np.ones((3, 3), np.uint8), iterations=width_px)[1:-1, 1:-1].astype(bool)


def test_masks_are_compared_by_their_bands():
    rng = np.random.default_rng(0)
    target = np.kron(rng.random((6, 4, 5)) < 0.5, np.ones((1, 5, 5))).astype(bool)
    preds = np.roll(target, 1, axis=1)
    preds[4] = target[4] = False  # a pair without pixels is no pair
    preds[5] = False
    ious = []
    for one, other in zip(preds, target, strict=True):
        bands = [band(mask, 2) for mask in (one, other)]
        if (union := np.count_nonzero(bands[0] | bands[1])) > 0:
            ious.append(np.count_nonzero(bands[0] & bands[1]) / union)
    assert len(ious) == 5
    metric = MaskBoundaryIoU(width_px=2)
    metric.update(torch.tensor(preds), torch.tensor(target))
    assert metric.compute()["boundary_IoU"].item() == pytest.approx(np.mean(ious), abs=1e-6)
    metric.reset()
    metric.update(torch.tensor(preds).int(), torch.tensor(target).long())
    assert metric.compute()["boundary_IoU"].item() == pytest.approx(np.mean(ious), abs=1e-6)


def test_probabilities_count_by_their_largest():
    preds, target = drawn(2)
    logits = torch.nn.functional.one_hot(preds, CLASSES).permute(0, 3, 1, 2)
    one, other = BoundaryFScore(CLASSES), BoundaryFScore(CLASSES)
    one.update(preds, target)
    other.update(logits.to(torch.bfloat16) * 7 - 3, target)
    assert one.compute() == other.compute()


def test_void_has_the_id_it_is_given():
    preds, target = drawn(2)
    usual, other = BoundaryFScore(CLASSES), BoundaryFScore(CLASSES, ignore_index=-100)
    usual.update(preds, target)
    other.update(preds, torch.where(target == VOID, -100, target))
    assert usual.compute() == other.compute()
    with pytest.raises(ValueError, match="target hold 255; allowed: 0 to 4, and -100 for void"):
        other.update(preds, target)


@pytest.mark.parametrize("ignored", [0, 3, CLASSES - 1, 200, -1])
def test_an_ignored_id_is_left_out_as_torchmetrics_does(ignored):
    """In bands as wide as the image, boundary IoU is the IoU of masks: torchmetrics' own."""
    rng = np.random.default_rng(2)
    target = torch.tensor(rng.integers(0, CLASSES, (4, 6, 7)))
    preds = torch.where(torch.tensor(rng.random((4, 6, 7)) < 0.6), target, torch.tensor(rng.integers(0, CLASSES)))
    if not 0 <= ignored < CLASSES:
        target[:, 0] = ignored
    metric = SemanticBoundaryIoU(CLASSES, width_px=9, ignore_index=ignored)
    by_class = SemanticBoundaryIoU(CLASSES, width_px=9, ignore_index=ignored, average="none")
    theirs = [MulticlassJaccardIndex(CLASSES, ignore_index=ignored, average=average) for average in ("macro", "none")]
    for one in (metric, by_class, *theirs):
        one.update(preds, target)
    expected = theirs[1].compute().numpy()
    found = by_class.compute()["boundary_IoU"].numpy()
    scored = [k for k in range(CLASSES) if k != ignored]
    np.testing.assert_allclose(found[scored], expected[scored], atol=1e-6)
    assert metric.compute()["boundary_mIoU"].item() == pytest.approx(theirs[0].compute().item(), abs=1e-6)
    assert np.isnan(found).sum() == (0 <= ignored < CLASSES)


def test_forward_gives_the_batch_and_keeps_the_whole():
    first, second = drawn(2), drawn(3, seed=1)
    metric, alone, whole = (BoundaryFScore(CLASSES) for _ in range(3))
    alone.update(*second)
    whole.update(*(torch.cat(parts) for parts in zip(first, second, strict=True)))
    metric(*first)
    require_equal(metric(*second), {name: value.numpy() for name, value in alone.compute().items()})
    require_equal(metric.compute(), {name: value.numpy() for name, value in whole.compute().items()})
    metric.reset()
    metric.update(*second)
    assert metric.compute() == alone.compute()


@pytest.mark.parametrize("copied", [lambda m: pickle.loads(pickle.dumps(m)), lambda m: m.clone()])
def test_copies_go_on_by_themselves(copied):
    for shell, _ in SHELLS:
        metric = shell()
        metric.update(*drawn(2))
        copy = copied(metric)
        assert copy.compute() == metric.compute()
        copy.update(*drawn(2, seed=1))
        assert copy.compute() != metric.compute()


def test_a_collection_keeps_metrics_apart():
    """What agrees on the first batch, here of two equal maps, need not agree on the next."""

    def metrics():
        return {
            "one": BoundaryFScore(CLASSES, (1,)),
            "two": BoundaryFScore(CLASSES, (2,)),
            "strict": BoundaryFScore(CLASSES, (1,), variant="strict"),
            "classes": BoundaryFScore(CLASSES, (1,), average="none"),
            "iou": SemanticBoundaryIoU(CLASSES),
        }

    _, target = drawn(2)
    same = torch.zeros_like(target)
    batches = [(same, same), drawn(2, seed=3)]
    collection, alone = MetricCollection(metrics(), prefix="val/"), metrics()
    for batch in batches:
        collection.update(*batch)
        for metric in alone.values():
            metric.update(*batch)
    for name, metric in alone.items():
        require_equal(collection[name].compute(), {key: value.numpy() for key, value in metric.compute().items()})
    groups = {frozenset(group) for group in collection.compute_groups.values()}
    assert groups == {frozenset(group) for group in (["one", "classes"], ["two"], ["strict"], ["iou"])}
    named = collection.compute()
    assert named["val/iou_boundary_mIoU"] == alone["iou"].compute()["boundary_mIoU"]
    assert named["val/two_boundary_f@2px"] == alone["two"].compute()["boundary_f@2px"]


def together(rank: int) -> dict[str, float]:
    """Two of five images here, three there."""
    preds, target = drawn(5)
    own = slice(0, 2) if rank == 0 else slice(2, 5)
    found = {}
    for number, metric in enumerate(all_metrics()):
        for image in zip(*measured(metric, preds[own], target[own]), strict=True):
            metric.update(*(one[None] for one in image))
        found |= {f"{number} {name}": value.item() for name, value in metric.compute().items()}
    return found


def all_metrics():
    return [BoundaryFScore(CLASSES), SemanticBoundaryIoU(CLASSES), MaskBoundaryIoU()]


def measured(metric, preds, target):
    return (preds == 1, target == 1) if isinstance(metric, MaskBoundaryIoU) else (preds, target)


def test_two_processes_find_what_one_finds(tmp_path):
    expected = {}
    for number, metric in enumerate(all_metrics()):
        metric.update(*measured(metric, *drawn(5)))
        expected |= {f"{number} {name}": value.item() for name, value in metric.compute().items()}
    first, second = two_processes.results(together, tmp_path)
    assert first == second
    assert first == pytest.approx(expected, abs=1e-6)
    assert not any(np.isnan(list(expected.values())))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, t: (p[0], t[0]), r"preds are \(20, 24\), target \(20, 24\); allowed: one shape \(N, H, W\)"),
        (lambda p, t: (p[:, 1:], t), r"preds are \(2, 19, 24\), target \(2, 20, 24\)"),
        (lambda p, t: (p[:, :0], t[:, :0]), r"preds are \(2, 0, 24\)"),
        (lambda p, t: (p[:, None].expand(-1, 3, -1, -1).float(), t), "preds have 3 channels; allowed: 5"),
        (lambda p, t: (p.float(), t), "preds are float32; allowed: whole numbers"),
        (lambda p, t: (p, t.double()), "target are float64; allowed: whole numbers"),
        (lambda p, t: (p + 1, t), "preds hold 5; allowed: 0 to 4, and 255 for void"),
        (lambda p, t: (p, t - 1), r"target hold -1, 254; allowed: 0 to 4"),
    ],
)
def test_what_is_refused(change, message):
    for metric in (BoundaryFScore(CLASSES), SemanticBoundaryIoU(CLASSES)):
        with pytest.raises(ValueError, match=message):
            metric.update(*change(*drawn(2)))


def test_masks_that_are_none_are_refused():
    preds, target = drawn(1)
    with pytest.raises(ValueError, match="preds hold 2, 3"):
        MaskBoundaryIoU().update(preds, target)


@pytest.mark.parametrize(
    ("settings_", "message"),
    [
        ({"average": "micro"}, "average is 'micro'; allowed: 'macro' or 'none'"),
        ({"variant": "loose"}, "variant is 'loose'"),
        ({"num_classes": 65535}, "classes is 65535; allowed: 1 to 65534"),
    ],
)
def test_settings_that_are_refused(settings_, message):
    with pytest.raises(ValueError, match=message):
        BoundaryFScore(**{"num_classes": 3, **settings_})
